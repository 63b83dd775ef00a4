"""Second factors as rows: which code was sent when, how often it was tried, and whether it was given."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.ledger.chart import PURSE
from guerdon.store.database import Transaction

TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """How many codes of a reward were ever sent, and lately, and the last of them."""

    ever: int
    lately: int
    last: int | None
    tries: int
    expires_at: datetime | None
    proven_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether the last code can still be given."""
        alive = self.expires_at is not None and self.expires_at > now
        return alive and self.proven_at is None and self.tries < TRIES_MAX


@dataclass(frozen=True, slots=True)
class Worth:
    """The most that a link can choose with, or chose, in minor units of its unit: by its reward alone.

    `balance`: where all that its member has of the unit may be chosen with.
    """

    unit: str
    alone: int
    balance: int


def load_worth(tx: Transaction, whose: tuple[int, int, int]) -> Worth | None:
    """What a link (program, member, reward) is worth; None when the member has no such reward."""
    row = tx.execute(
        """
        select r.unit, greatest(r.value, o.most), greatest(r.value, o.most, a.posted - a.held)
        from rewards r
        left join accounts a on a.program_id = r.program_id and a.member_id = r.member_id and a.name = %s
                            and a.unit = r.unit
        cross join lateral (
          -- What a balance paid beside is in what it is worth.
          select max(greatest(o.value, case when f.currency = o.unit then f.face_minor end)) as most
          from orders o
          left join fulfillments f
            on f.program_id = o.program_id and f.member_id = o.member_id and f.order_id = o.id
          where o.program_id = r.program_id and o.member_id = r.member_id and o.reward_id = r.id
        ) o
        where r.program_id = %s and r.member_id = %s and r.id = %s
        """,
        (PURSE, *whose),
    ).fetchone()
    return Worth(*row) if row else None


def load_beside(tx: Transaction, whose: tuple[int, int, int], unit: str) -> int:
    """The most that a balance of a unit paid for an order beside the reward of a link."""
    row = tx.execute(
        """
        select coalesce(max(b.amount), 0)
        from orders o
        join order_balances b
          on b.program_id = o.program_id and b.member_id = o.member_id and b.order_id = o.id
        where o.program_id = %s and o.member_id = %s and o.reward_id = %s and b.unit = %s
        """,
        (*whose, unit),
    ).fetchone()
    assert row is not None
    return int(row[0])


def load_sent(tx: Transaction, whose: tuple[int, int, int], now: datetime, within: timedelta) -> Sent:
    """What was sent for a link (program, member, reward)."""
    row = tx.execute(
        """
        select count(*), count(*) filter (where sent_at > %s),
               (array_agg(id order by sent_at desc, id))[1], (array_agg(tries order by sent_at desc, id))[1],
               (array_agg(expires_at order by sent_at desc, id))[1],
               (array_agg(proven_at order by sent_at desc, id))[1]
        from proofs where program_id = %s and member_id = %s and reward_id = %s
        """,
        (now - within, *whose),
    ).fetchone()
    assert row is not None
    ever, lately, last, tries, *times = row
    return Sent(ever, lately, last, tries or 0, *times)


def insert_proof(
    tx: Transaction, whose: tuple[int, int, int], number: int, when: tuple[datetime, datetime]
) -> None:
    """Keep that a code is sent for a link, and until when it can be given."""
    program_id, member_id, reward_id = whose
    tx.execute(
        """
        insert into proofs (program_id, member_id, id, reward_id, sent_at, expires_at)
        values (%s, %s, %s, %s, %s, %s)
        """,
        (program_id, member_id, number, reward_id, *when),
    )


def count_try(tx: Transaction, whose: tuple[int, int], number: int, proven_at: datetime | None) -> None:
    """Count that a code (of a program's member) was tried, and that it was the right one."""
    tx.execute(
        """
        update proofs set tries = tries + 1, proven_at = %s
        where program_id = %s and member_id = %s and id = %s
        """,
        (proven_at, *whose, number),
    )
