"""What contacts are told of members beside their balances: the last reward, whether one waits, their code."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class LastReward:
    """A member's last reward that was not taken back, and whether any of theirs can be used now."""

    rule: str
    unit: str
    value: int
    issued_at: datetime
    waiting: bool


def load_last_rewards(tx: Transaction, program_id: int, members: Collection[int]) -> Mapping[int, LastReward]:
    """The last reward of each member who has one."""
    rows = tx.execute(
        """
        select distinct on (member_id) member_id, rule, unit, value, issued_at,
               bool_or(state = 'ready') over (partition by member_id)
        from rewards where program_id = %s and member_id = any(%s) and state <> 'reversed'
        order by member_id, issued_at desc, id desc
        """,
        (program_id, list(members)),
    ).fetchall()
    return {row[0]: LastReward(*row[1:]) for row in rows}


def load_codes(
    tx: Transaction, program_id: int, members: Collection[int], schemes: Sequence[str]
) -> Mapping[int, str]:
    """The code of each member who has one, of the first of these schemes in which they do."""
    rows = tx.execute(
        """
        select distinct on (member_id) member_id, code from referral_codes
        where program_id = %(program)s and member_id = any(%(members)s) and scheme = any(%(schemes)s)
        order by member_id, array_position(%(schemes)s::text[], scheme)
        """,
        {"program": program_id, "members": list(members), "schemes": list(schemes)},
    ).fetchall()
    return {row[0]: row[1] for row in rows}
