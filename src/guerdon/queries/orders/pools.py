"""Codes of our own by item and value: how many there are, and how long they last as they are used now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.codes import good_after
from guerdon.store.database import Transaction

USED_DAYS = 7
# What ends within so many days is shown; within so few, somebody is told of what nobody will have taken.
ENDING_DAYS, SOON_DAYS = 30, 14
# From one in so many on it is told: a few that are left over are no news.
MANY = 10


@dataclass(frozen=True, slots=True)
class Pool:
    """The codes of an item and a value. `used`: given in the last days. `low`: told from here on.

    `free`: good, and nobody's yet; of them, `ending` end within `ENDING_DAYS` and `ending_soon` within
    `SOON_DAYS`, the first at `first_end`. `expired`: over before anybody had them, or so nearly that nobody
    gets them any more. `lapsed`: of those `issued`, the ones that are over and were not noted as used.
    """

    item: str
    unit: str
    value: int
    free: int
    ending: int
    ending_soon: int
    first_end: datetime | None
    expired: int
    issued: int
    lapsed: int
    redeemed: int
    void: int
    used: int
    low: int | None

    @property
    def lasts_days(self) -> int | None:
        """For how many days they last; None: nobody asks for them."""
        return self.free * USED_DAYS // self.used if self.used else None

    @property
    def is_low(self) -> bool:
        """Whether somebody should bring more: below its mark, or gone within days."""
        lasts = self.lasts_days
        return (
            self.free <= (self.low or 0) if self.low is not None else lasts is not None and lasts < USED_DAYS
        )

    @property
    def brought(self) -> int:
        """How many there ever were."""
        return self.free + self.expired + self.issued + self.redeemed + self.void

    @property
    def is_ending(self) -> bool:
        """Whether many end soon that nobody will have taken, as they are used now."""
        left_over = self.ending_soon - self.used * SOON_DAYS // USED_DAYS
        return left_over > 0 and left_over * MANY >= self.free


def list_pools(tx: Transaction, now: datetime) -> list[Pool]:
    """All pools of the program, as they stand then."""
    rows = tx.execute(
        """
        with used as (
          -- Codes are of what was chosen, whatever it was paid with.
          select o.item, coalesce(f.currency, o.unit) as unit, coalesce(f.face_minor, o.value) as value,
                 count(*) as n
          from fulfillments f
          join orders o on o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
          where f.program_id = (select this_program()) and f.supplier = 'pool'
            and f.settled_at > %(used_since)s
          group by 1, 2, 3
        ),
        held as (
          select item, unit, value,
                 count(*) filter (where state = 'free' and expires_at > %(good_after)s) as free,
                 count(*) filter (where state = 'free' and expires_at > %(good_after)s
                                    and expires_at <= %(ending)s) as ending,
                 count(*) filter (where state = 'free' and expires_at > %(good_after)s
                                    and expires_at <= %(ending_soon)s) as ending_soon,
                 nullif(min(expires_at) filter (where state = 'free' and expires_at > %(good_after)s),
                        'infinity') as first_end,
                 count(*) filter (where state = 'free' and expires_at <= %(good_after)s) as expired,
                 count(*) filter (where state = 'issued') as issued,
                 count(*) filter (where state = 'issued' and expires_at <= %(now)s) as lapsed,
                 count(*) filter (where state = 'redeemed') as redeemed,
                 count(*) filter (where state = 'void') as void
          from codes where program_id = (select this_program()) and more is null group by 1, 2, 3
        )
        select h.item, h.unit, h.value, h.free, h.ending, h.ending_soon, h.first_end, h.expired, h.issued,
               h.lapsed, h.redeemed, h.void, coalesce(u.n, 0), m.low
        from held h
        left join used u using (item, unit, value)
        left join pool_marks m on m.program_id = (select this_program()) and m.item = h.item
        order by h.item, h.unit, h.value
        """,
        {
            "now": now,
            "used_since": now - timedelta(days=USED_DAYS),
            "good_after": good_after(now),
            "ending": now + timedelta(days=ENDING_DAYS),
            "ending_soon": now + timedelta(days=SOON_DAYS),
        },
    ).fetchall()
    return [Pool(*row) for row in rows]
