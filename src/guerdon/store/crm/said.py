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
        select distinct on (now) now, code
        from (
          select member_id as now, member_id, scheme, code, made_at from referral_codes
          where program_id = %(program)s and member_id = any(%(members)s)
          union all
          -- Of whoever became one with them.
          select i.member_id, c.member_id, c.scheme, c.code, c.made_at
          from member_ids i
          join referral_codes c
            on c.program_id = i.program_id and c.source = i.source and c.external_id = i.external_id
          where i.program_id = %(program)s and i.member_id = any(%(members)s)
        ) each
        where scheme = any(%(schemes)s)
        order by now, array_position(%(schemes)s::text[], scheme), member_id <> now, made_at, code
        """,
        {"program": program_id, "members": list(members), "schemes": list(schemes)},
    ).fetchall()
    return {row[0]: row[1] for row in rows}
