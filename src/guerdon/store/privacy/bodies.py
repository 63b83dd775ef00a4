"""Bodies whose time is over: most are deleted; of one that somebody needs still, what is needed stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Held:
    """A body of which something is needed still: elements by position, and what stands in quarantine.

    `parked` are pairs of a position (-1: the request as a whole) and a number in quarantine. `needed` is all
    of it in words, by which we know next time whether anything became different.
    """

    id: int
    connection: str
    recorded_at: datetime
    positions: Sequence[int]
    parked: Sequence[tuple[int, int]]
    needed: str


@dataclass(frozen=True, slots=True)
class Looked:
    """A body that was looked at, and what is kept of it from now on, sealed; None: what was."""

    held: Held
    less: bytes | None


def drop_bodies(tx: Transaction, before: datetime, after: int, at_most: int) -> tuple[int | None, int]:
    """Look at so many bodies from before an instant, and delete those that nobody needs.

    Answers up to which number it looked (None: there are no more), and how many are gone.
    """
    row = tx.execute(
        "select last_id, dropped from drop_bodies(%s, %s, %s)", (before, after, at_most)
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def list_needed(tx: Transaction, program_id: int, before: datetime, after: int, at_most: int) -> list[int]:
    """The next numbers of deliveries of which something is needed; some may be younger than the instant."""
    rows = tx.execute(
        """
        select delivery_id from (
          (select distinct delivery_id from inbox
           where program_id = %(program)s and recorded_at < %(before)s and delivery_id > %(after)s
           order by 1 limit %(at_most)s)
          union all
          (select distinct delivery_id from waiting
           where program_id = %(program)s and recorded_at < %(before)s and delivery_id > %(after)s
           order by 1 limit %(at_most)s)
          union all
          (select distinct delivery_id from errands
           where program_id = %(program)s and recorded_at < %(before)s and delivery_id > %(after)s
           order by 1 limit %(at_most)s)
          union all
          (select distinct delivery_id from quarantine
           where program_id = %(program)s and settled_at is null and delivery_id > %(after)s
           order by 1 limit %(at_most)s)
        ) n group by 1 order by 1 limit %(at_most)s
        """,
        {"program": program_id, "before": before, "after": after, "at_most": at_most},
    ).fetchall()
    return [row[0] for row in rows]


def list_held(
    tx: Transaction, program_id: int, ids: Sequence[int], before: datetime, since: datetime | None
) -> list[Held]:
    """Those of these bodies that are from before an instant and may be lessened now.

    Not those that were looked at with the same need; but again, where something stands in quarantine, what
    was looked at before `since`, when somebody was last forgotten.
    """
    if not ids:
        return []
    rows = tx.execute(
        """
        with needed as materialized (
          select delivery_id, position, null::bigint as parked from inbox
          where program_id = %(program)s and delivery_id between %(first)s and %(last)s
          union all
          select delivery_id, position, null from waiting
          where program_id = %(program)s and delivery_id between %(first)s and %(last)s
          union all
          select delivery_id, position, null from errands
          where program_id = %(program)s and delivery_id between %(first)s and %(last)s
          union all
          select delivery_id, coalesce(position, -1), id from quarantine
          where program_id = %(program)s and delivery_id between %(first)s and %(last)s and settled_at is null
        ), wanted as (
          select delivery_id,
                 array_agg(position) filter (where parked is null) as positions,
                 array_agg(position order by parked) filter (where parked is not null) as places,
                 array_agg(parked order by parked) filter (where parked is not null) as parked,
                 string_agg(distinct position::text, ',' order by position::text) as needed
          from needed group by 1
        )
        select d.id, d.connection, d.recorded_at, w.positions, w.places, w.parked, w.needed
        from wanted w join deliveries d on d.id = w.delivery_id
        where d.program_id = %(program)s and d.id = any(%(ids)s) and d.recorded_at < %(before)s
          and (d.needed is distinct from w.needed or w.parked is not null and d.looked_at < %(since)s)
        order by d.id
        """,
        {
            "program": program_id,
            "ids": list(ids),
            "first": min(ids),
            "last": max(ids),
            "before": before,
            "since": since,
        },
    ).fetchall()
    return [
        Held(
            *(number, connection, recorded_at, sorted({*(positions or ())})),
            list(zip(places or (), parked or (), strict=True)),
            needed,
        )
        for number, connection, recorded_at, positions, places, parked, needed in rows
    ]


def record_looks(tx: Transaction, program_id: int, looked: Sequence[Looked], at: datetime) -> None:
    """Keep less of bodies than came, and for what they were looked at."""
    tx.execute(
        """
        update deliveries d
        set body = coalesce(n.body, d.body), needed = n.needed, looked_at = %(at)s
        from unnest(%(ids)s::bigint[], %(times)s::timestamptz[], %(needed)s::text[], %(bodies)s::bytea[])
          as n (id, recorded_at, needed, body)
        where d.program_id = %(program)s and d.id = n.id and d.recorded_at = n.recorded_at
        """,
        {
            "program": program_id,
            "at": at,
            "ids": [each.held.id for each in looked],
            "times": [each.held.recorded_at for each in looked],
            "needed": [each.held.needed for each in looked],
            "bodies": [each.less for each in looked],
        },
    )
