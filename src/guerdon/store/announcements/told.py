"""What an announcement says beside its event: members by their ids, what they have, which rewards."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from guerdon.ledger.chart import PURSE
from guerdon.store.database import Transaction

# Of one member; more would say the same.
EXTERNAL_IDS_MAX = 20


@dataclass(frozen=True, slots=True)
class RewardFacts:
    """A reward as it is now."""

    rule: str
    unit: str
    value: int
    reference: str | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class PurseFacts:
    """What a member has in a unit now."""

    unit: str
    available: int
    held: int
    pending: int
    debt: int


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """A member as other systems know them; no name and no address."""

    market: str
    external_ids: tuple[tuple[str, str], ...]


def load_rewards(
    tx: Transaction, program_id: int, keys: Collection[tuple[int, int]]
) -> Mapping[tuple[int, int], RewardFacts]:
    """Rewards by member and id."""
    if not keys:
        return {}
    rows = tx.execute(
        """
        select r.member_id, r.id, r.rule, r.unit, r.value, r.reference, r.expires_at
        from unnest(%s::bigint[], %s::bigint[]) as k (member_id, id)
        join rewards r on r.program_id = %s and r.member_id = k.member_id and r.id = k.id
        """,
        ([member for member, _ in keys], [number for _, number in keys], program_id),
    ).fetchall()
    return {(row[0], row[1]): RewardFacts(*row[2:]) for row in rows}


def load_purses(tx: Transaction, program_id: int, members: Collection[int]) -> Mapping[int, list[PurseFacts]]:
    """What members have, unit by unit."""
    rows = tx.execute(
        """
        select member_id, unit, posted - held, held, pending, debt from accounts
        where program_id = %s and member_id = any(%s) and name = %s order by member_id, unit
        """,
        (program_id, list(members), PURSE),
    ).fetchall()
    found: dict[int, list[PurseFacts]] = {}
    for member, *purse in rows:
        found.setdefault(member, []).append(PurseFacts(*purse))
    return found


def load_members(tx: Transaction, program_id: int, members: Collection[int]) -> Mapping[int, MemberFacts]:
    """Members with the ids by which others know them."""
    rows = tx.execute(
        """
        select m.member_id, m.market,
               array(select array[i.source, i.external_id] from member_ids i
                     where i.program_id = m.program_id and i.member_id = m.member_id
                     order by i.source, i.external_id limit %s)
        from members m where m.program_id = %s and m.member_id = any(%s)
        """,
        (EXTERNAL_IDS_MAX, program_id, list(members)),
    ).fetchall()
    return {
        member: MemberFacts(market, tuple((source, said) for source, said in ids))
        for member, market, ids in rows
    }
