"""What contacts are to have, and what they have of us: the newest values alone, however often they change.

What is under way is not forgotten when something newer comes: after an answer the two are compared, and what
differs still waits. Nothing is sent that the contact has of us already. Where the answer was lost, or whoever
sent it, the contact is not settled before it was read back (`writeback_checks`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from guerdon.store.crm.writeback_lanes import Lease
from guerdon.store.database import Transaction

# A write whose answer was lost is carried out within so long, if it ever is.
LATE = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a member's contact is to have, from which announcement on, and since when."""

    member_id: int
    values: Mapping[str, str]
    version: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A contact with something to be written: by property, what it is to have and what it has."""

    member_id: int
    contact: str
    wanted: Mapping[str, str]
    written: Mapping[str, str]
    refused: Mapping[str, str]
    version: int
    singly: bool
    attempts: int
    # The member who has this id now; another one: two contacts became one.
    owner: int | None

    @property
    def pending(self) -> dict[str, str]:
        """What has to be written; one property where it is not known which is to blame."""
        found = {
            name: value
            for name, value in sorted(self.wanted.items())
            if self.written.get(name) != value and name not in self.refused
        }
        return dict([*found.items()][:1]) if self.singly else found


@dataclass(frozen=True, slots=True)
class Tried:
    """How writing to a contact went: what of what was tried arrived, what was refused and why."""

    due: Due
    tried: Mapping[str, str]
    contact: str
    arrived: bool = False
    refused: Mapping[str, str] | None = None
    # Why there is no such contact any more: gone or merged.
    gone: str = ""
    singly: bool = False
    next_at: datetime | None = None
    # It went out and nobody said what came of it.
    unsure: bool = False


def record_wanted(
    tx: Transaction, program_id: int, place: tuple[str, str], wanted: Sequence[Wanted], next_at: datetime
) -> None:
    """Have members' contacts at (connection, source) get these values; those without one are left out."""
    if not wanted:
        return
    tx.execute(
        """
        insert into writeback_contacts as c
          (program_id, connection, member_id, contact, wanted, version, waiting_since, next_at)
        select %(program)s, %(connection)s, n.member_id, i.contact, n.wanted, n.version, n.since, %(next)s
        from unnest(%(members)s::bigint[], %(wanted)s::jsonb[], %(versions)s::bigint[],
                    %(since)s::timestamptz[]) as n (member_id, wanted, version, since)
        cross join lateral (select newest_id(%(program)s, %(source)s, n.member_id)) i (contact)
        where i.contact is not null
        on conflict (program_id, connection, member_id) do update
        set wanted = excluded.wanted, version = greatest(c.version, excluded.version),
            contact = case when (length(excluded.contact), excluded.contact) > (length(c.contact), c.contact)
                           then excluded.contact else c.contact end,
            refused = (select coalesce(jsonb_object_agg(r.key, r.value), '{}') from jsonb_each(c.refused) r
                       where excluded.wanted -> r.key = c.wanted -> r.key),
            state = case when c.state = 'gone' and excluded.contact = c.contact then 'gone'
                         else 'waiting' end,
            waiting_since = coalesce(c.waiting_since, excluded.waiting_since),
            next_at = case when c.state = 'waiting' then c.next_at else excluded.next_at end,
            settled_at = case when c.state = 'gone' and excluded.contact = c.contact then c.settled_at end
        where c.wanted <> excluded.wanted or c.state = 'gone' and excluded.contact <> c.contact
        """,
        {
            "program": program_id,
            "connection": place[0],
            "source": place[1],
            "members": [each.member_id for each in wanted],
            "wanted": [Jsonb(dict(each.values)) for each in wanted],
            "versions": [each.version for each in wanted],
            "since": [each.since for each in wanted],
            "next": next_at,
        },
    )


def record_stale(tx: Transaction, program_id: int, member_id: int) -> None:
    """Have it looked up again what a member's contacts are to have."""
    tx.execute(
        "update writeback_contacts set stale = true where program_id = %s and member_id = %s",
        (program_id, member_id),
    )


def take_stale(tx: Transaction, program_id: int, connection: str, at_most: int) -> list[int]:
    """Members for whose contacts it has to be looked up again; they are not told of a second time."""
    rows = tx.execute(
        """
        update writeback_contacts set stale = false
        where program_id = %(program)s and connection = %(connection)s and member_id in (
          select member_id from writeback_contacts
          where program_id = %(program)s and connection = %(connection)s and stale
          order by member_id limit %(at_most)s for no key update)
        returning member_id
        """,
        {"program": program_id, "connection": connection, "at_most": at_most},
    ).fetchall()
    return sorted(int(row[0]) for row in rows)


def list_members_after(tx: Transaction, program_id: int, source: str, after: int, at_most: int) -> list[int]:
    """Members with an id at a source, by rising id."""
    rows = tx.execute(
        """
        select distinct member_id from member_ids
        where program_id = %s and source = %s and member_id > %s order by member_id limit %s
        """,
        (program_id, source, after, at_most),
    ).fetchall()
    return [int(row[0]) for row in rows]


def take_due_contacts(tx: Transaction, lease: Lease, now: datetime) -> list[Due]:
    """Take the contacts that have waited longest, no contact twice; the lane is ours."""
    rows = tx.execute(
        """
        with due as materialized (
          select member_id from writeback_contacts
          where program_id = %(program)s and connection = %(connection)s and state = 'waiting'
            and next_at <= %(now)s
          order by next_at, member_id limit %(at_most)s for no key update skip locked
        ), taken as (
          update writeback_contacts c
          set sent_since = least(c.sent_since, c.waiting_since), waiting_since = null,
              -- Who sent it last never said how it went.
              verify_at = case when c.sent_since is null then c.verify_at else %(verify)s end,
              attempts = least(c.attempts + 1, 1000000),
              -- What is about to be sent may arrive without our knowing: from now on nothing of it is known.
              written = (select coalesce(jsonb_object_agg(w.key, w.value), '{}') from jsonb_each(c.written) w
                         where w.value = c.wanted -> w.key)
          from due where c.program_id = %(program)s and c.connection = %(connection)s
            and c.member_id = due.member_id
          returning c.member_id, c.contact, c.wanted, c.written, c.refused, c.version, c.singly, c.attempts
        )
        select t.*, o.member_id from taken t
        left join member_ids o on o.program_id = %(program)s and o.source = %(source)s
          and o.external_id = t.contact
        order by t.member_id
        """,
        {
            "program": lease.program_id,
            "connection": lease.connection,
            "source": lease.source,
            "now": now,
            "at_most": lease.contacts_max,
            "verify": now + LATE,
        },
    ).fetchall()
    return [Due(*row) for row in rows]


def settle_contacts(tx: Transaction, lease: Lease, tried: Sequence[Tried], now: datetime) -> list[int]:
    """Write down how it went; returns how long after its cause each that arrived did, in milliseconds."""
    rows = tx.execute(
        """
        with r as (
          select * from unnest(%(members)s::bigint[], %(contacts)s::text[], %(tried)s::jsonb[],
                               %(arrived)s::boolean[], %(refused)s::jsonb[], %(gone)s::text[],
                               %(singly)s::boolean[], %(nexts)s::timestamptz[], %(versions)s::bigint[],
                               %(unsure)s::boolean[])
            as r (member_id, contact, tried, arrived, refused, gone, singly, next_at, version, unsure)
        ), judged as materialized (
          select c.member_id, c.sent_since, c.wanted, r.arrived, r.gone, r.singly, r.next_at, r.version,
                 case when (length(r.contact), r.contact) > (length(c.contact), c.contact)
                   then r.contact else c.contact end as newest,
                 case when r.arrived then c.written || r.tried else c.written end as written,
                 case when r.unsure then %(verify)s else c.verify_at end as verify_at,
                 -- A value that is another by now was not refused.
                 c.refused || (select coalesce(jsonb_object_agg(e.key, e.value), '{}')
                               from jsonb_each(r.refused) e
                               where c.wanted -> e.key = r.tried -> e.key) as refused
          from writeback_contacts c join r on r.member_id = c.member_id
          where c.program_id = %(program)s and c.connection = %(connection)s order by 1 for no key update of c
        ), decided as (
          select j.*, case
            when gone <> '' then 'gone'
            when not written @> (wanted - array(select jsonb_object_keys(refused))) then 'waiting'
            when verify_at is not null then 'checking'
            when refused <> '{}' then 'failed' else 'written' end as state
          from judged j
        ), settled as (
          update writeback_contacts c
          set written = d.written, refused = d.refused, reason = d.gone, state = d.state,
              verify_at = case when d.state <> 'gone' then d.verify_at end,
              singly = d.singly and d.state = 'waiting', contact = d.newest,
              written_from = greatest(c.written_from, case when d.arrived then d.version end),
              attempts = case when d.arrived then 0 else c.attempts end,
              waiting_since = case when d.state <> 'waiting' then null
                                   when d.arrived and not d.singly
                                     then coalesce(c.waiting_since, c.sent_since)
                                   else least(c.waiting_since, c.sent_since) end,
              sent_since = null,
              next_at = case d.state when 'checking' then d.verify_at else coalesce(d.next_at, c.next_at) end,
              settled_at = case when d.state not in ('waiting', 'checking') then %(now)s end
          from decided d
          where c.program_id = %(program)s and c.connection = %(connection)s and c.member_id = d.member_id
        )
        select greatest(extract(epoch from %(now)s::timestamptz - sent_since) * 1000, 0)::integer
        from decided where arrived and sent_since is not null
        """,
        {
            "program": lease.program_id,
            "connection": lease.connection,
            "now": now,
            "verify": now + LATE,
            **_columns(tried),
        },
    ).fetchall()
    return [int(row[0]) for row in rows]


def _columns(tried: Sequence[Tried]) -> dict[str, list[Any]]:
    return {
        "members": [each.due.member_id for each in tried],
        "contacts": [each.contact for each in tried],
        "tried": [Jsonb(dict(each.tried)) for each in tried],
        "arrived": [each.arrived for each in tried],
        "refused": [Jsonb(dict(each.refused or {})) for each in tried],
        "gone": [each.gone for each in tried],
        "singly": [each.singly for each in tried],
        "nexts": [each.next_at for each in tried],
        "versions": [each.due.version for each in tried],
        "unsure": [each.unsure for each in tried],
    }


def record_anew(
    tx: Transaction, program_id: int, connection: str, members: Sequence[int], at: datetime
) -> int:
    """Have everything written again that members' contacts are to have; how many they are."""
    return tx.execute(
        """
        update writeback_contacts
        set written = '{}', refused = '{}', state = 'waiting', singly = false, attempts = 0, differed = 0,
            next_at = %(at)s, waiting_since = coalesce(waiting_since, %(at)s), settled_at = null
        where program_id = %(program)s and connection = %(connection)s and member_id = any(%(members)s)
        """,
        {"program": program_id, "connection": connection, "members": list(members), "at": at},
    ).rowcount


def record_failed_anew(tx: Transaction, program_id: int, connection: str, at: datetime) -> int:
    """Have everything tried again that was refused or had no contact; how many contacts these are."""
    return tx.execute(
        """
        update writeback_contacts
        set written = written - array(select jsonb_object_keys(refused)), refused = '{}', state = 'waiting',
            singly = false, attempts = 0, differed = 0, next_at = %(at)s,
            waiting_since = coalesce(waiting_since, %(at)s), settled_at = null
        where program_id = %(program)s and connection = %(connection)s and state in ('failed', 'gone')
        """,
        {"program": program_id, "connection": connection, "at": at},
    ).rowcount
