"""Who waits for a place: in which turn, and for whom one that came free is kept.

A place that is offered counts as taken, and who waits is counted in the place's own row: so nobody needs to
see the others to know that they may not pass them by.
"""

from collections.abc import Mapping
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


def list_next(tx: Transaction, program_id: int, now: datetime) -> list[int]:
    """Members whose turn it may be now, by what is free and by offers that are over."""
    rows = tx.execute(
        """
        select distinct n.member_id
        from catalog_slots s
        cross join lateral (
          select count(*) as n from slot_waits o
          where o.program_id = s.program_id and o.item_id = s.item_id and o.slot_id = s.id
            and o.state = 'offered' and o.offered_until <= %(now)s
        ) over
        cross join lateral (
          select member_id from slot_waits w
          where w.program_id = s.program_id and w.item_id = s.item_id and w.slot_id = s.id
            and w.state = 'waiting'
          order by w.id limit greatest(s.capacity - s.taken + over.n, 0)
        ) n
        where s.program_id = %(p)s and s.waiting > 0 and s.gone_at is null
          and (s.starts_at is null or s.starts_at > %(now)s)
        order by 1
        """,
        {"p": program_id, "now": now},
    ).fetchall()
    return [int(row[0]) for row in rows]


def offer_places(
    tx: Transaction,
    program_id: int,
    places: list[tuple[int, int, int]],
    members: list[int],
    since: tuple[datetime, timedelta],
) -> list[tuple[int, int]]:
    """Keep locked places for locked members who wait the longest; (member, turn) of each.

    They are kept from now on (`since`: now, and for how long) or until it begins. Nobody is passed by: whose
    turn came only while the members were locked has theirs the next time, and so have all after them.
    """
    now, keeps = since
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
          where w.member_id = any(%(members)s)
        ),
        offered as (
          update slot_waits w
          set state = 'offered', offered_at = %(now)s,
              offered_until = least(%(now)s + %(keeps)s, coalesce(f.starts_at, 'infinity'))
          from first f
          where w.program_id = %(p)s and w.member_id = f.member_id and w.id = f.id
          returning w.member_id, w.id, w.item_id, w.slot_id
        ),
        counted as (
          update catalog_slots s set taken = s.taken + o.n, waiting = s.waiting - o.n
          from (select item_id, slot_id, count(*)::integer as n from offered group by 1, 2) o
          where s.program_id = %(p)s and s.item_id = o.item_id and s.id = o.slot_id
        )
        select member_id, id from offered order by member_id, id
        """,
        {
            "p": program_id,
            "items": [place[0] for place in places],
            "slots": [place[1] for place in places],
            "ns": [place[2] for place in places],
            "members": members,
            "now": now,
            "keeps": keeps,
        },
    ).fetchall()
    return [(int(member), int(number)) for member, number in rows]


@dataclass(frozen=True, slots=True)
class Told:
    """An offer of which a mail can tell its member: the turn, and the reward by whose link they choose."""

    member_id: int
    wait_id: int
    slot_id: int
    reward_id: int


def list_telling(tx: Transaction, program_id: int, offered: list[tuple[int, int]]) -> list[Told]:
    """Offers (member, turn) whose members have an address and something to pay with until then."""
    rows = tx.execute(
        """
        select w.member_id, w.id, w.slot_id, r.id
        from unnest(%(members)s::bigint[], %(ids)s::bigint[]) as o (member_id, id)
        join slot_waits w on w.program_id = %(p)s and w.member_id = o.member_id and w.id = o.id
        join catalog_items i on i.program_id = w.program_id and i.id = w.item_id
        join persons p on p.program_id = w.program_id and p.member_id = w.member_id and p.email is not null
        cross join lateral (
          select r.id from rewards r
          where r.program_id = w.program_id and r.member_id = w.member_id and r.state = 'ready'
            and (r.expires_at is null or r.expires_at > w.offered_at) and r.remaining > r.held
            and not exists (
              select from gifts g
              where g.program_id = r.program_id and g.member_id = r.member_id and g.reward_id = r.id
                and g.canceled_at is null and (g.taken_at is not null or g.expires_at > w.offered_at))
          order by (r.unit is not distinct from i.currency or i.prices ? r.unit
                    or i.other_amounts ? r.unit) desc, r.remaining - r.held desc, r.id
          limit 1
        ) r
        order by 1, 2
        """,
        {
            "p": program_id,
            "members": [member for member, _ in offered],
            "ids": [number for _, number in offered],
        },
    ).fetchall()
    return [Told(*row) for row in rows]


def settle_mail(tx: Transaction, program_id: int, told: Told, mail_id: int) -> None:
    """Keep which mail tells of an offer."""
    tx.execute(
        "update slot_waits set mail_id = %s where program_id = %s and member_id = %s and id = %s",
        (mail_id, program_id, told.member_id, told.wait_id),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A place as a mail tells of it, and until when it is kept; None: it is not any more."""

    item_id: int
    names: Mapping[str, str]
    starts_at: datetime | None
    venue: str
    until: datetime | None


def load_kept(tx: Transaction, program_id: int, mails: list[tuple[int, int]]) -> dict[int, Kept]:
    """Places that mails (member, mail) tell of, by the mail."""
    rows = tx.execute(
        """
        select w.mail_id, w.item_id, i.names, s.starts_at, coalesce(s.venue, ''),
               case when w.state = 'offered' then w.offered_until end
        from unnest(%s::bigint[], %s::bigint[]) as m (member_id, id)
        join slot_waits w on w.program_id = %s and w.member_id = m.member_id and w.mail_id = m.id
        join catalog_items i on i.program_id = w.program_id and i.id = w.item_id
        join catalog_slots s on s.program_id = w.program_id and s.item_id = w.item_id and s.id = w.slot_id
        """,
        ([member for member, _ in mails], [mail for _, mail in mails], program_id),
    ).fetchall()
    return {int(row[0]): Kept(*row[1:]) for row in rows}
