"""Events that may tell what a CRM's history told as well, and what of it was decided already."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Compared:
    """Of a connection: events up to this number are compared with what was told; None: all that there are."""

    connection: str
    to: int | None

    def holds(self, number: int) -> bool:
        """Whether an event is compared."""
        return self.to is None or number <= self.to


@dataclass(frozen=True, slots=True)
class Told:
    """An event, by what tells it from others of its member."""

    member_id: int
    connection: str
    type: str
    external_id: str
    happened_at: datetime
    fields: dict[str, Any]


def compare_until(tx: Transaction, program_id: int, connection: str, until: datetime) -> None:
    """Have all events that there are by now compared, and those that arrive until then, whenever decided."""
    tx.execute(
        """
        update crm_backfills set compared_until = greatest(compared_until, %s::timestamptz)
        where program_id = %s and connection = %s
        """,
        (until, program_id, connection),
    )


def compare_late(tx: Transaction, program_id: int, connections: Collection[str], at: datetime) -> None:
    """Have what came long ago, and gets its number only now, compared where anything ever was.

    Before the numbers are given: then whoever closes meanwhile waits, or was before.
    """
    tx.execute(
        """
        update crm_backfills set compared_until = greatest(compared_until, %s::timestamptz)
        where program_id = %s and connection = any(%s::text[])
          and (compared_to is not null or compared_until is not null)
        """,
        (at, program_id, sorted(connections)),
    )


def close_compared(tx: Transaction, program_id: int, now: datetime) -> None:
    """Where the time is over, have nothing compared that gets its number after this."""
    tx.execute(
        """
        update crm_backfills set compared_to = nextval('event_id_seq'), compared_until = null
        where program_id = %s and compared_until <= %s
        """,
        (program_id, now),
        prepare=True,
    )


def find_compared(tx: Transaction, program_id: int, first: int) -> dict[str, Compared]:
    """What is compared of events from a number on, by connection."""
    rows = tx.execute(
        """
        select connection, case when compared_until is null then compared_to end from crm_backfills
        where program_id = %s and (compared_to >= %s or compared_until is not null)
        """,
        (program_id, first),
        prepare=True,
    ).fetchall()
    return {row[0]: Compared(*row) for row in rows}


def find_told(tx: Transaction, program_id: int, asked: Sequence[Told], within: timedelta) -> list[Told]:
    """Events that were decided of the same members, connections and types, at nearly the same time."""
    rows = tx.execute(
        """
        select distinct on (e.id) e.member_id, e.source, e.type, e.external_id, e.happened_at,
               coalesce(e.data, '{}')
        from unnest(%s::text::bigint[], %s::text::text[], %s::text::text[], %s::timestamptz[])
          as t (member_id, source, type, at)
        join events e on e.program_id = %s and e.member_id = t.member_id and e.source = t.source
          and e.type = t.type and e.happened_at between t.at - %s::interval and t.at + %s::interval
        order by e.id
        """,
        (
            numbers(each.member_id for each in asked),
            texts(each.connection for each in asked),
            texts(each.type for each in asked),
            [each.happened_at for each in asked],
            program_id,
            within,
            within,
        ),
    ).fetchall()
    return [Told(*row) for row in rows]


def count_keys(tx: Transaction, program_id: int, keys: Sequence[str]) -> int:
    """How many of these events came already."""
    row = tx.execute(
        "select count(*) from event_keys where program_id = %s and key = any(%s::text::uuid[])",
        (program_id, "{" + ",".join(keys) + "}"),
    ).fetchone()
    return 0 if row is None else int(row[0])
