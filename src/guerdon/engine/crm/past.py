"""What of a CRM's history is brought as events: what the program maps, of its time, and not by ourselves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.engine.arrivals import ErrandKind
from guerdon.engine.crm.port import Histories, Past
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.program.model import Connection
from guerdon.store.database import Transaction
from guerdon.store.versions.timeline import Timeline, load_timeline


@dataclass(frozen=True, slots=True)
class Span:
    """From when on changes were asked for, until when, and which versions there were.

    `writes` are the properties that each version has the connection write, by its number.
    """

    since: datetime
    until: datetime
    timeline: Timeline
    writes: Mapping[int, Collection[str]]

    @property
    def first(self) -> datetime:
        """Since when there is a program."""
        return self.timeline.eras[0].live_from

    def ours(self, past: Past) -> bool:
        """Whether a change was written by us.

        As it is with webhooks, whoever made it: where the version of its time wrote the property. Where
        another one did, before or after, an app's change may be one of ours that came late.
        """
        if past.property in self.writes.get(self.timeline.at(past.at).version, ()):
            return True
        return past.by_app and any(past.property in names for names in self.writes.values())


def span_of(
    tx: Transaction, library: Library, program_id: int, connection: str, times: tuple[datetime, datetime]
) -> Span:
    """The span of what is brought of a connection, from one time until another."""
    since, until = times
    timeline = load_timeline(tx, program_id)
    begin = timeline.at(since).live_from
    writes = {
        era.version: _writes(tx, library, program_id, era.version, connection)
        for era in timeline.eras
        if begin <= era.live_from <= until
    }
    return Span(since, until, timeline, writes)


def _writes(
    tx: Transaction, library: Library, program_id: int, version: int, connection: str
) -> Collection[str]:
    try:
        declared = library.version(tx, program_id, version).program.connections.get(connection)
    except NoLiveVersion:
        return ()
    return declared.writes.names if declared is not None and declared.writes is not None else ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What of histories is brought. `early` is from before the program, `ours` was written by us.

    `clipped`: properties of which the CRM does not tell everything since that day any more.
    """

    changes: Sequence[Past] = ()
    early: int = 0
    ours: int = 0
    clipped: int = 0


def mapped_of(declared: Connection, kind: ErrandKind) -> Mapping[str, Collection[str | None]]:
    """The properties that mean events, each with the values that do; None among them is any value."""
    found: dict[str, set[str | None]] = {}
    pairs = [(each.property, each.value) for each in declared.mappings] if kind == "contact" else []
    pairs += [(each.property, each.value) for each in declared.deals] if kind == "deal" else []
    for name, value in pairs:
        found.setdefault(name, set()).add(value)
    return found


def judge(declared: Connection, kind: ErrandKind, span: Span, read: Histories) -> Judged:
    """What of histories is brought."""
    mapped = mapped_of(declared, kind)
    bring: list[Past] = []
    early = ours = 0
    begins: dict[tuple[str, str], datetime] = {}
    for past in read.changes:
        begins.setdefault((past.object, past.property), past.at)
        values = mapped.get(past.property, ())
        # A value that was taken away means nothing, whoever tells of it.
        if not past.value or not {past.value, None} & {*values} or not span.since <= past.at < span.until:
            continue
        if past.at < span.first:
            early += 1
        elif kind == "contact" and span.ours(past):
            ours += 1
        else:
            bring.append(past)
    clipped = sum(begins[each] > max(span.since, span.first) for each in read.full if each[1] in mapped)
    return Judged(bring, early, ours, clipped)


def changed_after(updated_at: str, since: datetime) -> bool:
    """Whether something was changed since, as far as it says."""
    try:
        changed = datetime.fromisoformat(updated_at)
    except ValueError:
        return True
    return changed.tzinfo is None or changed >= since
