"""What was delivered, for whoever takes it back: by whom, under which number of theirs, by which event."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Delivered:
    """An order that its member has: who delivered it, their number of it, and the event that spent for it.

    `asked_of`: whom the question went to that came to it, if anybody was asked. `code_state`: how the code
    stands that its member was handed, if it was one.
    """

    supplier: str
    their_id: str | None
    event_id: int
    asked_of: str
    code_state: str | None


def find_delivered(tx: Transaction, program_id: int, member_id: int, order_id: int) -> Delivered | None:
    """A member's order that is delivered; None when there is no such one."""
    row = tx.execute(
        """
        select f.supplier, a.their_id, e.id, coalesce(a.asked_of, ''), c.state
        from fulfillments f
        join events e on e.program_id = f.program_id and e.member_id = f.member_id
          and e.source = 'guerdon' and e.type = 'reward.redeemed' and e.external_id = f.order_id::text
        left join supplier_attempts a
          on a.program_id = f.program_id and a.member_id = f.member_id and a.order_id = f.order_id
          and a.supplier = f.supplier and a.state = 'done'
        left join codes c on c.program_id = f.program_id and c.order_id = f.order_id
        where f.program_id = %s and f.member_id = %s and f.order_id = %s and f.state = 'fulfilled'
        """,
        (program_id, member_id, order_id),
    ).fetchone()
    return Delivered(*row) if row is not None else None


@dataclass(frozen=True, slots=True)
class Traced:
    """An order as whoever delivers it is asked of: by their number, or by the key it was asked for under.

    `code_state`: how the code stands that its member was handed, if it was one.
    """

    supplier: str
    currency: str | None
    face_minor: int | None
    code_state: str | None
    number: int | None
    key: str
    asked_of: str
    sku: str
    their_id: str | None
    first_asked_at: datetime | None
    asked_at: datetime | None
    # Whether people brought it in the end, whoever had been asked.
    by_staff: bool = False


def find_traced(tx: Transaction, program_id: int, member_id: int, order_id: int) -> Traced | None:
    """A member's order with the attempt that came to something, or else the latest; None: there is none."""
    row = tx.execute(
        """
        select f.supplier, f.currency, f.face_minor, c.state, a.attempt, coalesce(a.key, ''),
               coalesce(a.asked_of, ''), coalesce(a.sku, ''), a.their_id, a.first_asked_at, a.asked_at,
               coalesce(a.state = 'done' and a.reason = 'staff', false)
        from fulfillments f
        left join codes c on c.program_id = f.program_id and c.order_id = f.order_id
        left join lateral (
          select * from supplier_attempts a
          where a.program_id = f.program_id and a.member_id = f.member_id and a.order_id = f.order_id
            and a.supplier = f.supplier
          order by a.state = 'done' desc, a.attempt desc limit 1
        ) a on true
        where f.program_id = %s and f.member_id = %s and f.order_id = %s
        """,
        (program_id, member_id, order_id),
    ).fetchone()
    return Traced(*row) if row is not None else None
