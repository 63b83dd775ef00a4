"""Following: a turn of the worker looks at whoever changed, at who is due, and at a stretch of the others.

Batches and imports leave word of whom they changed in their own commit (`segment_touches`); what time alone
changes is known beforehand (`segment_checks`). A new or changed segment is looked up for all members, a
stretch to a commit, and nightly all of them are looked up again, which must find nothing: what it finds it
mends and says. Every commit of a turn is alone with the program's segments, so two workers take turns, and
one that is killed leaves off where it last committed.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from guerdon.engine.apply import LIVE
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.memory import count_anew
from guerdon.engine.segments.meaning import Watched, watched_by
from guerdon.engine.turns import Turns
from guerdon.rules.playbook import Playbook
from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.decided import notify
from guerdon.store.programs import list_programs, load_live
from guerdon.store.segments import passes
from guerdon.store.segments.columns import HORIZON_DAYS, Moment
from guerdon.store.segments.members import forget_members, settle
from guerdon.store.segments.passes import Kept
from guerdon.store.segments.question import Among, ask

TURN_S = 0.5
# Members of one commit: those who changed, and those of a pass over all.
SOME_MAX = 5_000
STRETCH_MAX = 50_000
# After the day has changed and before the controls run at five.
RECOUNT_AT_HOUR = 3
# How long somebody who wants a recount waits for a worker that is at it, and does not get on.
WAIT_S, TRIES_MAX = 0.1, 300
MEMORY = "128MB"


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn for one program: its live version and the moment."""

    playbook: Playbook
    watched: Watched
    moment: Moment

    @property
    def program_id(self) -> int:
        return self.playbook.program_id


def keep_following(db: Connection, library: Library, turns: Turns) -> None:
    """Follow all programs until told to stop; whoever has much to do does not keep the others waiting."""
    for began in turns.every(db, TURN_S):
        now = began
        while follow_segments(db, library, now) and not turns.stop.is_set():
            now = turns.clock()


def follow_segments(db: Connection, library: Library, now: datetime) -> bool:
    """One turn for every program; whether there is more to do at once."""
    more = False
    for program_id, _ in list_programs(db):
        more |= _follow(db, library, program_id, now)
    return more


@dataclass(frozen=True, slots=True)
class Recount:
    """A recount that somebody wants: of these segments of a program, or of all."""

    program_id: int
    by: str
    only: Collection[str] = ()


class Stuck(Exception):  # noqa: N818  an answer to whoever wants a recount
    """Somebody else is at the segments and does not get on."""


def recount_segments(
    db: Connection, library: Library, wanted: Recount, clock: Callable[[], datetime]
) -> dict[str, int]:
    """Look at all members of segments now; what of each was kept otherwise than it is.

    A worker that follows meanwhile does a part of it. Raises `Stuck`.
    """
    program_id = wanted.program_id
    # What is being built is counted just now.
    _followed(db, library, program_id, clock)
    with transaction(db, program_id) as tx:
        kept = passes.load_kept(tx, program_id)
        keys = sorted(
            key for key, each in kept.items() if not each.removed and (not wanted.only or key in wanted.only)
        )
        passes.begin_recount(tx, program_id, keys)
        record_audit(tx, program_id, wanted.by, "segments.recount_asked", "segments", clock(), segments=keys)
    kept = _followed(db, library, program_id, clock)
    return {key: kept[key].found for key in keys if key in kept}


def _followed(
    db: Connection, library: Library, program_id: int, clock: Callable[[], datetime]
) -> dict[str, Kept]:
    """Follow until nobody goes through all members, whoever else does so; how the segments are then."""
    before: dict[str, Kept] = {}
    tried = 0
    while tried < TRIES_MAX:
        more = _follow(db, library, program_id, clock())
        with transaction(db, program_id) as tx:
            kept = passes.load_kept(tx, program_id)
        if not more and not any(each.walk for each in kept.values()):
            return kept
        tried = 0 if more or kept != before else tried + 1
        before = kept
        if not more:
            time.sleep(WAIT_S)
    raise Stuck


def _follow(db: Connection, library: Library, program_id: int, now: datetime) -> bool:
    try:
        with transaction(db, program_id) as tx:
            playbook = library.playbook(tx, program_id, now)
            kept = passes.load_kept(tx, program_id)
    except NoLiveVersion:
        return False
    turn = _Turn(playbook, _watched(playbook), Moment(now, ZoneInfo(playbook.program.time_zone)))
    if not kept and not turn.watched.definitions:
        return False
    if _behind(turn, kept) and not _begin(db, turn):
        return False
    more = False
    for look in (_look_at_changed, _look_at_due, _look_at_others):
        with transaction(db, program_id) as tx:
            # Another worker may be at it, or have begun with the next version meanwhile.
            if not passes.alone_with_segments(tx, program_id) or _behind(
                turn, passes.load_kept(tx, program_id)
            ):
                return False
            more |= look(tx, turn)
    return more


@lru_cache(maxsize=64)
def _watched(playbook: Playbook) -> Watched:
    return watched_by(playbook.program)


def _behind(turn: _Turn, kept: Mapping[str, Kept]) -> bool:
    """Whether what is kept is of other segments than the live version's, or of a later day."""
    live = {each.segment: each.definition for each in kept.values() if not each.removed}
    return live != turn.watched.definitions or any(
        each.as_of > turn.moment.today for each in kept.values() if not each.removed
    )


def _begin(db: Connection, turn: _Turn) -> bool:
    """Begin to keep the live version's segments; whether nobody else is at it."""
    # What they count has to be there before they are counted themselves.
    count_anew(db, turn.playbook, turn.moment.now)
    program_id, today = turn.program_id, turn.moment.today
    with transaction(db, program_id) as tx:
        live = load_live(tx, program_id, turn.moment.now)
        if live is None or live.version != turn.playbook.version:
            return False
        if not passes.alone_with_segments(tx, program_id):
            return False
        kept = {key: each for key, each in passes.load_kept(tx, program_id).items() if not each.removed}
        begun = {
            key: definition
            for key, definition in turn.watched.definitions.items()
            if key not in kept or kept[key].definition != definition or kept[key].as_of > today
        }
        gone = [key for key in kept if key not in turn.watched.definitions]
        passes.watch(tx, program_id, turn.watched.whats)
        passes.begin_build(tx, program_id, begun, today)
        passes.remove_segments(tx, program_id, gone)
        if begun or gone:
            record_audit(
                tx,
                program_id,
                "worker",
                "segments.changed",
                turn.playbook.program.key,
                turn.moment.now,
                version=turn.playbook.version,
                built=sorted(begun),
                removed=sorted(gone),
            )
    return True


def _look_at_changed(tx: Transaction, turn: _Turn) -> bool:
    taken = passes.take_touches(tx, turn.program_id, SOME_MAX)
    concerned = {member: turn.watched.concerned(whats) for member, whats in taken.items()}
    _look_at(tx, turn, concerned)
    return len(taken) > 0


def _look_at_due(tx: Transaction, turn: _Turn) -> bool:
    due = passes.find_due(tx, turn.program_id, turn.moment.now, SOME_MAX)
    known = turn.watched.definitions
    concerned = {
        member: tuple(key for key in sorted(segments) if key in known) for member, segments in due.items()
    }
    _look_at(tx, turn, concerned)
    if due:
        passes.record_day(tx, turn.program_id, turn.moment.today)
    return any(concerned.values())


def _look_at(tx: Transaction, turn: _Turn, concerned: Mapping[int, tuple[str, ...]]) -> None:
    """Look at members, those together who are looked at for the same segments."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for member, keys in concerned.items():
        if keys:
            groups.setdefault(keys, []).append(member)
    for keys, members in groups.items():
        _settle(tx, turn, keys, Among(sorted(members)))


def _look_at_others(tx: Transaction, turn: _Turn) -> bool:
    """Go on with what has to be looked at for all members; whether there is more of it."""
    kept = passes.load_kept(tx, turn.program_id)
    removed = next((each for each in kept.values() if each.removed), None)
    if removed is not None:
        if forget_members(tx, turn.program_id, removed.segment, STRETCH_MAX):
            passes.drop_removed(tx, turn.program_id, removed.segment, turn.moment.today)
        return True
    walking = [each for each in kept.values() if each.walk is not None]
    if walking:
        # Those that are behind first, together with all that are as far.
        walked_to, walk = min((each.walked_to, str(each.walk)) for each in walking)
        _walk(tx, turn, [each for each in walking if (each.walked_to, each.walk) == (walked_to, walk)])
        return True
    local = turn.moment.now.astimezone(turn.moment.zone)
    due = [each.segment for each in kept.values() if _recount_is_due(each.recounted_on, local)]
    passes.begin_recount(tx, turn.program_id, due)
    return bool(due)


def _recount_is_due(last: date | None, local: datetime) -> bool:
    """Whether it is time, or was yesterday: what time alone changes is known for some days only."""
    if last is None:
        return True
    days = (local.date() - last).days
    return days > 1 or (days == 1 and local.hour >= RECOUNT_AT_HOUR)


def _walk(tx: Transaction, turn: _Turn, walking: Sequence[Kept]) -> None:
    keys = [each.segment for each in walking]
    after, today = walking[0].walked_to, turn.moment.today
    upto = passes.next_stretch(tx, turn.program_id, after, STRETCH_MAX)
    if upto is not None:
        tx.execute("select set_config('work_mem', %s, true)", (MEMORY,))
        found = _settle(tx, turn, keys, Among(after=after, upto=upto))
        # Who was not looked at for days may have changed by the time alone, and nobody is to blame.
        stale = today - timedelta(days=HORIZON_DAYS - 1)
        found |= {each.segment: 0 for each in walking if (each.recounted_on or date.min) < stale}
        passes.record_stretch(tx, turn.program_id, found, upto, today)
        return
    if walking[0].walk == "recount":
        _tell(tx, turn, {each.segment: each.found for each in walking})
    passes.finish_pass(tx, turn.program_id, keys, turn.moment.now, today)


def _tell(tx: Transaction, turn: _Turn, found: Mapping[str, int]) -> None:
    """Say what a recount found, as the controls do: it is mended, but it should not have been there."""
    now, total = turn.moment.now, sum(found.values())
    record_audit(
        tx,
        turn.program_id,
        "worker",
        "segments.recounted",
        "segments",
        now,
        found=dict(sorted(found.items())),
    )
    if total:
        alarm = AlarmRow("control", "segments.members", now.isoformat(), {"total": total})
        record_alarms(tx, turn.program_id, [alarm], now)


def _settle(tx: Transaction, turn: _Turn, keys: Sequence[str], among: Among) -> dict[str, int]:
    """Keep what is so of these members; what was otherwise though nothing had told of it."""
    question = ask(turn.program_id, turn.playbook.program, keys, turn.moment, among)
    settled = settle(tx, question, keys, among)
    if settled:
        notify(tx, LIVE, turn.program_id)
    return {key: settled[key].unexplained if key in settled else 0 for key in keys}
