"""Breaches of what is to be taken back of orders, planted like the others; and orders for it to wait for."""

from tests.controls.books import Books
from tests.controls.plants import PLANTS, plant, reward

from guerdon.values.ids import show

__all__ = ["PLANTS"]


def ordered(books: Books, state: str, reward_id: int, amount: int) -> int:
    """An order of Ben's by a supplier, of so much of a reward; its number."""
    order, under_way = books.new(), state in ("reserved", "ordered", "unknown")
    ((unit,),) = books.run("select unit from rewards where id = %s", reward_id)
    here, over = {"member_id": books.ben}, None if under_way else books.now
    books.insert(
        "orders",
        **here,
        id=order,
        reward_id=reward_id,
        item="card",
        unit=unit,
        value=amount,
        device="phone",
        placed_at=books.at,
        canceled_at=None if under_way or state == "fulfilled" else books.now,
    )
    way = {"supplier": "giftly", "state": state, "chosen_at": books.at, "settled_at": over}
    books.insert("fulfillments", **here, order_id=order, **way)
    return order


def keep(books: Books, order: int, reward_id: int, amount: int) -> None:
    """Let an order of Ben's keep so much of a reward."""
    here = {"member_id": books.ben}
    ((unit,),) = books.run("select unit from rewards where id = %s", reward_id)
    hold = {"account": "purse", "unit": unit, "amount": amount, "opened_at": books.at}
    books.insert("holds", **here, id=order, purpose=f"order:{show('ord', order)}", **hold)
    books.insert("hold_lots", **here, hold_id=order, reward_id=reward_id, amount=amount)
    books.run("update rewards set held = held + %s where id = %s", amount, reward_id)
    books.account(books.ben, "purse", unit, held=amount)


def take_back(books: Books, order: tuple[int, int], reward_id: int, amount: int, came_to: str | None) -> None:
    """Let so much of a reward be taken back of an order (member, order): what came of it; None: it waits."""
    member_id, order_id = order
    books.insert(
        "order_reversals",
        member_id=member_id,
        order_id=order_id,
        reward_id=reward_id,
        event_id=books.new(),
        rule="canceled",
        amount=amount,
        if_spent="forgive",
        recorded_at=books.at,
        settled_at=None if came_to is None else books.now,
        came_to=came_to,
    )


def _delivered(books: Books) -> tuple[tuple[int, int], int]:
    """An order (member, order) that was delivered, and the reward that paid."""
    ((member, order, paid_by),) = books.run(
        "select member_id, id, reward_id from orders where canceled_at is null order by id limit 1"
    )
    return (member, order), paid_by


@plant("withheld.waiting")
def _(books: Books) -> None:
    order, paid_by = _delivered(books)
    take_back(books, order, paid_by, 1, None)


@plant("withheld.kept")
def _(books: Books) -> None:
    # Each is less than what the order keeps, both together are more.
    lot = reward(books, books.ben, "booking")
    order = ordered(books, "reserved", lot, 100)
    keep(books, order, lot, 100)
    for amount in (60, 41):
        take_back(books, (books.ben, order), lot, amount, None)


@plant("withheld.settled")
def _(books: Books) -> None:
    order, paid_by = _delivered(books)
    take_back(books, order, paid_by, 1, "taken_back")


@plant("orders.beside")
def _(books: Books) -> None:
    (member, order), _ = _delivered(books)
    books.insert(
        "order_balances", member_id=member, order_id=order, unit="PTS", amount=7, hold_id=books.new()
    )
