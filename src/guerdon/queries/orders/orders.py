"""A member's orders: what was chosen, where it stands, and, once it is delivered, what they were handed.

Codes are opened here and in `queries/claims` alone. An order that was given back shows none any more.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from guerdon.store.codes import open_code
from guerdon.store.database import Transaction
from guerdon.store.orders.handed import Piece, open_pieces
from guerdon.store.sealing import Vault
from guerdon.values.money import Money

ORDERS_MAX = 100


@dataclass(frozen=True, slots=True)
class MemberOrder:
    """An order. `value`: what it cost; `face`: what it is worth, where the item does not say it all.

    `paid_by`: the rewards that paid, more than one where several did together; `beside`: what a balance of
    points or credits paid with them.

    `state`: reserved, ordered, unknown, fulfilled, failed, canceled or returned. `handed`: codes, PINs,
    links, only of what is fulfilled; a delivery that hands over nothing has none. `code_state`: issued,
    redeemed or void; it is good before `good_until`, None: it has no end of its own. `slot`: from when to
    when and where, of an experience.
    """

    id: int
    reward_id: int
    paid_by: Sequence[int]
    item: str
    item_id: int | None
    value: Money
    beside: Money | None
    face: Money | None
    country: str
    state: str
    supplier: str
    reason: str
    device: str
    chosen_at: datetime
    ordered_at: datetime | None
    settled_at: datetime | None
    canceled_at: datetime | None
    next_at: datetime | None
    opened_at: datetime | None
    used_at: datetime | None
    slot_id: int | None
    slot: tuple[datetime | None, datetime | None, str | None] | None
    code_state: str | None
    good_until: datetime | None
    handed: tuple[Piece, ...] = field(repr=False)


def load_order(
    tx: Transaction, vault: Vault, program_id: int, member_id: int, order_id: int
) -> MemberOrder | None:
    """An order of a member; None when they have no such one."""
    rows = _rows(tx, program_id, member_id, order_id)
    return next(_orders(vault, program_id, rows), None)


def list_orders(tx: Transaction, vault: Vault, program_id: int, member_id: int) -> list[MemberOrder]:
    """A member's orders, the latest first, canceled ones too."""
    return list(_orders(vault, program_id, _rows(tx, program_id, member_id, None)))


def _rows(tx: Transaction, program_id: int, member_id: int, order_id: int | None) -> list[tuple[Any, ...]]:
    return tx.execute(
        """
        select o.id, o.reward_id, coalesce(p.paid_by, array[o.reward_id]), o.item, f.item_id, o.value, o.unit,
               b.amount, b.unit, f.face_minor, f.currency, coalesce(f.country, ''),
               coalesce(f.state, case when o.canceled_at is null then 'fulfilled' else 'returned' end),
               coalesce(f.supplier, 'pool'), coalesce(f.reason, ''), o.device, o.placed_at,
               f.ordered_at, coalesce(f.settled_at, case when f.state is null then o.placed_at end),
               o.canceled_at, f.next_at, f.opened_at, c.used_at, f.slot_id, s.id is not null,
               s.starts_at, s.ends_at, s.venue, c.state, nullif(c.expires_at, 'infinity'),
               c.code_index, c.code, c.more
        from orders o
        left join fulfillments f
          on f.program_id = o.program_id and f.member_id = o.member_id and f.order_id = o.id
        left join order_balances b
          on b.program_id = o.program_id and b.member_id = o.member_id and b.order_id = o.id
        left join codes c on c.program_id = o.program_id and c.order_id = o.id
        left join catalog_slots s
          on s.program_id = f.program_id and s.item_id = f.item_id and s.id = f.slot_id
        left join lateral (
          select array_agg(p.reward_id order by p.reward_id) as paid_by from order_parts p
          where p.program_id = o.program_id and p.member_id = o.member_id and p.order_id = o.id
        ) p on true
        where o.program_id = %(program)s and o.member_id = %(member)s
          and (%(order)s::bigint is null or o.id = %(order)s)
        order by o.placed_at desc, o.id limit %(most)s
        """,
        {"program": program_id, "member": member_id, "order": order_id, "most": ORDERS_MAX},
    ).fetchall()


def _orders(vault: Vault, program_id: int, rows: Iterable[tuple[Any, ...]]) -> Iterator[MemberOrder]:
    for row in rows:
        id_, reward_id, paid_by, item, item_id, value, unit, beside, *more = row
        beside_unit, face_minor, currency, *more = more
        country, state, supplier, reason, device, chosen_at, ordered_at, settled_at, canceled_at, *rest = more
        next_at, opened_at, used_at, slot_id, has_slot, starts_at, ends_at, venue, *code = rest
        code_state, good_until, *sealed = code
        yield MemberOrder(
            id=id_,
            reward_id=reward_id,
            paid_by=paid_by,
            item=item,
            item_id=item_id,
            value=Money(value, unit),
            beside=Money(beside, beside_unit) if beside_unit is not None else None,
            face=Money(face_minor, currency) if currency is not None else None,
            country=country,
            state=state,
            supplier=supplier,
            reason=reason,
            device=device,
            chosen_at=chosen_at,
            ordered_at=ordered_at,
            settled_at=settled_at,
            canceled_at=canceled_at,
            next_at=next_at,
            opened_at=opened_at,
            used_at=used_at,
            slot_id=slot_id,
            slot=(starts_at, ends_at, venue) if has_slot else None,
            code_state=code_state,
            good_until=good_until,
            handed=_handed(vault, program_id, id_, sealed) if state == "fulfilled" else (),
        )


def _handed(vault: Vault, program_id: int, order_id: int, sealed: list[bytes | None]) -> tuple[Piece, ...]:
    index, code, more = sealed
    if more is not None:
        return open_pieces(vault, program_id, order_id, more)
    if index is None or code is None:
        return ()
    return (Piece("code", open_code(vault, program_id, index, code)),)
