"""Mails that tell a member what became of an order: put into the outbox with their cause, then written.

Which order a mail tells of is what its event says, so nothing of it is kept twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class News:
    """A mail about an order of a member: its number, what it tells, and by which reward's link they come."""

    program_id: int
    member_id: int
    id: int
    message: str
    reward_id: int


def insert_news(tx: Transaction, news: News, event_id: int, now: datetime) -> bool:
    """Put a mail about an order into the outbox; False where nobody is to be told by it.

    That is whoever has no address or was forgotten; and of what was given away the giver is not told.
    """
    told = tx.execute(
        """
        with made as (
          insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel, created_at,
                              next_at)
          select p.program_id, p.member_id, %(id)s, %(event)s, %(reward)s, %(message)s, 'email', %(now)s,
                 %(now)s
          from persons p
          where p.program_id = %(program)s and p.member_id = %(member)s and p.email is not null
            and not exists (
              select from gifts g
              where g.program_id = p.program_id and g.member_id = p.member_id and g.reward_id = %(reward)s
                and g.canceled_at is null and (g.taken_at is not null or g.expires_at > %(now)s))
          returning id
        )
        select pg_notify('guerdon_outbox', '') from made
        """,
        {
            "id": news.id,
            "event": event_id,
            "reward": news.reward_id,
            "message": news.message,
            "now": now,
            "program": news.program_id,
            "member": news.member_id,
        },
    ).fetchone()
    return told is not None


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order as a mail tells of it. `names`: by the catalog; None where that never had its item.

    `stands`: it was delivered, and not taken back. `back`: of what it cost there is something that its
    member can choose with, the first of it until `until`; None: it does not end.
    """

    item: str
    names: Mapping[str, str] | None
    chosen_at: datetime
    stands: bool
    back: bool
    until: datetime | None


def load_told(
    tx: Transaction, program_id: int, mails: list[tuple[int, int]], now: datetime
) -> dict[int, OrderTold]:
    """Orders that mails (member, mail) tell of, by the mail."""
    rows = tx.execute(
        """
        select b.id, o.item, i.names, o.placed_at,
               coalesce(f.state, case when o.canceled_at is null then 'fulfilled' end) = 'fulfilled',
               back.any_left, back.until
        from unnest(%(members)s::bigint[], %(ids)s::bigint[]) as m (member_id, id)
        join outbox b on b.program_id = %(p)s and b.member_id = m.member_id and b.id = m.id
        join events e on e.program_id = b.program_id and e.member_id = b.member_id and e.id = b.event_id
        -- Compared as text: of other events it is no number.
        join orders o on o.program_id = e.program_id and o.member_id = e.member_id
                     and o.id::text = e.external_id
        left join fulfillments f
          on f.program_id = o.program_id and f.member_id = o.member_id and f.order_id = o.id
        left join catalog_items i on i.program_id = o.program_id and i.key = o.item
        cross join lateral (
          select count(*) > 0 as any_left, min(r.expires_at) as until
          from hold_lots l
          join rewards r on r.program_id = l.program_id and r.member_id = l.member_id and r.id = l.reward_id
          where l.program_id = o.program_id and l.member_id = o.member_id and (
              l.hold_id = o.id or l.hold_id in (
                select b.hold_id from order_balances b
                where b.program_id = o.program_id and b.member_id = o.member_id and b.order_id = o.id))
            and r.state = 'ready' and r.remaining > r.held
            and (r.expires_at is null or r.expires_at > %(now)s)
        ) back
        """,
        {
            "p": program_id,
            "members": [member for member, _ in mails],
            "ids": [mail for _, mail in mails],
            "now": now,
        },
    ).fetchall()
    return {int(row[0]): OrderTold(*row[1:]) for row in rows}
