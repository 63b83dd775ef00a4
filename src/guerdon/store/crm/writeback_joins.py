"""What contacts of members who became one are to have: whoever is left is told to all of them."""

from collections.abc import Mapping
from datetime import datetime

from guerdon.store.crm.writebacks import LATE
from guerdon.store.database import Transaction


def record_joined(
    tx: Transaction, program_id: int, places: Mapping[str, str], led: Mapping[int, int], now: datetime
) -> None:
    """Have it looked up what contacts at these connections (by key their source) are to have of who is left.

    All ids of `led` lead to whoever is left by now; of them themselves nothing is written any more.
    """
    if not led:
        return
    terms = {
        "program": program_id,
        "connections": list(places),
        "sources": list(places.values()),
        "was": list(led),
        "left": sorted({*led.values()}),
        "now": now,
        "late": now + LATE,
    }
    # In the order in which whoever sends locks them.
    tx.execute(
        """
        select from writeback_contacts
        where program_id = %(program)s and member_id = any (%(was)s::bigint[] || %(left)s::bigint[])
        order by array_position(%(connections)s::text[], connection), member_id for no key update
        """,
        terms,
    )
    _record_left(tx, terms)
    tx.execute(
        """
        update writeback_contacts
        set state = 'gone', reason = 'merged', stale = false, waiting_since = null, verify_at = null,
            settled_at = %(now)s
        where program_id = %(program)s and member_id = any (%(was)s::bigint[])
        """,
        terms,
    )


def _record_left(tx: Transaction, terms: Mapping[str, object]) -> None:
    # What was sent of who is no more may yet arrive: it is read back.
    tx.execute(
        """
        with told as (
          select p.connection, m.member_id, newest_id(%(program)s, p.source, m.member_id) as contact
          from unnest(%(connections)s::text[], %(sources)s::text[]) as p (connection, source)
          cross join unnest(%(left)s::bigint[]) as m (member_id)
        ), moved as (
          -- Another contact than was written to: what that one has of us nobody knows.
          update writeback_contacts c
          set contact = t.contact, written = '{}', refused = '{}', reason = '', state = 'waiting',
              singly = false, attempts = 0, differed = 0, stale = true, verify_at = %(late)s,
              waiting_since = coalesce(c.waiting_since, %(now)s), next_at = %(now)s, settled_at = null
          from told t
          where c.program_id = %(program)s and (c.connection, c.member_id) = (t.connection, t.member_id)
            and (length(t.contact), t.contact) > (length(c.contact), c.contact)
          returning c.connection, c.member_id
        )
        insert into writeback_contacts as c
          (program_id, connection, member_id, contact, wanted, version, state, stale, verify_at, next_at,
           settled_at)
        select %(program)s, connection, member_id, contact, '{}', 0, 'written', true, %(late)s, %(now)s,
               %(now)s
        from told t
        where contact is not null
          and not exists (select from moved where (connection, member_id) = (t.connection, t.member_id))
        order by array_position(%(connections)s::text[], connection), member_id
        on conflict (program_id, connection, member_id) do update set stale = true
        """,
        terms,
    )
