"""Codes of our own by item and value: how many there are, and how long they last as they are used now."""

from dataclasses import dataclass

from guerdon.store.database import Transaction

USED_DAYS = 7


@dataclass(frozen=True, slots=True)
class Pool:
    """The codes of an item and a value. `used`: given in the last days. `low`: told from here on."""

    item: str
    unit: str
    value: int
    free: int
    issued: int
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


def list_pools(tx: Transaction) -> list[Pool]:
    """All pools of the program."""
    rows = tx.execute(
        """
        with used as (
          select o.item, o.unit, o.value, count(*) as n
          from fulfillments f
          join orders o on o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
          where f.program_id = (select this_program()) and f.supplier = 'pool'
            and f.settled_at > transaction_timestamp() - make_interval(days => %s)
          group by 1, 2, 3
        ),
        held as (
          select item, unit, value, count(*) filter (where state = 'free') as free,
                 count(*) filter (where state = 'issued') as issued,
                 count(*) filter (where state = 'redeemed') as redeemed,
                 count(*) filter (where state = 'void') as void
          from codes where program_id = (select this_program()) and more is null group by 1, 2, 3
        )
        select h.item, h.unit, h.value, h.free, h.issued, h.redeemed, h.void, coalesce(u.n, 0), m.low
        from held h
        left join used u using (item, unit, value)
        left join pool_marks m on m.program_id = (select this_program()) and m.item = h.item
        order by h.item, h.unit, h.value
        """,
        (USED_DAYS,),
    ).fetchall()
    return [Pool(*row) for row in rows]
