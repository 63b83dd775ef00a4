"""What members have for a time, as rows: loaded for the members of a batch, written where it changed.

And what it is made of: the stored events that open, change and close such things.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import LiteralString, NamedTuple

from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction

TELLINGS_MAX = 2_000


class BelongingRow(NamedTuple):
    """One of them; `fields` and `changed` are JSON text."""

    member_id: int
    kind: str
    key: str
    fields: str
    opened_at: datetime | None
    opened_by: int
    closed_at: datetime | None
    changed: str


class TellingRow(NamedTuple):
    """A stored event; `said` is JSON text."""

    member_id: int
    type: str
    source: str
    external_id: str
    happened_at: datetime
    said: str | None


# Not what no rule decides: that is no event of the program's.
_TELLINGS: LiteralString = """
    select member_id, type, source, external_id, happened_at, data::text from events
    where program_id = %s and type = any(%s::text::text[]) and source <> 'guerdon'
"""
_OF_MEMBERS: LiteralString = _TELLINGS + " and member_id = any(%s::text::bigint[])"
_OF_ALL: LiteralString = _TELLINGS + " order by member_id"


def load_belongings(
    tx: Transaction, program_id: int, members: Sequence[int], kinds: Collection[str]
) -> list[BelongingRow]:
    """All that these members have or had of these kinds."""
    rows = tx.execute(
        """
        select member_id, kind, key, fields::text, opened_at, opened_by, closed_at, changed::text
        from member_holdings
        where program_id = %s and member_id = any(%s::text::bigint[]) and kind = any(%s::text::text[])
        """,
        (program_id, numbers(members), texts(sorted(kinds))),
        prepare=True,
    ).fetchall()
    return [BelongingRow(*row) for row in rows]


def record_belongings(tx: Transaction, program_id: int, rows: Sequence[BelongingRow]) -> None:
    """Write what changed; the members are locked, so nobody else wrote meanwhile."""
    if not rows:
        return
    rows = sorted(rows, key=lambda row: row[:3])
    tx.execute(
        """
        insert into member_holdings
          (program_id, member_id, kind, key, fields, opened_at, opened_by, closed_at, changed)
        select %s, m, k, n, f::json, o, b, e, c::json from unnest(
          %s::text::bigint[], %s::text::text[], %s::text::text[], %s::text[], %s::timestamptz[],
          %s::text::bigint[], %s::timestamptz[], %s::text[]) as h (m, k, n, f, o, b, e, c)
        on conflict (program_id, member_id, kind, key) do update
        set fields = excluded.fields, opened_at = excluded.opened_at, opened_by = excluded.opened_by,
            closed_at = excluded.closed_at, changed = excluded.changed
        """,
        (
            program_id,
            numbers([row.member_id for row in rows]),
            texts([row.kind for row in rows]),
            texts([row.key for row in rows]),
            [row.fields for row in rows],
            [row.opened_at for row in rows],
            numbers([row.opened_by for row in rows]),
            [row.closed_at for row in rows],
            [row.changed for row in rows],
        ),
        prepare=True,
    )


def forget_belongings(tx: Transaction, program_id: int, kinds: Collection[str]) -> None:
    """Keep nothing of these kinds any more, of nobody."""
    tx.execute(
        "delete from member_holdings where program_id = %s and kind = any(%s)", (program_id, sorted(kinds))
    )


def find_tellings(
    tx: Transaction, program_id: int, types: Collection[str], members: Sequence[int]
) -> list[TellingRow]:
    """The stored events of these types of some members."""
    rows = tx.execute(_OF_MEMBERS, (program_id, texts(sorted(types)), numbers(members))).fetchall()
    return [TellingRow(*row) for row in rows]


def read_tellings(tx: Transaction, program_id: int, types: Collection[str]) -> Iterator[Sequence[TellingRow]]:
    """The stored events of these types of everybody, member by member, so many at a time."""
    # It takes as long as it takes, and all of them are read: the first of them soon is worth nothing.
    tx.execute(
        "select set_config('statement_timeout', '0', true), set_config('cursor_tuple_fraction', '1', true)"
    )
    with tx.cursor("tellings", binary=True) as cursor:
        cursor.execute(_OF_ALL, (program_id, texts(sorted(types))))
        while rows := cursor.fetchmany(TELLINGS_MAX):
            yield [TellingRow._make(row) for row in rows]
