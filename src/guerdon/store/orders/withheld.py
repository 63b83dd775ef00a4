"""What is to be taken back and waits for an order to end, as rows: each is settled once, with its order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from guerdon.rules.facts import Withheld
from guerdon.store.database import Transaction
from guerdon.store.orders.fulfillments import wake

# Out of what the order gave back; or it was spent, and is owed as the rule says.
CameTo = Literal["taken_back", "spent"]


def record_withheld(tx: Transaction, program_id: int, made: Sequence[Withheld], at: datetime) -> None:
    """Write down what waits from now on, and wake whoever cancels orders."""
    _record(tx, program_id, made, None, at)
    wake(tx, program_id)


def record_unpaid(tx: Transaction, program_id: int, made: Sequence[Withheld], at: datetime) -> None:
    """Write down what delivered orders took of what is taken back only now, and no member owes."""
    _record(tx, program_id, made, "spent", at)


def _record(
    tx: Transaction, program_id: int, made: Sequence[Withheld], came_to: CameTo | None, at: datetime
) -> None:
    tx.execute(
        """
        insert into order_reversals
          (program_id, member_id, order_id, reward_id, event_id, rule, amount, if_spent, location,
           recorded_at, settled_at, came_to)
        select %s, w.*, %s, %s, %s
        from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[],
                    %s::text[], %s::text[]) as w
        """,
        (
            program_id,
            at,
            at if came_to is not None else None,
            came_to,
            [each.member_id for each in made],
            [each.order_id for each in made],
            [each.reward_id for each in made],
            [each.event_id for each in made],
            [each.by for each in made],
            [each.amount for each in made],
            [each.if_spent for each in made],
            [each.location for each in made],
        ),
    )


def load_withheld(tx: Transaction, program_id: int, key: tuple[int, int]) -> list[Withheld]:
    """What waits for an order (member, order) of a locked member, in the order in which it came."""
    rows = tx.execute(
        """
        select member_id, order_id, reward_id, event_id, rule, amount, if_spent, location
        from order_reversals
        where program_id = %s and member_id = %s and order_id = %s and settled_at is null
        order by recorded_at, event_id, reward_id, rule
        """,
        (program_id, *key),
        prepare=True,
    ).fetchall()
    return [Withheld(*row) for row in rows]


def settle_withheld(
    tx: Transaction, program_id: int, key: tuple[int, int], came_to: CameTo, at: datetime
) -> None:
    """An order (member, order) ended, and what waited for it with it."""
    tx.execute(
        """
        update order_reversals set settled_at = %s, came_to = %s
        where program_id = %s and member_id = %s and order_id = %s and settled_at is null
        """,
        (at, came_to, program_id, *key),
    )


def load_unpaid(tx: Transaction, program_id: int, key: tuple[int, int]) -> list[Withheld]:
    """What a delivered order (member, order) of a locked member took that its member does not owe."""
    rows = tx.execute(
        """
        select member_id, order_id, reward_id, event_id, rule, amount, if_spent, location
        from order_reversals
        where program_id = %s and member_id = %s and order_id = %s
          and came_to = 'spent' and if_spent <> 'debt'
        order by recorded_at, event_id, reward_id, rule
        """,
        (program_id, *key),
    ).fetchall()
    return [Withheld(*row) for row in rows]


def settle_unpaid(tx: Transaction, program_id: int, key: tuple[int, int], at: datetime) -> None:
    """What was delivered was returned, and what was to be taken back of it was."""
    tx.execute(
        """
        update order_reversals set came_to = 'taken_back', settled_at = %s
        where program_id = %s and member_id = %s and order_id = %s
          and came_to = 'spent' and if_spent <> 'debt'
        """,
        (at, program_id, *key),
    )


def list_withdrawn(tx: Transaction, program_id: int, at_most: int) -> list[tuple[int, int]]:
    """Orders (member, order) that nobody was asked for, and of whose value something is to be taken back."""
    rows = tx.execute(
        """
        select distinct f.member_id, f.order_id
        from order_reversals r
        join fulfillments f
          on f.program_id = r.program_id and f.member_id = r.member_id and f.order_id = r.order_id
          and f.state = 'reserved'
        where r.program_id = %s and r.settled_at is null
        order by 1, 2 limit %s
        """,
        (program_id, at_most),
        prepare=True,
    ).fetchall()
    return [(member_id, order_id) for member_id, order_id in rows]
