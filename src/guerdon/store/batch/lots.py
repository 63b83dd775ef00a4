"""Lots changed by a batch: drawn from, taken back, released.

One statement for all, after the rewards of the batch itself are written, so that one which was given and
taken back in the same batch is changed like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.arrays import numbers
from guerdon.store.database import Transaction

# A member, and one of their rewards.
LotKey = tuple[int, int]


@dataclass(slots=True)
class LotChange:
    """What happened to one lot: so much was drawn, and so much taken back, also of what was drawn before.

    Whether it was released, ended, or lost an order that had used it; `paid`: a debt took the last of it.
    """

    drawn: int = 0
    reversed: int = 0
    matured: bool = False
    expired: bool = False
    voided: bool = False
    paid: bool = False
    expires_at: datetime | None = None


def settle_lots(tx: Transaction, program_id: int, lots: Mapping[LotKey, LotChange], at: datetime) -> None:
    """Change lots; one that is empty by it has ended, was taken back, or is redeemed: it paid a debt."""
    if not lots:
        return
    keys = sorted(lots)
    changes = [lots[key] for key in keys]
    settled = tx.execute(
        """
        update rewards r
        set remaining = r.remaining - c.drawn, reversed = r.reversed + c.reversed,
            state = case
              when r.remaining - c.drawn = 0 and (r.state in ('pending', 'ready') or c.voided)
                then case when c.expired then 'expired' when c.paid then 'redeemed' else 'reversed' end
              when c.matured then 'ready'
              else r.state end,
            redeemed_at = case when r.remaining - c.drawn = 0 and c.paid and r.state in ('pending', 'ready')
                               then %(at)s else r.redeemed_at end,
            available_at = case when c.matured then %(at)s else r.available_at end,
            expires_at = coalesce(c.expires_at, r.expires_at)
        from unnest(%(members)s::text::bigint[], %(rewards)s::text::bigint[], %(drawn)s::text::bigint[],
                    %(reversed)s::text::bigint[], %(matured)s::boolean[], %(expired)s::boolean[],
                    %(voided)s::boolean[], %(paid)s::boolean[], %(ends)s::timestamptz[])
          as c (member_id, id, drawn, reversed, matured, expired, voided, paid, expires_at)
        where r.program_id = %(program)s and r.member_id = c.member_id and r.id = c.id
        """,
        {
            "at": at,
            "program": program_id,
            "members": numbers([member for member, _ in keys]),
            "rewards": numbers([reward for _, reward in keys]),
            "drawn": numbers([c.drawn for c in changes]),
            "reversed": numbers([c.reversed for c in changes]),
            "matured": [c.matured for c in changes],
            "expired": [c.expired for c in changes],
            "voided": [c.voided for c in changes],
            "paid": [c.paid and not c.voided for c in changes],
            "ends": [c.expires_at for c in changes],
        },
    )
    assert settled.rowcount == len(keys), "a lot is gone that was decided on"
