"""Retention: bodies of what came in are deleted after a time, and nothing that reads them is left without.

What was decided stands by itself: an event keeps what it said as its version read it, so explanations and
replays never open a body. Who does are the inbox, what waits for a contact, errands and quarantine; what one
of these needs is kept as long as it does, and nothing else of the same request. Of whoever asked to be
forgotten not even that: what stands in quarantine is put away, and goes.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

import msgspec

from guerdon.engine.bodies import open_body, seal_body
from guerdon.engine.library import Library, NoLiveVersion
from guerdon.engine.privacy.forgetting import forget_what_was_marked_since
from guerdon.engine.quarantine.settling import put_away
from guerdon.program.model import Program
from guerdon.store.crm.contacts import FORGOTTEN
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.privacy.bodies import Held, drop_bodies, list_held, replace_body
from guerdon.store.privacy.forgetting import list_forgotten_ids
from guerdon.store.programs import list_programs
from guerdon.store.quarantine.settling import Chosen, Settled
from guerdon.store.sealing import Unreadable

RETENTION_S = 600.0
SET = 5_000
HELD_SET = 500
_WORD = re.compile(r"[\w.-]+(?::[\w.-]+)?")
# Under this key stands, an element each, what was read for events (`engine/crm/deals`).
_READ = b'{"read":['
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)

log = logging.getLogger(__name__)


class _Read(msgspec.Struct):
    """What was read of a CRM."""

    read: list[msgspec.Raw]


_list_of = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_of = msgspec.json.Decoder(_Read).decode


@dataclass(frozen=True, slots=True)
class Term:
    """For how long bodies are kept, and what tells us to stop in the middle."""

    library: Library
    kept_for: timedelta
    stop: Event


def keep_to_term(db: Connection, term: Term, now: datetime) -> int:
    """Do for every program what is due; how many bodies are gone."""
    return sum(_of_program(db, term, program_id, now) for program_id, _ in list_programs(db))


def _of_program(db: Connection, term: Term, program_id: int, now: datetime) -> int:
    with transaction(db, program_id) as tx:
        forget_what_was_marked_since(tx, program_id, now)
    before, after, dropped = now - term.kept_for, 0, 0
    while not term.stop.is_set():
        with transaction(db, program_id) as tx:
            held = list_held(tx, program_id, before, after, HELD_SET)
            _lessen(tx, term, program_id, held, now)
        if len(held) < HELD_SET:
            break
        after = held[-1].id
    last: int | None = 0
    while last is not None and not term.stop.is_set():
        with transaction(db, program_id) as tx:
            last, gone = drop_bodies(tx, before, last, SET)
        dropped += gone
    if dropped:
        log.info("program %d: %d bodies from before %s are gone", program_id, dropped, before.isoformat())
    return dropped


def _lessen(tx: Transaction, term: Term, program_id: int, held: Sequence[Held], now: datetime) -> None:
    """Put away what is of people who were forgotten, and keep of the rest only what is needed."""
    forgotten = list_forgotten_ids(tx, program_id)
    program = _program(tx, term, program_id, now) if forgotten else None
    for each in held:
        try:
            body = open_body(term.library.vault, program_id, each.connection, each.sealed)
        except Unreadable:
            continue
        names = _names(forgotten, program, each.connection)
        for position, parked in each.parked if names else ():
            if mentions(body, position, names):
                chosen, settled = Chosen(program_id, 1, id=parked), Settled("worker", now)
                put_away(tx, chosen, settled, FORGOTTEN)
        if each.positions is not None and (less := lessened(body, each.positions)) is not None:
            replace_body(
                tx, program_id, each, seal_body(term.library.vault, program_id, each.connection, less)
            )


def _program(tx: Transaction, term: Term, program_id: int, now: datetime) -> Program | None:
    try:
        return term.library.playbook(tx, program_id, now).program
    except NoLiveVersion:
        return None


def _names(forgotten: Mapping[str, set[str]], program: Program | None, connection: str) -> frozenset[str]:
    """What forgotten people are called in bodies of a connection: by their ids, or with the source before."""
    names = {f"{source}:{each}" for source, ids in forgotten.items() for each in ids}
    declared = program.connections.get(connection) if program is not None else None
    if declared is not None:
        names |= forgotten.get(declared.subject, set())
    return frozenset(names)


def mentions(body: bytes, position: int, names: frozenset[str]) -> bool:
    """Whether an element of a body (-1: the body as a whole) has one of these names as a value."""
    try:
        if position >= 0:
            elements = _elements(body)
            said = msgspec.json.decode(elements[position]) if position < len(elements) else None
        else:
            said = msgspec.json.decode(body)
    except _UNREADABLE:
        # What nobody can read as it was meant is told by its words.
        words = _WORD.findall(body.decode(errors="replace"))
        return any(word in names or word.rpartition(":")[2] in names for word in words)
    return any(value in names for value in _values(said))


def lessened(body: bytes, positions: Sequence[int]) -> bytes | None:
    """The body without the elements that nobody needs, each in its place; None: all of it is needed."""
    try:
        elements = _elements(body)
    except _UNREADABLE:
        return None
    needed, empty = {*positions}, b"null"
    kept = [bytes(each) if n in needed else empty for n, each in enumerate(elements)]
    if len(elements) < 2 or kept == [bytes(each) for each in elements]:
        return None
    listed = b",".join(kept)
    return _READ + listed + b"]}" if body.startswith(_READ) else b"[" + listed + b"]"


def _elements(body: bytes) -> list[msgspec.Raw]:
    if body.startswith(_READ):
        return _read_of(body).read
    # One event by itself has no places to be left empty.
    return _list_of(body) if body.lstrip()[:1] == b"[" else [msgspec.Raw(body)]


def _values(said: object) -> Iterator[str]:
    """Texts and numbers, however deep they stand."""
    if isinstance(said, dict):
        for each in said.values():
            yield from _values(each)
    elif isinstance(said, list):
        for each in said:
            yield from _values(each)
    elif isinstance(said, str | int):
        yield str(said)
