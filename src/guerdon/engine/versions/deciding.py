"""By which version an event is decided: the one that was live when it happened; before the first, the first.

Nothing has happened after it was told, nor after it is decided: whatever its own clock says, the version is
that of the earliest of the three times, all of which its row keeps. A batch whose events fall under several
versions is taken apart; each part keeps the order in which its members' events came.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from guerdon.engine.arrivals import Element, Meaning, Unusable
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.program.model import Field
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.store.inbox import InboxRow
from guerdon.store.versions.timeline import Era, Timeline

Meant = Sequence[tuple[InboxRow, Element]]


class SeveralVersions(Exception):  # noqa: N818  an answer, not a fault
    """The events of a batch fall under several versions: it is processed in these parts, one by one."""

    def __init__(self, parts: Sequence[Sequence[InboxRow]]) -> None:
        self.parts = parts


class NotOpened(Exception):  # noqa: N818  an answer, not a fault
    """The time of a scheduled version has come, and its budgets are to be opened first."""


def live_era(timeline: Timeline, program_id: int, now: datetime) -> Era:
    """The version that is live; raises `NotOpened` when its budgets are not those of the program yet."""
    live = timeline.live(now)
    if live is None:
        raise NoLiveVersion(f"program {program_id} has no live version")
    if not live.opened:
        raise NotOpened
    return live


def version_of_all(timeline: Timeline, meant: Meant, now: datetime) -> Era | None:
    """The version of all events of a batch; None when there are no events in it.

    Raises `SeveralVersions` where they fall under more than one.
    """
    instants = [_instant(row, element, now) for row, element in meant if isinstance(element, Meaning)]
    if not instants:
        return None
    first, last = timeline.at(min(instants)), timeline.at(max(instants))
    if first.version != last.version:
        raise SeveralVersions(_parts(timeline, meant, now))
    return first


def _instant(row: InboxRow, meaning: Meaning, now: datetime) -> datetime:
    return min(meaning.happened_at, row.recorded_at, now)


def _parts(timeline: Timeline, meant: Meant, now: datetime) -> list[list[InboxRow]]:
    parts: list[list[InboxRow]] = []
    versions: list[int] = []
    # The part in which a member's latest event stands: what comes after it stands there, or behind.
    latest: dict[tuple[str, str], int] = {}
    rest: list[InboxRow] = []
    for row, element in meant:
        if not isinstance(element, Meaning):
            rest.append(row)
            continue
        version = timeline.at(_instant(row, element, now)).version
        whose = (element.subject_source, element.subject)
        place = latest.get(whose, 0)
        while place < len(parts) and versions[place] != version:
            place += 1
        if place == len(parts):
            parts.append([])
            versions.append(version)
        parts[place].append(row)
        latest[whose] = place
    parts[0] += rest
    return parts


def playbook_of(tx: Transaction, library: Library, era: Era | None, live: Playbook) -> Playbook | None:
    """The version to decide by, with money where it is now; None when this release cannot read it."""
    if era is None or era.version == live.version:
        return live
    try:
        return library.version(tx, live.program_id, era.version).at_present(live)
    except NoLiveVersion:
        return None


def set_apart_all(meant: Meant, version: int) -> list[tuple[InboxRow, Element]]:
    """What a batch means when the version that was live then cannot be read any more."""
    detail = f"Version {version}, which was live when it happened, cannot be read by this release"
    return [
        (row, Unusable(element.position, "old_version", detail, element.external_id))
        if isinstance(element, Meaning)
        else (row, element)
        for row, element in meant
    ]


def known_fields(playbook: Playbook, live: Playbook, meaning: Meaning) -> Mapping[str, object]:
    """The fields that rules of a version may read: those that it declares as the live one does.

    What came is read by the live version's declarations. A field that was of another type is missing, and a
    receipt then names it.
    """
    if playbook.version == live.version:
        return meaning.fields
    then, now = (_fields(each, meaning.type) for each in (playbook, live))
    return {
        key: value
        for key, value in meaning.fields.items()
        if key in then and key in now and (then[key].type, then[key].unit) == (now[key].type, now[key].unit)
    }


def _fields(playbook: Playbook, type_: str) -> Mapping[str, Field]:
    found = playbook.program.events.get(type_)
    return {} if found is None else found.fields
