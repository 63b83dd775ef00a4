"""Reading contacts back of which a write was lost: only what stands there then is believed.

What is not there as it ought to be is written once more, and read back once more; so often, and no oftener.
Where reading is not answered, all that is due waits, and what is to be written does not wait for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from guerdon.store.crm.writeback_lanes import Lease
from guerdon.store.crm.writebacks import LATE, Due
from guerdon.store.database import Transaction

# What was written anew is looked at again after so long.
CHECKED_AGAIN = timedelta(minutes=1)
# So often in a row it may be otherwise before a person has to look.
DIFFERED_MAX = 3
# What was not answered is asked again after a while, the longer the more often.
PUT_OFF, PUT_OFF_MAX = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Checked:
    """What reading a contact back came to."""

    due: Due
    contact: str
    # Properties that have another value there, or could not be seen, and what to say of each.
    differs: Mapping[str, str] = field(default_factory=dict)
    # It could not be read: what differs is not known, and nothing of it is written anew.
    unread: bool = False
    # Why there is no such contact any more.
    gone: str = ""


def list_due_checks(tx: Transaction, lease: Lease, now: datetime) -> list[Due]:
    """Contacts that are to be read back by now; the lane is ours."""
    rows = tx.execute(
        """
        select member_id, contact, wanted, written, refused, version, singly, attempts, null
        from writeback_contacts
        where program_id = %s and connection = %s and state = 'checking' and next_at <= %s
        order by next_at, member_id limit %s
        """,
        (lease.program_id, lease.connection, now, lease.checks_max),
    ).fetchall()
    return [Due(*row) for row in rows]


def settle_checks(tx: Transaction, lease: Lease, checked: Sequence[Checked], now: datetime) -> None:
    """Write down what was read: it is as it ought to be, is written anew, or a person has to look."""
    if not checked:
        return
    tx.execute(
        """
        with r as (
          select * from unnest(%(members)s::bigint[], %(contacts)s::text[], %(differs)s::jsonb[],
                               %(seen)s::jsonb[], %(unread)s::boolean[], %(gone)s::text[])
            as r (member_id, contact, differs, seen, unread, gone)
        ), judged as materialized (
          select c.member_id, c.wanted, c.written, c.refused, r.differs, r.seen, r.unread, r.gone,
                 case when (length(r.contact), r.contact) > (length(c.contact), c.contact)
                   then r.contact else c.contact end as newest,
                 case when r.differs = '{}' then 0 else c.differed + 1 end as differed,
                 r.differs <> '{}' and c.differed + 1 >= %(most)s as given_up
          from writeback_contacts c join r on r.member_id = c.member_id
          where c.program_id = %(program)s and c.connection = %(connection)s order by 1 for no key update of c
        ), known as (
          select j.*,
                 -- What it has of us by now was written before it was read: nobody else writes meanwhile.
                 case when unread then written
                   else written - array(select jsonb_object_keys(differs)) end as written_now,
                 -- A value that is another by now was not seen.
                 case when given_up
                   then refused || (select coalesce(jsonb_object_agg(e.key, e.value), '{}')
                                    from jsonb_each(differs) e where wanted -> e.key = seen -> e.key)
                   else refused end as refused_now,
                 case when differs <> '{}' and not given_up then %(again)s::timestamptz end as verify_at
          from judged j
        ), decided as (
          select k.*, case
            when gone <> '' then 'gone'
            when not written_now @> (wanted - array(select jsonb_object_keys(refused_now))) then 'waiting'
            when verify_at is not null then 'checking'
            when refused_now <> '{}' then 'failed' else 'written' end as state
          from known k
        )
        update writeback_contacts c
        set written = d.written_now, refused = d.refused_now, contact = d.newest, reason = d.gone,
            state = d.state, verify_at = case when d.state <> 'gone' then d.verify_at end,
            differed = case when d.given_up then 0 else d.differed end,
            attempts = case when d.unread and not d.given_up then c.attempts else 0 end,
            waiting_since = case when d.state = 'waiting' then coalesce(c.waiting_since, %(now)s) end,
            next_at = case when d.state = 'checking' then d.verify_at
                           when c.state = 'waiting' then c.next_at else %(now)s end,
            settled_at = case when d.state not in ('waiting', 'checking') then %(now)s end
        from decided d
        where c.program_id = %(program)s and c.connection = %(connection)s and c.member_id = d.member_id
        """,
        {
            "program": lease.program_id,
            "connection": lease.connection,
            "now": now,
            "again": now + CHECKED_AGAIN,
            "most": DIFFERED_MAX,
            **_columns(checked),
        },
    )


def put_off_checks(tx: Transaction, lease: Lease, asked: Sequence[Due], now: datetime) -> None:
    """Have everything that is due to be read back wait, for those asked were not answered."""
    tx.execute(
        """
        with due as materialized (
          select member_id from writeback_contacts
          where program_id = %(program)s and connection = %(connection)s and state = 'checking'
            and next_at <= %(now)s
          order by member_id for no key update
        )
        update writeback_contacts c
        set attempts = least(c.attempts + (c.member_id = any(%(asked)s))::integer, 1000000),
            next_at = %(now)s + least(%(pause)s * power(2, least(c.attempts, 10)), %(most)s)
        from due where c.program_id = %(program)s and c.connection = %(connection)s
          and c.member_id = due.member_id
        """,
        {
            "program": lease.program_id,
            "connection": lease.connection,
            "asked": [each.member_id for each in asked],
            "now": now,
            "pause": PUT_OFF,
            "most": PUT_OFF_MAX,
        },
    )


def record_doubt(tx: Transaction, lease: Lease, sent: Sequence[Due], now: datetime) -> None:
    """Have contacts read back that were written to when the lane was not ours any more."""
    tx.execute(
        """
        with sent as materialized (
          select member_id from writeback_contacts
          where program_id = %(program)s and connection = %(connection)s and member_id = any(%(sent)s)
            and state <> 'gone'
          order by member_id for no key update
        )
        update writeback_contacts c
        set verify_at = %(verify)s, state = case c.state when 'waiting' then 'waiting' else 'checking' end,
            next_at = case c.state when 'waiting' then c.next_at else %(verify)s end, settled_at = null
        from sent where c.program_id = %(program)s and c.connection = %(connection)s
          and c.member_id = sent.member_id
        """,
        {
            "program": lease.program_id,
            "connection": lease.connection,
            "sent": [each.member_id for each in sent],
            "verify": now + LATE,
        },
    )


def _columns(checked: Sequence[Checked]) -> dict[str, list[Any]]:
    return {
        "members": [each.due.member_id for each in checked],
        "contacts": [each.contact for each in checked],
        "differs": [Jsonb(dict(each.differs)) for each in checked],
        "seen": [Jsonb(dict(each.due.wanted)) for each in checked],
        "unread": [each.unread for each in checked],
        "gone": [each.gone for each in checked],
    }
