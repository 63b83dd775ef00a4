"""What a contact is told, in a CRM's words: texts for its properties, and events for its timeline. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from guerdon.engine.announcements.shapes import (
    Amount,
    Announcement,
    RewardEarned,
    RewardReady,
    RewardRedeemed,
    RewardRefused,
    Said,
)
from guerdon.program.model import Noted, Program, Writes, Written
from guerdon.store.announcements.told import PurseFacts
from guerdon.store.crm.said import LastReward


@dataclass(frozen=True, slots=True)
class Facts:
    """What members have, by member."""

    purses: Mapping[int, Sequence[PurseFacts]]
    rewards: Mapping[int, LastReward]
    codes: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event for a timeline: which, and what it says."""

    event: str
    properties: Mapping[str, str]
    happened_at: datetime


def values_of(program: Program, writes: Writes, facts: Facts, member_id: int) -> dict[str, str]:
    """By property, what a member's contact is to have; "" where there is nothing to say."""
    purses = {each.unit: each.available for each in facts.purses.get(member_id, ())}
    found = {
        name: amount_text(purses.get(unit, 0), program.units[unit].digits)
        for unit, name in writes.balances.items()
    }
    said = _said(program, facts, member_id)
    return found | {name: said[noun] for noun, name in writes.properties.items()}


def _said(program: Program, facts: Facts, member_id: int) -> Mapping[Written, str]:
    last = facts.rewards.get(member_id)
    unit = program.units.get(last.unit) if last is not None else None
    return {
        "last_reward": last.rule if last is not None else "",
        "last_reward_value": amount_text(last.value, unit.digits if unit else 0) if last is not None else "",
        "last_reward_at": time_text(last.issued_at) if last is not None else "",
        "reward_waiting": "true" if last is not None and last.waiting else "false",
        "referral_code": facts.codes.get(member_id, ""),
    }


def happening_of(writes: Writes, announcement: Announcement) -> Happening | None:
    """The event of what was announced, if it is to be told."""
    found = _noted(announcement.said)
    if found is None or found[0] not in writes.events:
        return None
    noun, properties = found
    at = announcement.cause.happened_at if announcement.cause is not None else announcement.recorded_at
    told = {name: text for name, text in properties.items() if text}
    return Happening(writes.events[noun], told, at)


def _noted(said: Said) -> tuple[Noted, dict[str, str]] | None:
    match said:
        case RewardEarned(reward, rule, value, reference):
            about = {"reward": reward, "rule": rule, "reference": reference or ""}
            return "earned", about | _amount(value) | {"pending": "true" if said.pending else "false"}
        case RewardReady(reward, rule, value, reference):
            return "ready", {"reward": reward, "rule": rule, "reference": reference or ""} | _amount(value)
        case RewardRedeemed(reward, rule, value):
            return "redeemed", {"reward": reward, "rule": rule, "item": said.item or ""} | _amount(value)
        case RewardRefused(rule, value, reason):
            return "refused", {"rule": rule, "reason": reason} | (_amount(value) if value is not None else {})
    return None


def _amount(value: Amount) -> dict[str, str]:
    return {"amount": amount_text(value.amount, value.digits), "unit": value.unit}


def amount_text(amount: int, digits: int) -> str:
    """An amount of minor units as a decimal number."""
    return f"{Decimal(amount).scaleb(-digits):f}"


def time_text(at: datetime) -> str:
    """An instant, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
