"""Who waits for a place: in which turn, and for whom one that came free is kept.

A place that is offered counts as taken, and who waits is counted in the place's own row: so nobody needs to
see the others to know that they may not pass them by.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Wait:
    """A member's turn for a place; `offered_until` is None while they only wait."""

    id: int
    slot_id: int
    state: str
    asked_at: datetime
    offered_until: datetime | None


def list_waits(tx: Transaction, program_id: int, member_id: int, item_id: int) -> list[Wait]:
    """What a member waits for of an item, or is offered."""
    rows = tx.execute(
        """
        select id, slot_id, state, asked_at, offered_until from slot_waits
        where program_id = %s and member_id = %s and item_id = %s and settled_at is null order by id
        """,
        (program_id, member_id, item_id),
    ).fetchall()
    return [Wait(*row) for row in rows]


def record_wait(tx: Transaction, whose: tuple[int, int], slot: tuple[int, int], now: datetime) -> bool:
    """Let a locked member (program, member) wait for (item, slot); False while there are places for all."""
    counted = tx.execute(
        """
        update catalog_slots set waiting = waiting + 1
        where program_id = %s and item_id = %s and id = %s and gone_at is null
          and (taken >= capacity or waiting > 0) and (starts_at is null or starts_at > %s)
        """,
        (whose[0], *slot, now),
    )
    if counted.rowcount != 1:
        return False
    tx.execute(
        """
        insert into slot_waits (program_id, member_id, item_id, slot_id, asked_at) values (%s, %s, %s, %s, %s)
        """,
        (*whose, *slot, now),
    )
    return True


def settle_left(tx: Transaction, whose: tuple[int, int], slot: tuple[int, int], now: datetime) -> bool:
    """A member waits no more, or does not want what is kept for them; False when there is nothing."""
    row = tx.execute(
        """
        update slot_waits set state = 'left', settled_at = %s
        where program_id = %s and member_id = %s and item_id = %s and slot_id = %s and settled_at is null
        returning offered_at is not null
        """,
        (now, *whose, *slot),
    ).fetchone()
    if row is None:
        return False
    _count_out(tx, whose[0], [(*slot, row[0])])
    return True


def take_offered(tx: Transaction, whose: tuple[int, int], slot: tuple[int, int], now: datetime) -> bool:
    """Take the place of (item, slot) that is kept for a member; False when there is none, or not any more."""
    taken = tx.execute(
        """
        update slot_waits set state = 'taken', settled_at = %s
        where program_id = %s and member_id = %s and item_id = %s and slot_id = %s and state = 'offered'
          and offered_until > %s
        """,
        (now, *whose, *slot, now),
    )
    return taken.rowcount == 1


def settle_lapsed(tx: Transaction, program_id: int, now: datetime) -> int:
    """End what was offered for long enough, and turns for what is over; how many they were."""
    over = tx.execute(
        """
        update slot_waits w set state = 'lapsed', settled_at = %(now)s
        from catalog_slots s
        where w.program_id = %(p)s and w.settled_at is null
          and s.program_id = w.program_id and s.item_id = w.item_id and s.id = w.slot_id
          and (w.offered_until <= %(now)s or s.gone_at is not null or s.starts_at <= %(now)s)
        returning w.item_id, w.slot_id, w.offered_at is not null
        """,
        {"p": program_id, "now": now},
    ).fetchall()
    if over:
        _count_out(tx, program_id, over)
    return len(over)


def _count_out(tx: Transaction, program_id: int, over: list[tuple[int, int, bool]]) -> None:
    """Count those out who wait no more: (item, slot, whether it was offered).

    A statement of its own: only its snapshot surely has what they were counted by.
    """
    tx.execute(
        """
        with counted as (
          select item_id, slot_id, count(*) filter (where offered) as offered,
                 count(*) filter (where not offered) as waited
          from unnest(%(items)s::bigint[], %(slots)s::bigint[], %(offered)s::boolean[])
            as o (item_id, slot_id, offered) group by 1, 2
        ),
        locked as (
          select s.item_id, s.id from catalog_slots s
          join counted c on c.item_id = s.item_id and c.slot_id = s.id
          where s.program_id = %(p)s order by 1, 2 for no key update of s
        )
        update catalog_slots s set taken = s.taken - c.offered, waiting = s.waiting - c.waited
        from counted c join locked l on l.item_id = c.item_id and l.id = c.slot_id
        where s.program_id = %(p)s and s.item_id = c.item_id and s.id = c.slot_id
        """,
        {
            "p": program_id,
            "items": [each[0] for each in over],
            "slots": [each[1] for each in over],
            "offered": [each[2] for each in over],
        },
    )


def lock_free_places(tx: Transaction, program_id: int, now: datetime) -> list[tuple[int, int, int]]:
    """Places that came free while somebody waits for them, locked: item, slot, how many."""
    return tx.execute(
        """
        select item_id, id, least(capacity - taken, waiting) from catalog_slots
        where program_id = %s and waiting > 0 and taken < capacity and gone_at is null
          and (starts_at is null or starts_at > %s)
        order by item_id, id for no key update
        """,
        (program_id, now),
    ).fetchall()


def offer_places(
    tx: Transaction,
    program_id: int,
    places: list[tuple[int, int, int]],
    now: datetime,
    keeps: timedelta,
) -> list[int]:
    """Keep locked places for those who wait the longest, for so long or until it begins; the members."""
    rows = tx.execute(
        """
        with room as (
          select * from unnest(%(items)s::bigint[], %(slots)s::bigint[], %(ns)s::integer[])
            as r (item_id, slot_id, n)
        ),
        first as (
          select w.member_id, w.id, s.starts_at
          from room r
          join catalog_slots s on s.program_id = %(p)s and s.item_id = r.item_id and s.id = r.slot_id
          cross join lateral (
            select member_id, id from slot_waits
            where program_id = %(p)s and item_id = r.item_id and slot_id = r.slot_id and state = 'waiting'
            order by id limit r.n for update skip locked
          ) w
        ),
        offered as (
          update slot_waits w
          set state = 'offered', offered_at = %(now)s,
              offered_until = least(%(now)s + %(keeps)s, coalesce(f.starts_at, 'infinity'))
          from first f
          where w.program_id = %(p)s and w.member_id = f.member_id and w.id = f.id
          returning w.member_id, w.item_id, w.slot_id
        ),
        counted as (
          update catalog_slots s set taken = s.taken + o.n, waiting = s.waiting - o.n
          from (select item_id, slot_id, count(*)::integer as n from offered group by 1, 2) o
          where s.program_id = %(p)s and s.item_id = o.item_id and s.id = o.slot_id
        )
        select member_id from offered
        """,
        {
            "p": program_id,
            "items": [place[0] for place in places],
            "slots": [place[1] for place in places],
            "ns": [place[2] for place in places],
            "now": now,
            "keeps": keeps,
        },
    ).fetchall()
    return [int(row[0]) for row in rows]
