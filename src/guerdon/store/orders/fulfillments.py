"""Fulfillments as rows: where each order stands on its way to the member, and the places that they take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.store.database import Transaction
from guerdon.values.money import Money

State = Literal["reserved", "ordered", "unknown", "fulfilled", "failed", "canceled", "returned"]
# Somebody waits for these.
OPEN = ("reserved", "ordered", "unknown")
CHANNEL = "guerdon_orders"


@dataclass(frozen=True, slots=True)
class NewFulfillment:
    """An order that begins its way; one of our own pool is at its end at once."""

    member_id: int
    order_id: int
    item_id: int | None
    supplier: str
    slot_id: int | None
    face: Money | None
    country: str
    chosen_at: datetime
    # When whoever delivers is asked; None: nobody is asked by us.
    next_at: datetime | None = None
    delivered: bool = False


def record_fulfillment(tx: Transaction, program_id: int, new: NewFulfillment) -> None:
    """Begin the way of an order, and wake whoever asks suppliers."""
    done_at = new.chosen_at if new.delivered else None
    tx.execute(
        """
        insert into fulfillments (program_id, member_id, order_id, item_id, supplier, state, slot_id,
                                  currency, face_minor, country, chosen_at, ordered_at, settled_at, next_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            program_id,
            new.member_id,
            new.order_id,
            new.item_id,
            new.supplier,
            "fulfilled" if new.delivered else "reserved",
            new.slot_id,
            new.face.unit if new.face is not None else None,
            new.face.amount_minor if new.face is not None else None,
            new.country,
            new.chosen_at,
            done_at,
            done_at,
            new.next_at,
        ),
    )
    if new.next_at is not None:
        wake(tx, program_id)


def wake(tx: Transaction, program_id: int) -> None:
    """Tell whoever asks suppliers that there is something to be looked at."""
    tx.execute("select pg_notify(%s, %s)", (CHANNEL, str(program_id)))


def take_slot(tx: Transaction, program_id: int, slot: tuple[int, int], now: datetime) -> bool:
    """Take a place of (item, slot) while there is one that nobody waits for; the row tells all at once."""
    taken = tx.execute(
        """
        update catalog_slots set taken = taken + 1
        where program_id = %s and item_id = %s and id = %s and taken < capacity and waiting = 0
          and gone_at is null and (starts_at is null or starts_at > %s)
        """,
        (program_id, *slot, now),
    )
    return taken.rowcount == 1


def free_slots(tx: Transaction, program_id: int, orders: Sequence[tuple[int, int]]) -> None:
    """Give back the places of orders (member, order) that do not come about, or came to nothing."""
    tx.execute(
        """
        update catalog_slots s set taken = s.taken - f.n
        from (select f.item_id, f.slot_id, count(*)::integer as n
              from unnest(%s::bigint[], %s::bigint[]) as g (member_id, order_id)
              join fulfillments f
                on f.program_id = %s and f.member_id = g.member_id and f.order_id = g.order_id
              where f.slot_id is not null group by 1, 2 order by 1, 2) f
        where s.program_id = %s and s.item_id = f.item_id and s.id = f.slot_id
        """,
        ([member for member, _ in orders], [order for _, order in orders], program_id, program_id),
    )


def settle_returned(tx: Transaction, program_id: int, orders: Sequence[tuple[int, int]]) -> None:
    """What had been delivered was taken back: (member, order); its place is free again."""
    gone = tx.execute(
        """
        update fulfillments f set state = 'returned'
        from unnest(%s::bigint[], %s::bigint[]) as g (member_id, order_id)
        where f.program_id = %s and f.member_id = g.member_id and f.order_id = g.order_id
          and f.state = 'fulfilled'
        returning f.member_id, f.order_id, f.slot_id
        """,
        ([member for member, _ in orders], [order for _, order in orders], program_id),
    ).fetchall()
    places = [(member, order) for member, order, slot in gone if slot is not None]
    if places:
        free_slots(tx, program_id, places)
