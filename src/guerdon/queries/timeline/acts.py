"""What people did about a member: rows of the audit about them, their rewards, orders and what did not work.

What a member said, and what an event decided, is told elsewhere. Whoever may not read the audit is not asked
here: the page knows.
"""

from datetime import datetime

from guerdon.queries.proof.audit import AuditEntry
from guerdon.store.database import Transaction
from guerdon.values.ids import show

# So many of the newest rewards, orders and cases of a member are looked for in the audit.
THINGS_MAX = 200


def list_acts(
    tx: Transaction, member_id: int, limit: int, below: tuple[datetime, int] | None
) -> list[AuditEntry]:
    """Rows of the audit about a member, by their time; without the seal, which the audit's page checks."""
    at, number = below or (None, None)
    rows = tx.execute(
        """
        select id, actor, on_behalf_of, action, subject, reason, null, null, null, request_id, recorded_at,
               null, null
        from audit
        where program_id = (select this_program()) and subject = any(%(subjects)s)
          and (starts_with(actor, 'per_') or starts_with(action, 'member.')
               or starts_with(action, 'erasure.') or starts_with(action, 'device.'))
          and not starts_with(action, 'consent.')
          and (%(at)s::timestamptz is null or (recorded_at, id) < (%(at)s, %(number)s::bigint))
        order by recorded_at desc, id desc limit %(limit)s
        """,
        {
            "subjects": [show("mem", member_id), *_things(tx, member_id)],
            "at": at,
            "number": number,
            "limit": limit,
        },
    ).fetchall()
    return [AuditEntry(*row) for row in rows]


def _things(tx: Transaction, member_id: int) -> list[str]:
    """The newest rewards, orders and cases of a member, as the audit calls them."""
    rows = tx.execute(
        """
        (select 'rwd', id from rewards where program_id = (select this_program()) and member_id = %(member)s
         order by issued_at desc limit %(most)s)
        union all
        (select 'ord', id from orders where program_id = (select this_program()) and member_id = %(member)s
         order by placed_at desc limit %(most)s)
        union all
        (select 'cas', id from order_cases
         where program_id = (select this_program()) and member_id = %(member)s
         order by opened_at desc limit %(most)s)
        """,
        {"member": member_id, "most": THINGS_MAX},
    ).fetchall()
    return [show(prefix, number) for prefix, number in rows]
