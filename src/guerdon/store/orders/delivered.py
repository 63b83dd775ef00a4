"""What was delivered, for whoever takes it back: by whom, under which number of theirs, by which event."""

from dataclasses import dataclass

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Delivered:
    """An order that its member has: who delivered it, their number of it, and the event that spent for it."""

    supplier: str
    their_id: str | None
    event_id: int


def find_delivered(tx: Transaction, program_id: int, member_id: int, order_id: int) -> Delivered | None:
    """A member's order that is delivered; None when there is no such one."""
    row = tx.execute(
        """
        select f.supplier, a.their_id, e.id
        from fulfillments f
        join events e on e.program_id = f.program_id and e.member_id = f.member_id
          and e.source = 'guerdon' and e.type = 'reward.redeemed' and e.external_id = f.order_id::text
        left join supplier_attempts a
          on a.program_id = f.program_id and a.member_id = f.member_id and a.order_id = f.order_id
          and a.state = 'done'
        where f.program_id = %s and f.member_id = %s and f.order_id = %s and f.state = 'fulfilled'
        """,
        (program_id, member_id, order_id),
    ).fetchone()
    return Delivered(*row) if row is not None else None
