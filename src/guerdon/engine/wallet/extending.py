"""Letting a reward that is still there last longer: by hand, with a reason, until the end of a later day.

No value moves and no budget pays, so that nobody else signs it; what is owed stays owed, longer.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from guerdon.engine.wallet.commands import Begun, Done, Wish, begin, finish, refusal
from guerdon.ledger.effects import Extend, Refuse
from guerdon.ledger.expiry import add_months, end_of_day
from guerdon.program.model import Program
from guerdon.rules.wallet import EXTENSION_MONTHS_MAX, Reason, objection_to_lasting
from guerdon.store.database import Transaction
from guerdon.store.wallet.spent import Lasting, extend_reward, find_lasting


@dataclass(frozen=True, slots=True)
class Extension:
    """A member's reward that is to last until the end of a day, under the caller's reference; why, by whom.

    `own_member` is the member that whoever asks is themselves, if any; `was` is the end that they were shown.
    """

    program_id: int
    member_id: int
    reward_id: int
    key: str
    last_day: date
    reason: str
    by: str
    own_member: int | None = None
    was: datetime | None = None


def extend(tx: Transaction, program: Program, asked: Extension, now: datetime) -> Done | Refuse:
    """Let a reward last longer, once; the effect says until when, and what was said before."""
    contents = {"reward": asked.reward_id, "last_day": asked.last_day.isoformat(), "reason": asked.reason}
    wish = Wish(
        asked.program_id,
        asked.member_id,
        "reward.extended",
        asked.key,
        contents,
        asked.by,
        asked.reason,
    )
    if asked.own_member == asked.member_id:
        return refusal("reward:own")
    begun = begin(tx, wish, now)
    if not isinstance(begun, Begun):
        return begun
    found = find_lasting(tx, asked.program_id, asked.member_id, asked.reward_id)
    if found is None:
        return refusal("reward:unknown")
    zone = ZoneInfo(program.time_zone)
    reason = _objection(asked, found, zone, now)
    if reason is not None:
        return refusal(reason, found.unit, found.remaining)
    until = end_of_day(asked.last_day, zone)
    extended = extend_reward(tx, asked.program_id, asked.member_id, asked.reward_id, until)
    assert extended, "a reward cannot last longer that was locked and looked at"
    assert found.expires_at is not None, "what never ends was objected to"
    return finish(begun, "extended", [Extend(asked.reward_id, until, found.expires_at)], active=False)


def _objection(asked: Extension, found: Lasting, zone: ZoneInfo, now: datetime) -> Reason | None:
    if asked.was is not None and asked.was != found.expires_at:
        return "reward:changed"
    # Before it becomes a moment: the last of all days has none after it.
    if asked.last_day > last_day_possible(now, zone):
        return "end:far"
    return objection_to_lasting(found.state, found.expires_at, end_of_day(asked.last_day, zone), now)


def last_day_possible(now: datetime, zone: ZoneInfo) -> date:
    """The last day until which anything can be let last."""
    return add_months(now.astimezone(zone).date(), EXTENSION_MONTHS_MAX)
