"""What members came to in each pass of a broadcast: in its check, and when it was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from guerdon.store.database import Transaction
from guerdon.store.messages.broadcasts.standing import Broadcast

Pass = Literal["check", "told"]


@dataclass(frozen=True, slots=True)
class Counted:
    """So many members of a market came to this, over a channel, for a reason."""

    market: str
    outcome: str
    channel: str
    reason: str
    members: int


def forget_counts(tx: Transaction, broadcast: Broadcast, of: Pass) -> None:
    """Let go what was counted in a pass."""
    tx.execute(
        "delete from broadcast_counts where program_id = %s and broadcast_id = %s and pass = %s",
        (broadcast.program_id, broadcast.id, of),
    )


def add_counts(tx: Transaction, broadcast: Broadcast, of: Pass, counted: Sequence[Counted]) -> None:
    """Add what a stretch came to; each market, outcome, channel and reason stands in it once."""
    tx.execute(
        """
        insert into broadcast_counts as c (program_id, broadcast_id, pass, market, outcome, channel, reason,
                                           members)
        select %(program)s, %(id)s, %(pass)s, n.*
        from unnest(%(markets)s::text[], %(outcomes)s::text[], %(channels)s::text[], %(reasons)s::text[],
                    %(members)s::bigint[]) as n
        on conflict (program_id, broadcast_id, pass, market, outcome, channel, reason)
        do update set members = c.members + excluded.members
        """,
        {
            "program": broadcast.program_id,
            "id": broadcast.id,
            "pass": of,
            "markets": [each.market for each in counted],
            "outcomes": [each.outcome for each in counted],
            "channels": [each.channel for each in counted],
            "reasons": [each.reason for each in counted],
            "members": [each.members for each in counted],
        },
    )
