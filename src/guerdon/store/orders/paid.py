"""What pays for an order, as rows: rewards that pay together, a balance beside them, the holds of both."""

from collections.abc import Sequence

from guerdon.rules.choice.payment import Parts
from guerdon.store.database import Transaction
from guerdon.store.wallet.holds import HoldRow, load_holds
from guerdon.values.money import Money


def record_parts(
    tx: Transaction, program_id: int, key: tuple[int, int], parts: Sequence[tuple[int, int]]
) -> None:
    """Keep which rewards pay for an order (member, order) together: (reward, how much of it)."""
    if not parts:
        return
    tx.execute(
        """
        insert into order_parts (program_id, member_id, order_id, reward_id, amount)
        select %s, %s, %s, p.* from unnest(%s::bigint[], %s::bigint[]) as p
        """,
        (program_id, *key, [reward for reward, _ in parts], [amount for _, amount in parts]),
    )


def record_balance(tx: Transaction, program_id: int, key: tuple[int, int], paid: Money, hold_id: int) -> None:
    """Keep what a balance pays for an order (member, order), and as which hold it does until it is spent."""
    tx.execute(
        """
        insert into order_balances (program_id, member_id, order_id, unit, amount, hold_id)
        values (%s, %s, %s, %s, %s, %s)
        """,
        (program_id, *key, paid.unit, paid.amount_minor, hold_id),
    )


def load_paid(tx: Transaction, program_id: int, key: tuple[int, int]) -> tuple[Parts, Money | None]:
    """What paid for an order (member, order): rewards that did together, in any order, and of which balance.

    No rewards are named where one paid alone.
    """
    rows = tx.execute(
        """
        select coalesce(p.reward_id, o.reward_id), coalesce(p.amount, o.value), b.amount, b.unit
        from orders o
        left join order_parts p
          on p.program_id = o.program_id and p.member_id = o.member_id and p.order_id = o.id
        left join order_balances b
          on b.program_id = o.program_id and b.member_id = o.member_id and b.order_id = o.id
        where o.program_id = %s and o.member_id = %s and o.id = %s
        order by 1
        """,
        (program_id, *key),
    ).fetchall()
    beside = next((Money(amount, unit) for _, _, amount, unit in rows if unit is not None), None)
    alone = len(rows) == 1 and beside is None
    return () if alone else tuple((reward, amount) for reward, amount, _, _ in rows), beside


def load_order_holds(tx: Transaction, program_id: int, key: tuple[int, int]) -> list[HoldRow]:
    """What is held for an order (member, order), locked: its own first, then that of a balance."""
    member_id, order_id = key
    beside = tx.execute(
        """
        select hold_id from order_balances
        where program_id = %s and member_id = %s and order_id = %s order by unit
        """,
        (program_id, member_id, order_id),
        prepare=True,
    ).fetchall()
    numbers = [order_id, *(row[0] for row in beside)]
    found = load_holds(tx, program_id, [(member_id, number) for number in numbers])
    return [found[number] for number in numbers if number in found]


def learn_outcomes(tx: Transaction, program_id: int, orders: Sequence[tuple[int, int]]) -> None:
    """It is known again how it ended with whoever was asked for orders (member, order)."""
    _settle_outcomes(tx, program_id, orders, known=True)


def doubt_outcomes(tx: Transaction, program_id: int, orders: Sequence[tuple[int, int]]) -> None:
    """Somebody is asked for orders (member, order): until they say so, nobody knows how these end."""
    _settle_outcomes(tx, program_id, orders, known=False)


def _settle_outcomes(
    tx: Transaction, program_id: int, orders: Sequence[tuple[int, int]], *, known: bool
) -> None:
    tx.execute(
        """
        with asked as (
          select * from unnest(%(members)s::bigint[], %(orders)s::bigint[]) as n (member_id, id)
        ),
        held as (
          select member_id, id from asked
          union all
          select b.member_id, b.hold_id
          from asked n
          join order_balances b
            on b.program_id = %(program)s and b.member_id = n.member_id and b.order_id = n.id
        )
        update holds h set outcome_known = %(known)s
        from held n
        where h.program_id = %(program)s and h.member_id = n.member_id and h.id = n.id
          and h.state = 'open' and h.outcome_known <> %(known)s
        """,
        {
            "program": program_id,
            "members": [member for member, _ in orders],
            "orders": [order for _, order in orders],
            "known": known,
        },
    )
