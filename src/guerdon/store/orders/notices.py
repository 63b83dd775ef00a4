"""Notices: what suppliers called us about, and which order is looked at because of it."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A callback of an account, under an id of its own; what it names: their number, or our reference."""

    supplier: str
    id: str
    their_id: str
    ref: str
    order_id: int | None


def record_notice(tx: Transaction, program_id: int, notice: NoticeRow, now: datetime) -> bool:
    """Keep a notice; False when it came before. What says no id of its own only comes again."""
    kept = tx.execute(
        """
        insert into supplier_notices (program_id, supplier, id, their_id, ref, noted_at)
        values (%s, %s, %s, %s, %s, %s) on conflict do nothing
        """,
        (program_id, notice.supplier, notice.id, notice.their_id, notice.ref, now),
    )
    return kept.rowcount == 1


def hasten(tx: Transaction, program_id: int, notice: NoticeRow, now: datetime) -> int:
    """Have the order that a notice names looked at now, if it is open; how many orders that are."""
    return tx.execute(
        """
        update fulfillments f set next_at = least(f.next_at, %(now)s)
        where f.program_id = %(program)s and f.state in ('ordered', 'unknown') and f.next_at is not null
          and (f.order_id = %(order)s
               or exists (select from supplier_attempts a
                          where a.program_id = f.program_id and a.member_id = f.member_id
                            and a.order_id = f.order_id and a.supplier = %(supplier)s
                            and a.their_id = nullif(%(their_id)s, '')
                            and a.state not in ('refused', 'absent')))
          and f.order_id in (
            select order_id from supplier_attempts
            where program_id = %(program)s and supplier = %(supplier)s
              and their_id = nullif(%(their_id)s, '')
            union all select %(order)s::bigint where %(order)s::bigint is not null)
        """,
        {
            "program": program_id,
            "now": now,
            "order": notice.order_id,
            "supplier": notice.supplier,
            "their_id": notice.their_id,
        },
    ).rowcount


def was_noted(tx: Transaction, program_id: int, named: tuple[str, str, str], since: datetime) -> bool:
    """Whether an account called about (supplier, their number, our reference) after it was asked."""
    supplier, their_id, ref = named
    row = tx.execute(
        """
        select from supplier_notices
        where program_id = %s and supplier = %s and noted_at > %s
          and ((their_id <> '' and their_id = %s) or (ref <> '' and ref = %s))
        limit 1
        """,
        (program_id, supplier, since, their_id, ref),
    ).fetchone()
    return row is not None


def forget_notices(tx: Transaction, program_id: int, before: datetime) -> None:
    """Forget what was called long ago."""
    tx.execute("delete from supplier_notices where program_id = %s and noted_at < %s", (program_id, before))
