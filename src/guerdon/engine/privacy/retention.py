"""Retention: bodies of what came in are deleted after a time, and nothing that reads them is left without.

What was decided stands by itself: an event keeps what it said as its version read it, so explanations and
replays never open a body. Who does are the inbox, what waits for a contact, errands and quarantine; what one
of these needs is kept as long as it does, and nothing else of the same request. Of whoever asked to be
forgotten not even that: what stands in quarantine is put away, and goes.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

import msgspec

from guerdon.engine.bodies import open_body, seal_body
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.privacy.erasing import erase_asked
from guerdon.engine.privacy.forgetting import forget_what_is_left
from guerdon.engine.privacy.naming import UNREADABLE, Names, is_theirs, is_worded
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.engine.quarantine.settling import put_away
from guerdon.engine.sessions.keeping import IDLE
from guerdon.engine.sessions.passkeys import ASKED_FOR
from guerdon.program.model import Program
from guerdon.store.crm.contacts import FORGOTTEN
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.inbox import load_bodies
from guerdon.store.messages.notices import drop_notices
from guerdon.store.privacy.bodies import Held, Looked, drop_bodies, list_held, list_needed, record_looks
from guerdon.store.privacy.forgetting import last_forgotten, list_forgotten_ids
from guerdon.store.programs import list_programs
from guerdon.store.quarantine.settling import Chosen, Settled
from guerdon.store.sealing import Unreadable
from guerdon.store.sessions.own_words import drop_diverted
from guerdon.store.sessions.passkeys import drop_challenges
from guerdon.store.sessions.sessions import drop_idle_sessions
from guerdon.values.ids import show

RETENTION_S = 600.0
SET = 5_000
HELD_SET = 500
# Longer than any message is tried for.
DIVERTED_FOR = timedelta(days=7)
# So many bodies are in memory at a time: each may be a megabyte.
OPENED_AT_ONCE = 50
# Whoever was forgotten in a commit that took long is looked for in what was looked at meanwhile.
LEEWAY = timedelta(hours=1)
# Under this key stands, an element each, what was read for events (`engine/crm/deals`).
_READ = b'{"read":['

log = logging.getLogger(__name__)


class _Read(msgspec.Struct):
    """What was read of a CRM."""

    read: list[msgspec.Raw]


_list_of = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_of = msgspec.json.Decoder(_Read).decode


@dataclass(frozen=True, slots=True)
class Term:
    """For how long bodies are kept, what tells us to stop in the middle, and where tombstones are written."""

    library: Library
    kept_for: timedelta
    stop: Event
    graveyard: Graveyard


@dataclass(frozen=True, slots=True)
class _Forgotten:
    """Who was forgotten in a program, by the sources that name them."""

    program: Program | None
    ids: Mapping[str, set[str]]
    _names: dict[str, Names] = field(default_factory=dict)

    def names(self, connection: str) -> Names:
        """What they are called in bodies of a connection."""
        if connection not in self._names:
            subjects = frozenset(f"{source}:{each}" for source, ids in self.ids.items() for each in ids)
            declared = self.program.connections.get(connection) if self.program is not None else None
            self._names[connection] = (
                Names(declared.portal, frozenset(self.ids.get(declared.subject, ())), subjects)
                if declared is not None
                else Names(None, frozenset(), subjects)
            )
        return self._names[connection]


def keep_to_term(db: Connection, term: Term, now: datetime) -> int:
    """Do for every program what is due; how many bodies are gone."""
    dropped = 0
    for program_id, _ in list_programs(db):
        try:
            dropped += _of_program(db, term, program_id, now)
        except Exception:
            # What is wrong in one program keeps no other from its term.
            if db.closed:
                raise
            log.exception("program %d: what is due is not done; it is tried again", program_id)
    return dropped


def _of_program(db: Connection, term: Term, program_id: int, now: datetime) -> int:
    erase_asked(db, term.graveyard, program_id, now, term.stop)
    forget_what_is_left(db, term.graveyard, program_id, now, term.stop)
    _drop_notices(db, term, program_id, now)
    _drop_sessions(db, term, program_id, now)
    before = now - term.kept_for
    dropped = _drop(db, term, program_id, before)
    after: int | None = 0
    while after is not None and not term.stop.is_set():
        with transaction(db, program_id) as tx:
            after = _look(tx, term, program_id, (before, after), now)
    return dropped


def _drop(db: Connection, term: Term, program_id: int, before: datetime) -> int:
    dropped, last = 0, 0
    while not term.stop.is_set():
        with transaction(db, program_id) as tx:
            seen, gone = drop_bodies(tx, before, last, SET)
        dropped += gone
        if seen is None:
            break
        last = seen
    if dropped:
        log.info("program %d: %d bodies from before %s are gone", program_id, dropped, before.isoformat())
    return dropped


def _drop_notices(db: Connection, term: Term, program_id: int, now: datetime) -> None:
    """What providers told of messages goes once nothing told again would be news."""
    while not term.stop.is_set():
        with transaction(db, program_id) as tx:
            gone = drop_notices(tx, program_id, now, SET)
        if gone < SET:
            return


def _drop_sessions(db: Connection, term: Term, program_id: int, now: datetime) -> None:
    """Whoever stayed away for long enough is signed in nowhere; what a passkey is asked holds shortly."""
    with transaction(db, program_id) as tx:
        drop_challenges(tx, program_id, now - ASKED_FOR)
        # What went elsewhere went long ago.
        drop_diverted(tx, program_id, now - DIVERTED_FOR, SET)
    while not term.stop.is_set():
        with transaction(db, program_id) as tx:
            gone = drop_idle_sessions(tx, program_id, now - IDLE, SET)
        if gone < SET:
            return


def _look(
    tx: Transaction, term: Term, program_id: int, span: tuple[datetime, int], now: datetime
) -> int | None:
    """Look at the next bodies that are held, as far as anything of them may go; up to which one it was."""
    before, after = span
    ids = list_needed(tx, program_id, before, after, HELD_SET)
    since = last_forgotten(tx, program_id)
    held = list_held(tx, program_id, ids, before, since and since + LEEWAY)
    if held:
        parked = any(each.parked for each in held)
        forgotten = list_forgotten_ids(tx, program_id) if since and parked else {}
        them = _Forgotten(_program(tx, term, program_id, now) if forgotten else None, forgotten)
        for at in range(0, len(held), OPENED_AT_ONCE):
            some = held[at : at + OPENED_AT_ONCE]
            sealed = load_bodies(tx, program_id, {each.id: each.recorded_at for each in some})
            looked = [
                Looked(each, _lessen(tx, (term, program_id, them), each, sealed[each.id], now))
                for each in some
                if each.id in sealed
            ]
            record_looks(tx, program_id, looked, now)
    return ids[-1] if len(ids) == HELD_SET else None


def _program(tx: Transaction, term: Term, program_id: int, now: datetime) -> Program | None:
    try:
        return term.library.playbook(tx, program_id, now).program
    except NoLiveVersion:
        return None


def _lessen(
    tx: Transaction, of: tuple[Term, int, _Forgotten], held: Held, sealed: bytes, now: datetime
) -> bytes | None:
    """Put away what is of people who were forgotten; what is needed of the rest, sealed, if it is less."""
    term, program_id, forgotten = of
    try:
        body = open_body(term.library.vault, program_id, held.connection, sealed)
    except Unreadable:
        return None
    names = forgotten.names(held.connection)
    theirs = _theirs(body, names) if held.parked and names else frozenset[int]()
    away = {parked for position, parked in held.parked if _goes(body, position, theirs)}
    if names and held.parked and _elements(body) is None:
        away = _worded(body, names, held)
    # What somebody is trying again just now is not put away, and stays as it is until the next look.
    away = {
        parked
        for parked in sorted(away)
        if put_away(tx, Chosen(program_id, 1, id=parked), Settled("worker", now), FORGOTTEN)
    }
    less = lessened(body, _kept(body, held, away, theirs))
    return seal_body(term.library.vault, program_id, held.connection, less) if less is not None else None


def _theirs(body: bytes, names: Names) -> frozenset[int]:
    return frozenset(n for n, each in enumerate(_elements(body) or ()) if is_theirs(each, names))


def _goes(body: bytes, position: int, theirs: frozenset[int]) -> bool:
    """Whether what stands in quarantine of a body (-1: the request as a whole) is of these people alone."""
    if position >= 0:
        return position in theirs
    left = {n for n, each in enumerate(_elements(body) or ()) if bytes(each) != b"null"}
    return bool(theirs) and theirs == left


def _worded(body: bytes, names: Names, held: Held) -> set[int]:
    """What of a body that nobody can read is put away; where it names others too, people are told."""
    meant = is_worded(body, names)
    if meant is None:
        numbers = ", ".join(show("qrt", parked) for _, parked in held.parked)
        log.warning("%s: names somebody who was forgotten beside others; put it away by hand", numbers)
    return {parked for _, parked in held.parked} if meant else set()


def _kept(body: bytes, held: Held, away: set[int], theirs: frozenset[int]) -> Sequence[int]:
    """Which elements stay: those that are needed, and of a whole request all but what is of these people."""
    needed = {
        *held.positions,
        *(position for position, parked in held.parked if position >= 0 and parked not in away),
    }
    if any(position < 0 and parked not in away for position, parked in held.parked):
        needed |= {*range(len(_elements(body) or ()))} - theirs
    return sorted(needed)


def lessened(body: bytes, positions: Sequence[int]) -> bytes | None:
    """The body without the elements that nobody needs, each in its place; None: all of it is needed."""
    elements = _elements(body)
    if elements is None or len(elements) < 2:
        return None
    needed, empty = {*positions}, b"null"
    kept = [bytes(each) if n in needed else empty for n, each in enumerate(elements)]
    if kept == [bytes(each) for each in elements]:
        return None
    listed = b",".join(kept)
    return _READ + listed + b"]}" if body.startswith(_READ) else b"[" + listed + b"]"


def _elements(body: bytes) -> Sequence[msgspec.Raw] | None:
    """The elements of a body in order; None where nobody can read it."""
    try:
        if body.startswith(_READ):
            return _read_of(body).read
        # One event by itself has no places to be left empty.
        one = body.lstrip()[:1] != b"["
        return [msgspec.json.decode(body, type=msgspec.Raw)] if one else _list_of(body)
    except UNREADABLE:
        return None
