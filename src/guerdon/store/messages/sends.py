"""What deeds of the clock tell members: put into the outbox in the commit of the deed, in one statement."""

from collections.abc import Sequence
from datetime import datetime

from guerdon.ledger.effects import Send
from guerdon.store.database import Transaction
from guerdon.store.wallet.deeds import Deed


def record_sends(tx: Transaction, program_id: int, deeds: Sequence[Deed], now: datetime) -> int:
    """Put what deeds send into the outbox, and wake whoever delivers; how many messages that were."""
    sends = [(deed, effect) for deed in deeds for effect in deed.effects if isinstance(effect, Send)]
    if not sends:
        return 0
    told = tx.execute(
        """
        with made as (
          insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel, created_at,
                              next_at)
          select %(program)s, m, i, e, r, k, c, %(now)s, %(now)s
          from unnest(%(members)s::bigint[], %(ids)s::bigint[], %(events)s::bigint[], %(rewards)s::bigint[],
                      %(messages)s::text[], %(channels)s::text[]) as s (m, i, e, r, k, c)
          returning id
        )
        select count(*), pg_notify('guerdon_outbox', %(program)s::text) from made
        """,
        {
            "program": program_id,
            "now": now,
            "members": [deed.member_id for deed, _ in sends],
            "ids": [send.id for _, send in sends],
            "events": [deed.event_id for deed, _ in sends],
            "rewards": [send.reward for _, send in sends],
            "messages": [send.message for _, send in sends],
            "channels": [send.channel for _, send in sends],
        },
    ).fetchone()
    assert told is not None, "a count is always told"
    return int(told[0])
