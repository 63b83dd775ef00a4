"""What consents still wait to be confirmed, by the messages that ask: one statement for all of a round."""

from collections.abc import Sequence
from typing import NamedTuple

from guerdon.program.messages.nouns import ChannelKind
from guerdon.store.database import Transaction


class Waits(NamedTuple):
    """A consent that waits to be confirmed: for a topic, over a channel."""

    topic: str
    channel: ChannelKind


def load_waiting(tx: Transaction, program_id: int, asked: Sequence[tuple[int, int, int]]) -> dict[int, Waits]:
    """What messages ask to confirm, by message; `asked`: member, message, and the consent that it is of.

    One that was withdrawn, confirmed or asked for anew since is absent.
    """
    rows = tx.execute(
        """
        select a.message_id, s.topic, s.channel
        from unnest(%s::bigint[], %s::bigint[], %s::bigint[]) as a (member_id, message_id, consent_id)
        join standing_consents s
          on s.program_id = %s and s.member_id = a.member_id and s.consent_id = a.consent_id
        where s.state = 'asked'
        """,
        ([each[0] for each in asked], [each[1] for each in asked], [each[2] for each in asked], program_id),
    ).fetchall()
    return {row[0]: Waits(row[1], row[2]) for row in rows}
