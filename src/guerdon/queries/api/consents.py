"""What holds of a member's consents, each with the proof that it stands on."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class StandingRow:
    """What holds for a topic and a channel, and the proof of it."""

    topic: str
    channel: str
    state: str
    since: datetime
    consent_id: int
    method: str
    actor: str
    version: int
    language: str
    text_sha: bytes | None
    source: str
    recorded_at: datetime


def list_standing(tx: Transaction, member_id: int) -> list[StandingRow]:
    """What holds for a member, by topic and channel."""
    rows = tx.execute(
        """
        select s.topic, s.channel, s.state, s.since, s.consent_id, c.method, c.actor, c.version, c.language,
               c.text_sha, c.source, c.recorded_at
        from standing_consents s
        join consents c on c.program_id = s.program_id and c.member_id = s.member_id and c.id = s.consent_id
        where s.program_id = this_program() and s.member_id = %s
        order by s.topic, s.channel
        """,
        (member_id,),
    ).fetchall()
    return [StandingRow(*row) for row in rows]
