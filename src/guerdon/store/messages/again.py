"""A message that staff send once more: what it was and is about, how often that was done, and its new row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction
from guerdon.store.messages.outbox import DueReward


@dataclass(frozen=True, slots=True)
class Former:
    """A message as it stands: `ended` once it left the outbox, `event_type` of what brought it about."""

    message: str
    channel: str
    reward_id: int | None
    ended: bool
    event_type: str | None
    market: str
    location: str | None
    language: str
    reward: DueReward | None


@dataclass(frozen=True, slots=True)
class Anew:
    """The new row of the outbox."""

    id: int
    event_id: int
    reward_id: int | None
    message: str
    channel: str


def load_former(tx: Transaction, whose: tuple[int, int, int]) -> Former | None:
    """A message, ended or not; None: there is none. `whose`: program, member, message."""
    program_id, member_id, message_id = whose
    row = tx.execute(
        """
        select k.message, k.channel, k.reward_id, k.ended, e.type, m.market, m.location, m.language,
               r.id, r.rule, r.unit, r.value, r.state, r.happened_at, r.expires_at
        from (
          select event_id, message, channel, reward_id, true as ended from messages
          where program_id = %(p)s and member_id = %(m)s and id = %(id)s
          union all
          select event_id, message, channel, reward_id, false from outbox
          where program_id = %(p)s and member_id = %(m)s and id = %(id)s
        ) k
        join members m on m.program_id = %(p)s and m.member_id = %(m)s
        left join events e on e.program_id = %(p)s and e.member_id = %(m)s and e.id = k.event_id
        left join rewards r on r.program_id = %(p)s and r.member_id = %(m)s and r.id = k.reward_id
        """,
        {"p": program_id, "m": member_id, "id": message_id},
    ).fetchone()
    if row is None:
        return None
    message, channel, reward_id, ended, event_type, *belongs = row[:8]
    market, location, language = belongs
    reward = DueReward(*row[8:]) if row[8] is not None else None
    return Former(message, channel, reward_id, ended, event_type, market, location, language, reward)


def find_known(tx: Transaction, program_id: int, member_id: int, ids: Sequence[int]) -> dict[int, bool]:
    """Which of these messages there are, and whether each has ended."""
    rows = tx.execute(
        """
        select id, true from messages where program_id = %(p)s and member_id = %(m)s and id = any(%(ids)s)
        union all
        select id, false from outbox where program_id = %(p)s and member_id = %(m)s and id = any(%(ids)s)
        """,
        {"p": program_id, "m": member_id, "ids": list(ids)},
    ).fetchall()
    return {int(row[0]): bool(row[1]) for row in rows}


def insert_anew(tx: Transaction, program_id: int, member_id: int, anew: Anew, now: datetime) -> None:
    """Put it into the outbox, due at once, and wake whoever delivers."""
    tx.execute(
        """
        insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel, created_at,
                            next_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            *(program_id, member_id, anew.id, anew.event_id, anew.reward_id, anew.message, anew.channel),
            *(now, now),
        ),
    )
    tx.execute("notify guerdon_outbox")
