"""What a spend took, as its draws say, for whoever takes it back; and lots that last longer than was said."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.ledger.chart import PURSE
from guerdon.ledger.lots import Lot
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Spent:
    """A spend: by unit each lot (as it stands now) with what it gave, and the order if it was one.

    Of an order: who delivered it, and whether it has a code.
    """

    drawn: Mapping[str, Sequence[tuple[Lot, int]]]
    order: int | None
    supplier: str = ""
    coded: bool = False


def find_spent(tx: Transaction, program_id: int, member_id: int, event_id: int) -> Spent | None:
    """What an event of a locked member spent; None when it spent nothing."""
    rows = tx.execute(
        """
        select t.unit, r.id, r.remaining, r.held, r.payer, r.expires_at, r.issued_at, d.amount,
               o.id, coalesce(f.supplier, 'pool'), c.id is not null
        from events e
        join transfers t on t.program_id = e.program_id and t.member_id = e.member_id and t.event_id = e.id
          and t.recorded_at = e.recorded_at
        join draws d on d.program_id = t.program_id and d.member_id = t.member_id and d.transfer_id = t.id
        join rewards r on r.program_id = d.program_id and r.member_id = d.member_id and r.id = d.reward_id
        left join orders o on o.program_id = e.program_id and o.member_id = e.member_id
          and e.type = 'reward.redeemed' and o.id::text = e.external_id
        left join fulfillments f
          on f.program_id = o.program_id and f.member_id = o.member_id and f.order_id = o.id
        left join codes c on c.program_id = o.program_id and c.order_id = o.id
        where e.program_id = %s and e.member_id = %s and e.id = %s and e.source = 'guerdon'
          and e.type in ('value.spent', 'value.captured', 'reward.redeemed')
          and t.from_account = %s and (starts_with(t.to_account, 'spent:') or t.to_account = 'program:spent')
        order by t.id, r.id
        """,
        (program_id, member_id, event_id, PURSE),
    ).fetchall()
    if not rows:
        return None
    drawn: dict[str, list[tuple[Lot, int]]] = defaultdict(list)
    for unit, *columns, amount, _, _, _ in rows:
        drawn[unit].append((Lot(*columns), amount))
    return Spent(drawn, *rows[0][-3:])


@dataclass(frozen=True, slots=True)
class Lasting:
    """A reward and until when it is there; None: it has no end of its own."""

    unit: str
    remaining: int
    state: str
    expires_at: datetime | None


def find_lasting(tx: Transaction, program_id: int, member_id: int, reward_id: int) -> Lasting | None:
    """A member's reward; None when they have no such one."""
    row = tx.execute(
        """
        select unit, remaining, state, expires_at from rewards
        where program_id = %s and member_id = %s and id = %s
        """,
        (program_id, member_id, reward_id),
    ).fetchone()
    return Lasting(*row) if row else None


def settle_ends(
    tx: Transaction, program_id: int, member_id: int, ends: Mapping[int, datetime | None]
) -> None:
    """Let lots last until another moment: reward -> its end."""
    tx.execute(
        """
        update rewards r set expires_at = e.expires_at
        from unnest(%s::bigint[], %s::timestamptz[]) as e (id, expires_at)
        where r.program_id = %s and r.member_id = %s and r.id = e.id
          and r.expires_at is distinct from e.expires_at
        """,
        (list(ends), list(ends.values()), program_id, member_id),
    )


def extend_reward(tx: Transaction, program_id: int, member_id: int, reward_id: int, until: datetime) -> bool:
    """Let a reward that is still there last longer; False when it is not, or would not."""
    extended = tx.execute(
        """
        update rewards set expires_at = %s
        where program_id = %s and member_id = %s and id = %s
          and state in ('pending', 'ready') and expires_at < %s
        """,
        (until, program_id, member_id, reward_id, until),
    )
    return extended.rowcount == 1
