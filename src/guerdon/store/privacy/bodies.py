"""Bodies whose time is over: most are deleted; of one that somebody needs still, what is needed stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Held:
    """A sealed body of which something is needed still, and which of its elements; None: all of it.

    `parked` are the numbers in quarantine of its elements, by position (-1: of the request as a whole).
    """

    id: int
    connection: str
    recorded_at: datetime
    sealed: bytes
    positions: Sequence[int] | None
    parked: Sequence[tuple[int, int]]


def drop_bodies(tx: Transaction, before: datetime, after: int, at_most: int) -> tuple[int | None, int]:
    """Look at so many bodies from before an instant, and delete those that nobody needs.

    Answers up to which number it looked (None: there are no more), and how many are gone.
    """
    row = tx.execute(
        "select last_id, dropped from drop_bodies(%s, %s, %s)", (before, after, at_most)
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def list_held(tx: Transaction, program_id: int, before: datetime, after: int, at_most: int) -> list[Held]:
    """Bodies from before an instant of which something is needed, by number."""
    rows = tx.execute(
        """
        with needed as materialized (
          select delivery_id, position, null::bigint as parked from inbox
          where program_id = %(program)s and recorded_at < %(before)s and delivery_id > %(after)s
          union all
          select delivery_id, position, null from waiting
          where program_id = %(program)s and recorded_at < %(before)s and delivery_id > %(after)s
          union all
          select delivery_id, position, null from errands
          where program_id = %(program)s and recorded_at < %(before)s and delivery_id > %(after)s
          union all
          select delivery_id, position, id from quarantine
          where program_id = %(program)s and settled_at is null and delivery_id > %(after)s
        ), wanted as (
          select delivery_id, array_agg(position) as positions,
                 array_agg(coalesce(position, -1) order by parked) filter (where parked is not null) as at,
                 array_agg(parked order by parked) filter (where parked is not null) as parked
          from needed group by 1
        )
        select d.id, d.connection, d.recorded_at, d.body, s.positions, s.at, s.parked
        from wanted s join deliveries d on d.program_id = %(program)s and d.id = s.delivery_id
          and d.recorded_at < %(before)s
        order by d.id limit %(at_most)s
        """,
        {"program": program_id, "before": before, "after": after, "at_most": at_most},
    ).fetchall()
    return [
        Held(
            *(number, connection, recorded_at, body),
            None if None in positions else sorted(set(positions)),
            list(zip(at or (), parked or (), strict=True)),
        )
        for number, connection, recorded_at, body, positions, at, parked in rows
    ]


def replace_body(tx: Transaction, program_id: int, held: Held, sealed: bytes) -> None:
    """Keep less of a body than came."""
    tx.execute(
        "update deliveries set body = %s where program_id = %s and id = %s and recorded_at = %s",
        (sealed, program_id, held.id, held.recorded_at),
    )
