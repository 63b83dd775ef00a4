"""What suppliers owe us back, as rows: expected, received, or lost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.values.ids import show

REASON_MAX = 500
EXPECTED = "credit.expected"


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit that is to come; without an amount where they did not say how much."""

    supplier: str
    their_id: str
    order_id: int | None
    expected_minor: int | None
    currency: str
    reason: str


def expect_credit(tx: Transaction, program_id: int, credit: Credit, by: str, now: datetime) -> int | None:
    """Expect a credit; its id, or None when it is expected already."""
    row = tx.execute(
        """
        insert into supplier_credits (program_id, supplier, their_id, order_id, expected_minor, currency,
                                      reason, by, expected_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (program_id, supplier, their_id) do nothing returning id
        """,
        (
            program_id,
            credit.supplier,
            credit.their_id,
            credit.order_id,
            credit.expected_minor,
            credit.currency,
            credit.reason,
            by,
            now,
        ),
    ).fetchone()
    return None if row is None else int(row[0])


def await_credit(tx: Transaction, program_id: int, credit: Credit, by: str, now: datetime) -> int | None:
    """Expect a credit, and tell the audit; its id, or None when it is expected already."""
    credit = replace(credit, reason=credit.reason[:REASON_MAX])
    credit_id = expect_credit(tx, program_id, credit, by, now)
    if credit_id is not None:
        record_audit(
            tx,
            program_id,
            by,
            EXPECTED,
            show("crd", credit_id),
            now,
            reason=credit.reason,
            supplier=credit.supplier,
            amount_minor=credit.expected_minor,
            currency=credit.currency,
        )
    return credit_id


def receive_told(tx: Transaction, place: tuple[int, str, int], by: str, now: datetime) -> Sequence[int]:
    """Take credits as received whose orders a statement (program, account, statement) tells as canceled.

    What comes back is what it cost there, unless they said another amount before.
    """
    rows = tx.execute(
        """
        update supplier_credits c
        set state = 'received', received_minor = coalesce(c.expected_minor, l.cost_minor, l.face_minor, 0),
            currency = case when c.currency <> '' then c.currency
                            when l.cost_currency <> '' then l.cost_currency else l.currency end,
            settled_by = %(by)s, settled_at = %(now)s
        from statement_lines l
        where c.program_id = %(program)s and c.supplier = %(supplier)s and c.state = 'expected'
          and l.program_id = c.program_id and l.supplier = c.supplier and l.their_id = c.their_id
          and l.statement_id = %(statement)s and l.state = 'canceled'
        returning c.id
        """,
        {"program": place[0], "supplier": place[1], "statement": place[2], "by": by, "now": now},
    ).fetchall()
    return [int(row[0]) for row in rows]


def settle_credit(
    tx: Transaction, program_id: int, credit_id: int, end: tuple[int | None, str, str], now: datetime
) -> bool:
    """Settle an expected credit: (received amount or None for lost, reason, who); False when it is none."""
    received, reason, by = end
    return bool(
        tx.execute(
            """
            update supplier_credits
            set state = case when %(received)s::bigint is null then 'lost' else 'received' end,
                received_minor = %(received)s, reason = %(reason)s, settled_by = %(by)s, settled_at = %(now)s
            where program_id = %(program)s and id = %(id)s and state = 'expected'
            """,
            {
                "received": received,
                "reason": reason,
                "by": by,
                "now": now,
                "program": program_id,
                "id": credit_id,
            },
        ).rowcount
    )
