"""Whose turn an order is: claims that last while their holder says it lives, and where an order goes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Standing:
    """An order under its member's lock, as whoever settles it finds it."""

    state: str
    fence: UUID | None
    slot_id: int | None
    item_id: int | None
    item: str
    reward_id: int
    unit: str
    value: int
    device: str
    placed_at: datetime
    currency: str | None
    face_minor: int | None


def lock_order(tx: Transaction, program_id: int, member_id: int, order_id: int) -> Standing | None:
    """An order of a locked member, until this transaction ends."""
    row = tx.execute(
        """
        select f.state, f.fence, f.slot_id, f.item_id, o.item, o.reward_id, o.unit, o.value, o.device,
               o.placed_at, f.currency, f.face_minor
        from fulfillments f
        join orders o on o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
        where f.program_id = %s and f.member_id = %s and f.order_id = %s for no key update of f
        """,
        (program_id, member_id, order_id),
    ).fetchone()
    return Standing(*row) if row is not None else None


def renew_claims(tx: Transaction, program_id: int, fence: UUID, lease: timedelta) -> int:
    """Have what is ours be ours for so much longer, by the database's clock; how many orders that are."""
    return tx.execute(
        """
        update fulfillments set claimed_until = clock_timestamp() + %s
        where program_id = %s and fence = %s and settled_at is null
        """,
        (lease, program_id, fence),
    ).rowcount


@dataclass(frozen=True, slots=True)
class Next:
    """Where an order goes: in which state, when it is looked at again (None: a person looks), and why."""

    state: str
    next_at: datetime | None
    reason: str = ""
    supplier: str | None = None


def settle_turn(tx: Transaction, program_id: int, key: tuple[int, int], to: Next) -> None:
    """Let an order (member, order) go on its way, and be anybody's again."""
    settle_turns(tx, program_id, [(key, to)])


def settle_turns(tx: Transaction, program_id: int, turns: Sequence[tuple[tuple[int, int], Next]]) -> None:
    """Let orders go on their way, and be anybody's again."""
    tx.execute(
        """
        update fulfillments f
        set state = n.state, next_at = n.next_at, reason = n.reason, fence = null, claimed_until = null,
            supplier = coalesce(n.supplier, f.supplier)
        from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::text[])
          as n (member_id, order_id, state, next_at, reason, supplier)
        where f.program_id = %s and f.member_id = n.member_id and f.order_id = n.order_id
        """,
        (
            [key[0] for key, _ in turns],
            [key[1] for key, _ in turns],
            [to.state for _, to in turns],
            [to.next_at for _, to in turns],
            [to.reason for _, to in turns],
            [to.supplier for _, to in turns],
            program_id,
        ),
    )


def settle_fulfilled(tx: Transaction, program_id: int, key: tuple[int, int], now: datetime) -> None:
    """The member has it."""
    _settle(tx, program_id, key, ("fulfilled", "", now))


def settle_nothing(
    tx: Transaction, program_id: int, key: tuple[int, int], end: tuple[str, str, datetime]
) -> None:
    """It does not come about: (failed or canceled, reason, now); the order counts as canceled."""
    tx.execute(
        """
        update orders set canceled_at = %s
        where program_id = %s and member_id = %s and id = %s and canceled_at is null
        """,
        (end[2], program_id, *key),
    )
    _settle(tx, program_id, key, end)


def _settle(tx: Transaction, program_id: int, key: tuple[int, int], end: tuple[str, str, datetime]) -> None:
    state, reason, now = end
    tx.execute(
        """
        update fulfillments
        set state = %s, reason = %s, settled_at = %s, next_at = null
        where program_id = %s and member_id = %s and order_id = %s
        """,
        (state, reason, now, program_id, *key),
    )


def release_claim(tx: Transaction, program_id: int, key: tuple[int, int]) -> None:
    """An order is nobody's in particular any more."""
    tx.execute(
        """
        update fulfillments set fence = null, claimed_until = null
        where program_id = %s and member_id = %s and order_id = %s
        """,
        (program_id, *key),
    )
