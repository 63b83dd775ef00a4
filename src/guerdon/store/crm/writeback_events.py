"""What happened to contacts, told in its order: by its id an event is known when it comes again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from guerdon.store.crm.writeback_lanes import Lease
from guerdon.store.database import Transaction

State = Literal["waiting", "written", "failed", "gone"]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened to a member; the event by its name at the CRM."""

    member_id: int
    event: str
    properties: Mapping[str, str]
    happened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class DueEvent:
    """One to be told, of a contact; none: there is no such contact."""

    id: int
    uuid: UUID
    event: str
    properties: Mapping[str, str]
    happened_at: datetime
    contact: str | None
    owner: int | None
    member_id: int


@dataclass(frozen=True, slots=True)
class TriedEvent:
    """How telling one went."""

    id: int
    state: State
    reason: str = ""


def record_events(
    tx: Transaction, program_id: int, place: tuple[str, str], new: Sequence[NewEvent], next_at: datetime
) -> None:
    """Have these told to members' contacts at (connection, source), in this order."""
    if not new:
        return
    tx.execute(
        """
        insert into writeback_events
          (program_id, connection, member_id, event, properties, happened_at, recorded_at, next_at)
        select %(program)s, %(connection)s, n.member_id, n.event, n.properties, n.happened_at, n.recorded_at,
               %(next)s
        from unnest(%(members)s::bigint[], %(events)s::text[], %(properties)s::jsonb[],
                    %(happened)s::timestamptz[], %(recorded)s::timestamptz[]) with ordinality
          as n (member_id, event, properties, happened_at, recorded_at, place)
        where exists (select from member_ids i where i.program_id = %(program)s and i.source = %(source)s
                        and i.member_id = n.member_id)
        order by n.place
        """,
        {
            "program": program_id,
            "connection": place[0],
            "source": place[1],
            "next": next_at,
            "members": [each.member_id for each in new],
            "events": [each.event for each in new],
            "properties": [Jsonb(dict(each.properties)) for each in new],
            "happened": [each.happened_at for each in new],
            "recorded": [each.recorded_at for each in new],
        },
    )


def list_due_events(tx: Transaction, lease: Lease, now: datetime) -> list[DueEvent]:
    """The oldest that wait, in their order; the lane is ours."""
    rows = tx.execute(
        """
        with due as materialized (
          select * from writeback_events
          where program_id = %(program)s and connection = %(connection)s and state = 'waiting'
            and next_at <= %(now)s
          order by id limit %(at_most)s
        ), named as (
          select d.*, case when c.state is distinct from 'gone'
            then coalesce(c.contact, newest_id(d.program_id, %(source)s, d.member_id)) end as contact
          from due d
          left join writeback_contacts c on c.program_id = d.program_id and c.connection = d.connection
            and c.member_id = d.member_id
        )
        select n.id, n.uuid, n.event, n.properties, n.happened_at, n.contact, o.member_id, n.member_id
        from named n
        left join member_ids o on o.program_id = %(program)s and o.source = %(source)s
          and o.external_id = n.contact
        order by n.id
        """,
        {
            "program": lease.program_id,
            "connection": lease.connection,
            "source": lease.source,
            "now": now,
            "at_most": lease.events_max,
        },
    ).fetchall()
    return [DueEvent(*row) for row in rows]


def settle_events(tx: Transaction, lease: Lease, tried: Sequence[TriedEvent], now: datetime) -> list[int]:
    """Write down how it went; returns how long after its cause each that arrived did, in milliseconds."""
    rows = tx.execute(
        """
        update writeback_events e
        set state = t.state, reason = t.reason, attempts = least(e.attempts + 1, 1000000),
            settled_at = %(now)s
        from unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[]) as t (id, state, reason)
        where e.program_id = %(program)s and e.connection = %(connection)s and e.id = t.id
          and e.state = 'waiting'
        returning case when t.state = 'written' then
          greatest(extract(epoch from %(now)s::timestamptz - e.recorded_at) * 1000, 0)::integer end
        """,
        {
            "program": lease.program_id,
            "connection": lease.connection,
            "now": now,
            "ids": [each.id for each in tried],
            "states": [each.state for each in tried],
            "reasons": [each.reason for each in tried],
        },
    ).fetchall()
    return [int(row[0]) for row in rows if row[0] is not None]


def record_events_anew(
    tx: Transaction, program_id: int, connection: str, ids: Sequence[int] | None, at: datetime
) -> int:
    """Have events told again that were not taken (None: all of them), under the ids they have; how many."""
    return tx.execute(
        """
        update writeback_events
        set state = 'waiting', reason = '', attempts = 0, next_at = %(at)s, settled_at = null
        where program_id = %(program)s and connection = %(connection)s and state in ('failed', 'gone')
          and (%(ids)s::bigint[] is null or id = any(%(ids)s))
        """,
        {
            "program": program_id,
            "connection": connection,
            "at": at,
            "ids": None if ids is None else list(ids),
        },
    ).rowcount


def find_events_of(tx: Transaction, program_id: int, connection: str, member_id: int) -> list[int]:
    """A member's events that were not taken."""
    rows = tx.execute(
        """
        select id from writeback_events
        where program_id = %s and connection = %s and state in ('failed', 'gone') and member_id = %s
        order by id
        """,
        (program_id, connection, member_id),
    ).fetchall()
    return [int(row[0]) for row in rows]
