"""That a member opened what they were told: written once, and found where a message still waits for word.

Which messages: all about a reward, or these by their ids. The web process may note and not settle, so a
message that waits in the outbox is settled by the worker, which takes the note.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Looked:
    """What a member looked at: the page of a reward, or notices by the ids of their messages."""

    program_id: int
    member_id: int
    reward_id: int | None = None
    messages: Sequence[int] = ()


def open_told(tx: Transaction, looked: Looked, now: datetime) -> int:
    """Write that messages which arrived, as far as anybody knows, were opened; how many were not before."""
    return tx.execute(
        """
        update messages set state = 'opened', opened_at = %s
        where program_id = %s and member_id = %s and (reward_id = %s or id = any(%s::bigint[]))
          and state in ('sent', 'delivered')
        """,
        (now, looked.program_id, looked.member_id, looked.reward_id, list(looked.messages)),
    ).rowcount


def list_awaited(tx: Transaction, looked: Looked, channel: str) -> list[str]:
    """By which numbers a provider knows messages that it took and that would still go over other channels."""
    rows = tx.execute(
        """
        select a.provider_id
        from outbox o
        join message_attempts a on a.program_id = o.program_id and a.member_id = o.member_id
          and a.message_id = o.id and a.channel = %s
        where o.program_id = %s and o.member_id = %s and (o.reward_id = %s or o.id = any(%s::bigint[]))
          and a.state in ('sent', 'delivered', 'read') and a.provider_id is not null
        order by a.provider_id
        """,
        (channel, looked.program_id, looked.member_id, looked.reward_id, list(looked.messages)),
    ).fetchall()
    return [str(row[0]) for row in rows]


def open_settled(tx: Transaction, program_id: int, opened: Sequence[tuple[int, int, datetime]]) -> None:
    """Write that messages (member, message, when) were opened, each the first time."""
    tx.execute(
        """
        update messages m set state = 'opened', opened_at = o.at
        from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) as o (member_id, id, at)
        where m.program_id = %s and m.member_id = o.member_id and m.id = o.id
          and m.state in ('sent', 'delivered')
        """,
        (
            [member_id for member_id, _, _ in opened],
            [message_id for _, message_id, _ in opened],
            [at for _, _, at in opened],
            program_id,
        ),
    )
