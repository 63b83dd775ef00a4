"""What members have, between its rows and the rules; and made of the stored events, where no row says it.

A row is what the live version's declarations make of all events of its member. An earlier version, or a text
that is only tried, may declare a kind otherwise: what it would make of them is made when it is asked for.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from guerdon.program.fields import Read, read_field
from guerdon.program.model import Field, Program
from guerdon.rules.belongings import fields_read, handle
from guerdon.rules.facts import Belonging, Event, Remembered, Stamp
from guerdon.rules.playbook import Playbook
from guerdon.store.batch.belongings import (
    BelongingRow,
    TellingRow,
    find_tellings,
    forget_belongings,
    load_belongings,
    read_tellings,
    record_belongings,
)
from guerdon.store.database import Transaction

# How many of them are made before they are written.
WRITTEN_MAX = 2_000
Belongings = dict[tuple[int, str], dict[str, Belonging]]
_fields = msgspec.json.Decoder(dict[str, object]).decode
_changed = msgspec.json.Decoder(dict[str, Stamp]).decode
_encode = msgspec.json.Encoder().encode


def belonging_of(program: Program, row: BelongingRow) -> Belonging:
    """A stored holding as rules see it."""
    declared, stored = program.holdings.get(row.kind), _fields(row.fields)
    fields = _read(declared.fields if declared is not None else {}, stored)
    return Belonging(
        fields,
        None if row.opened_at is None else (row.opened_at, row.opened_by),
        row.closed_at,
        {name: stamp for name, stamp in _changed(row.changed).items() if name in fields},
    )


def row_of(member_id: int, kind: str, key: str, belonging: Belonging) -> BelongingRow:
    """It, as it is stored."""
    opened_at, opened_by = belonging.opened or (None, 0)
    fields, changed = _encode(belonging.fields).decode(), _encode(belonging.changed).decode()
    return BelongingRow(member_id, kind, key, fields, opened_at, opened_by, belonging.closed_at, changed)


def changed_rows(kept: Remembered) -> list[BelongingRow]:
    """All that events changed."""
    return [
        row_of(member, kind, key, kept.belongings[member, kind][key])
        for member, kind, key in kept.belongings_changed
    ]


def load_having(
    tx: Transaction, playbook: Playbook, members: Collection[int], kinds: Collection[str]
) -> Belongings:
    """What these members have of kinds that are kept as this version declares them."""
    found: Belongings = {}
    if members and kinds:
        for row in load_belongings(tx, playbook.program_id, sorted(members), kinds):
            found.setdefault((row.member_id, row.kind), {})[row.key] = belonging_of(playbook.program, row)
    return found


def having_by_events(
    tx: Transaction, playbook: Playbook, members: Collection[int], kinds: Collection[str]
) -> Belongings:
    """What these members have of kinds by what this version declares, from their events."""
    made, telling = Remembered(), _Telling(playbook, kinds)
    if members and telling.types:
        telling.fold(made, find_tellings(tx, playbook.program_id, telling.types, sorted(members)))
    return made.belongings


def make_anew(tx: Transaction, playbook: Playbook, gone: Collection[str], kinds: Collection[str]) -> None:
    """Keep what this version makes of all events there are of some kinds, in place of what is kept of them.

    Member by member, so that no more than a part of it is ever in memory. Kinds that are gone are forgotten.
    """
    program_id, telling = playbook.program_id, _Telling(playbook, kinds)
    forget_belongings(tx, program_id, {*gone, *kinds})
    if not telling.types:
        return
    made, last = Remembered(), None
    for rows in read_tellings(tx, program_id, telling.types):
        for member_id, of_member in _by_member(rows):
            if member_id != last and len(made.belongings_changed) >= WRITTEN_MAX:
                record_belongings(tx, program_id, changed_rows(made))
                made = Remembered()
            telling.fold(made, of_member)
            last = member_id
    record_belongings(tx, program_id, changed_rows(made))


class _Telling:
    """Reads stored events as a version does, for what they do to some kinds."""

    def __init__(self, playbook: Playbook, kinds: Collection[str]) -> None:
        self._playbook = playbook
        done = {
            type_: tuple(each for each in todo if each[0] in kinds)
            for type_, todo in playbook.handlings.items()
        }
        self._todo = {type_: todo for type_, todo in done.items() if todo}
        self._read = {type_: fields_read(playbook.program, todo) for type_, todo in self._todo.items()}

    @property
    def types(self) -> Collection[str]:
        """The events that do something to them."""
        return self._todo.keys()

    def fold(self, made: Remembered, rows: Iterable[TellingRow]) -> None:
        """Fold events in; in which order does not matter."""
        for row in rows:
            handle(made, self._todo[row.type], self._event(row), row.member_id)

    def _event(self, row: TellingRow) -> Event:
        said = _fields(row.said) if row.said else {}
        return Event(
            id=0,
            type=row.type,
            connection=row.source,
            external_id=row.external_id,
            happened_at=row.happened_at,
            recorded_at=row.happened_at,
            day=self._playbook.day_of(row.happened_at),
            data=said,
            fields={**_read(self._read[row.type], said), "happened_at": row.happened_at},
        )


def _by_member(rows: Sequence[TellingRow]) -> Iterable[tuple[int, list[TellingRow]]]:
    found: dict[int, list[TellingRow]] = {}
    for row in rows:
        found.setdefault(row.member_id, []).append(row)
    return found.items()


def _read(declared: Mapping[str, Field], said: Mapping[str, object]) -> dict[str, object]:
    """Fields as they are declared; one that does not fit is missing."""
    found: dict[str, object] = {}
    for key, field in declared.items():
        read = read_field(field, said[key]) if said.get(key) is not None else None
        if isinstance(read, Read):
            found[key] = read.value
    return found
