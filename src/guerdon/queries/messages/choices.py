"""Who opens a link about messages, and what their choices rest on beside what they said."""

from collections.abc import Sequence
from datetime import datetime

from guerdon.queries.referrals.own import survivor_of
from guerdon.store.database import Transaction


def last_sale(tx: Transaction, program_id: int, member_id: int, types: Sequence[str]) -> datetime | None:
    """When a member bought something last, by the events that the program counts as sales."""
    row = tx.execute(
        """
        select max(happened_at) from events
        where program_id = %s and member_id = %s and type = any(%s)
        """,
        (program_id, member_id, list(types)),
    ).fetchone()
    return None if row is None else row[0]


def texts_stopped_at(tx: Transaction, program_id: int, member_id: int) -> datetime | None:
    """When the owner of a member's number wrote STOP, if nothing goes to it for that."""
    row = tx.execute(
        """
        select s.since from persons p
        join suppressions s on s.program_id = p.program_id and s.mark = p.phone_index
        where p.program_id = %s and p.member_id = %s and s.channel = 'sms' and s.reason = 'stop'
        """,
        (program_id, member_id),
    ).fetchone()
    return None if row is None else row[0]


def who_is_left(tx: Transaction, program_id: int, member_id: int) -> int:
    """Who a member is now: of two contacts that became one who goes on, or themselves."""
    row = tx.execute(
        """
        select survivor_id from twins
        where program_id = %(program)s and state = 'joined'
          and %(member)s in (one_id, other_id) and survivor_id <> %(member)s
        order by settled_at desc limit 1
        """,
        {"program": program_id, "member": member_id},
    ).fetchone()
    return survivor_of(tx, program_id, member_id if row is None else int(row[0]))
