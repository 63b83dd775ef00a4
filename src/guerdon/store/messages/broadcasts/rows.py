"""What a broadcast puts into the outbox, puts off and takes back."""

from collections.abc import Sequence
from datetime import datetime

from guerdon.ledger.effects import Send
from guerdon.store.database import Transaction
from guerdon.store.messages.broadcasts.standing import Broadcast
from guerdon.store.messages.outbox import Due
from guerdon.store.wallet.deeds import Deed


def put_off(tx: Transaction, broadcast: Broadcast, at_most: int) -> bool:
    """Put off so many rows by the time that a broadcast rested, and let it go on after the last; if so.

    What was due when it was paused stays due, and so does what was tried before.
    """
    assert broadcast.paused_at is not None, "only what was paused"
    assert broadcast.resumes_at is not None, "somebody wants it to go on"
    given = {
        "program": broadcast.program_id,
        "id": broadcast.id,
        "after": broadcast.moved_to,
        "most": at_most,
        "paused": broadcast.paused_at,
        "by": broadcast.resumes_at - broadcast.paused_at,
    }
    row = tx.execute(
        """
        with page as materialized (
          select member_id, id from outbox
          where program_id = %(program)s and broadcast_id = %(id)s and member_id > %(after)s
          order by member_id limit %(most)s
        ), later as (
          update outbox o set next_at = o.next_at + %(by)s
          from page p
          where o.program_id = %(program)s and o.member_id = p.member_id and o.id = p.id
            and o.attempts = 0 and o.next_at > %(paused)s
        )
        select count(*), max(member_id) from page
        """,
        given,
    ).fetchone()
    assert row is not None, "a count is always told"
    if row[0] >= at_most:
        tx.execute(
            "update broadcasts set moved_to = %s where program_id = %s and id = %s",
            (row[1], broadcast.program_id, broadcast.id),
        )
        return False
    tx.execute(
        """
        update broadcasts
        set state = 'running', paused_at = null, resumes_at = null, moved_to = 0,
            -- Whoever was not gone through yet is told so much later as well; a start that is to come stays.
            starts_at = case when starts_at >= resumes_at then starts_at
                             else starts_at + (resumes_at - greatest(paused_at, starts_at)) end
        where program_id = %(program)s and id = %(id)s
        """,
        given,
    )
    tx.execute("select pg_notify('guerdon_outbox', %s)", (str(broadcast.program_id),))
    return True


def record_rows(
    tx: Transaction, broadcast: Broadcast, deeds: Sequence[tuple[Deed, datetime]], now: datetime
) -> None:
    """Put what deeds send into the outbox, each for its moment, and wake whoever delivers."""
    sends = [(deed, at, effect) for deed, at in deeds for effect in deed.effects if isinstance(effect, Send)]
    if not sends:
        return
    tx.execute(
        """
        insert into outbox (program_id, member_id, id, event_id, message, channel, created_at, next_at,
                            broadcast_id)
        select %(program)s, m, i, e, k, c, %(now)s, t, %(broadcast)s
        from unnest(%(members)s::bigint[], %(ids)s::bigint[], %(events)s::bigint[], %(messages)s::text[],
                    %(channels)s::text[], %(at)s::timestamptz[]) as s (m, i, e, k, c, t)
        """,
        {
            "program": broadcast.program_id,
            "broadcast": broadcast.id,
            "now": now,
            "members": [deed.member_id for deed, _, _ in sends],
            "ids": [send.id for _, _, send in sends],
            "events": [deed.event_id for deed, _, _ in sends],
            "messages": [send.message for _, _, send in sends],
            "channels": [send.channel for _, _, send in sends],
            "at": [at for _, at, _ in sends],
        },
    )
    tx.execute("select pg_notify('guerdon_outbox', %s)", (str(broadcast.program_id),))


def recall_rows(tx: Transaction, broadcast: Broadcast, reason: str, now: datetime, at_most: int) -> int:
    """Take back so many rows of a stopped broadcast of which nothing began; how many those were.

    What somebody holds, or a provider may have, ends by itself.
    """
    return tx.execute(
        """
        with gone as (
          delete from outbox o
          using (
            select member_id, id from outbox
            where program_id = %(program)s and broadcast_id = %(id)s and fence is null and hand_overs = 0
              and not awaits
            order by member_id limit %(most)s for update skip locked
          ) p
          where o.program_id = %(program)s and o.member_id = p.member_id and o.id = p.id
          returning o.*
        )
        insert into messages (program_id, member_id, id, event_id, reward_id, message, channel, language,
                              state, reason, attempts, created_at, settled_at, via, broadcast_id)
        select g.program_id, g.member_id, g.id, g.event_id, g.reward_id, g.message, g.channel,
               split_part(coalesce(m.language, 'en'), '-', 1), 'recalled', %(reason)s, g.attempts,
               g.created_at, %(now)s, nullif(g.via, g.channel), g.broadcast_id
        from gone g
        left join members m on m.program_id = g.program_id and m.member_id = g.member_id
        """,
        {
            "program": broadcast.program_id,
            "id": broadcast.id,
            "reason": reason,
            "now": now,
            "most": at_most,
        },
    ).rowcount


def list_called_off(tx: Transaction, program_id: int, due: Sequence[Due]) -> dict[tuple[int, int], str]:
    """Those of these rows that are told no more, by member and message, with the reason."""
    rows = [(*row.whose, row.broadcast_id, row.market) for row in due if row.broadcast_id is not None]
    if not rows:
        return {}
    found = tx.execute(
        """
        select r.member_id, r.id,
               case when b.state = 'stopped' then 'broadcast:stopped'
                    when s.member_id is null then 'segment:left' else 'market:left' end
        from unnest(%(members)s::bigint[], %(ids)s::bigint[], %(broadcasts)s::bigint[], %(markets)s::text[])
          as r (member_id, id, broadcast_id, market)
        join broadcasts b on b.program_id = %(program)s and b.id = r.broadcast_id
        left join segment_members s
          on s.program_id = %(program)s and s.segment = b.segment and s.member_id = r.member_id
        where b.state = 'stopped' or s.member_id is null
           or (cardinality(b.markets) > 0 and r.market <> all(b.markets))
        """,
        {
            "program": program_id,
            "members": [row[0] for row in rows],
            "ids": [row[1] for row in rows],
            "broadcasts": [row[2] for row in rows],
            "markets": [row[3] for row in rows],
        },
    ).fetchall()
    return {(row[0], row[1]): str(row[2]) for row in found}


def has_rows(tx: Transaction, broadcast: Broadcast) -> bool:
    """Whether anything of it is under way."""
    row = tx.execute(
        "select exists (select from outbox where program_id = %s and broadcast_id = %s)",
        (broadcast.program_id, broadcast.id),
    ).fetchone()
    return row is not None and bool(row[0])
