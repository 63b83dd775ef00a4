"""Wishes as people write them, made into contents: a reward, an adjustment, a role, money moved, a version.

A reward by hand is one of a rule's: that says who pays, what the member is told, and how long it lasts.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from guerdon.engine.approvals.payers import Payers
from guerdon.ledger.contents import (
    AdjustBalance,
    ChangeGrant,
    Content,
    GiveReward,
    Move,
    MoveBudgets,
    PublishVersion,
)
from guerdon.program.model import Program, Rule
from guerdon.rules.moments import tellings_of, told_at_issue
from guerdon.store.approvals.requests import next_request_id
from guerdon.store.approvals.standings import Place, load_places
from guerdon.store.budgets import load_nodes
from guerdon.store.database import Transaction
from guerdon.store.members import find_member_ids
from guerdon.values.ids import derived_id, read
from guerdon.values.money import BadAmount, Money, parse_amount
from guerdon.values.problems import Problem, did_you_mean

# A role is given for at most so long ahead; without a last day, until it is taken back.
GRANT_YEARS_MAX = 10
MEMBER_HINT = "write mem_..., or a source and an id: crm:4711"


@dataclass(frozen=True, slots=True)
class RewardWish:
    """A reward that somebody wants to give: of which rule, to whom; without an amount, the rule's."""

    member: str
    rule: str
    amount: str = ""
    unit: str = ""
    payer: str = ""


@dataclass(frozen=True, slots=True)
class AdjustmentWish:
    """So much more or less for a member, as it was typed; without a payer, their place's budget pays."""

    member: str
    unit: str
    amount: str
    payer: str
    reason: str
    debt: bool = False


@dataclass(frozen=True, slots=True)
class GrantWish:
    """A role that somebody is to have, as it was typed; days are ISO's, and may be left out."""

    person: str
    role: str
    market: str = ""
    location: str = ""
    amount: str = ""
    unit: str = ""
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class MoveWish:
    """Money that is to go from an account (`budget:...`) to its neighbor in the tree, or back."""

    account: str
    other: str
    amount: str
    inward: bool = False


def find_member(tx: Transaction, program_id: int, text: str) -> int | None:
    """A member by id (`mem_...`), or as another system knows them (`crm:4711`)."""
    text = text.strip()
    own = read("mem", text)
    if own is not None:
        return own
    source, _, external_id = text.partition(":")
    if not external_id or "\0" in text:
        return None
    return find_member_ids(tx, program_id, [(source, external_id)]).get((source, external_id))


def reward_by_hand(
    tx: Transaction, program_id: int, program: Program, wish: RewardWish, now: datetime
) -> GiveReward | list[Problem]:
    """The content of a reward by hand."""
    member = find_member(tx, program_id, wish.member)
    place = load_places(tx, program_id, [member]).get(member) if member is not None else None
    rule = program.rules.get(wish.rule)
    if member is None or place is None:
        return [Problem("member", None, "nobody is called so", MEMBER_HINT)]
    if rule is None or rule.reward is None:
        rules = [each.key for each in program.rules.values() if each.reward is not None]
        return [Problem("rule", None, "no rule of this name gives a reward", did_you_mean(wish.rule, rules))]
    value = _value_of(program, rule, place, wish)
    if isinstance(value, Problem):
        return [value]
    return GiveReward(
        member=member,
        rule=rule.key,
        reward_id=derived_id(next_request_id(tx), "reward"),
        unit=value.unit,
        value=value.amount_minor,
        payer=wish.payer or Payers(program).given(value.unit, place, rule.key),
        market=place.market,
        location=place.location,
        happened_at=now,
        sends=told_at_issue(tellings_of(program, rule)),
    )


def adjustment_by_hand(
    tx: Transaction, program_id: int, program: Program, wish: AdjustmentWish
) -> AdjustBalance | list[Problem]:
    """The content of an adjustment by hand."""
    found: list[Problem] = []
    member = find_member(tx, program_id, wish.member)
    if member is None:
        found.append(Problem("member", None, "nobody is called so", MEMBER_HINT))
    unit = program.units.get(wish.unit)
    amount: int | BadAmount = 0
    if unit is None:
        hint = did_you_mean(wish.unit, program.units)
        found.append(Problem("unit", None, f"unknown unit {wish.unit[:40]}", hint))
    else:
        amount = parse_amount(wish.amount, unit)
    if isinstance(amount, BadAmount):
        found.append(Problem("amount", None, amount.what, amount.hint))
    if found or member is None or isinstance(amount, BadAmount):
        return found
    place = load_places(tx, program_id, [member]).get(member)
    payer = wish.payer or Payers(program).given(wish.unit, place)
    return AdjustBalance(member, wish.unit, amount, payer, wish.reason, wish.debt)


def grant_by_hand(program: Program, wish: GrantWish, now: datetime) -> ChangeGrant | list[Problem]:
    """The content of a role that is to be given."""
    place = program.locations.get(wish.location)
    found: list[Problem] = []
    if wish.location and (place is None or wish.market not in {"", place.market}):
        hint = did_you_mean(wish.location, program.locations)
        found.append(Problem("location", None, "there is no such location there", hint))
    amount = None
    if wish.amount.strip():
        unit = program.units.get(wish.unit)
        amount = parse_amount(wish.amount, unit) if unit else BadAmount("the unit is not known", "name one")
    if isinstance(amount, BadAmount):
        found.append(Problem("amount", None, amount.what, amount.hint))
    first, last = _day(wish.first, now), _day(wish.last, now)
    if first is None or last is None:
        found.append(Problem("valid_from", None, "a day is written like 2026-12-31"))
    if found or first is None or last is None or isinstance(amount, BadAmount):
        return found
    zone = ZoneInfo(program.time_zone)
    return ChangeGrant(
        wish.person,
        wish.role,
        # Never in the past; until the end of the last day.
        max(datetime.combine(first, time(), zone), now) if wish.first else now,
        place.market if place else wish.market or None,
        wish.location or None,
        wish.unit if amount is not None else None,
        amount,
        datetime.combine(last + timedelta(days=1), time(), zone) if wish.last else None,
    )


def move_by_hand(
    tx: Transaction, program_id: int, program: Program, wish: MoveWish
) -> MoveBudgets | list[Problem]:
    """The content of money that is to move between two budgets, one above the other."""
    node = load_nodes(tx, program_id).get(wish.account)
    unit = program.units.get(node.unit) if node else None
    if unit is None:
        return [Problem("from", None, f"there is no budget {wish.account[:60]}")]
    amount = parse_amount(wish.amount, unit)
    if isinstance(amount, BadAmount):
        return [Problem("amount", None, amount.what, amount.hint)]
    ends = (wish.other, wish.account) if wish.inward else (wish.account, wish.other)
    return MoveBudgets([Move(*ends, unit.key, amount)])


def version_of(program: Program, live_from: datetime | None = None) -> PublishVersion:
    """The content of a new version: a checked program, to be published once somebody else has signed it.

    It is live from the moment in which that is done, or from later on.
    """
    return PublishVersion(program.sha, program.text, live_from)


def with_amount(program: Program, content: Content, amount: str) -> Content | None:
    """The same wish with another amount; what has none stays as it is. None where it cannot be read."""
    if not isinstance(content, GiveReward | AdjustBalance) or not amount.strip():
        return content
    unit = program.units.get(content.unit)
    read_as = parse_amount(amount, unit) if unit is not None else None
    if not isinstance(read_as, int):
        return None
    if isinstance(content, GiveReward):
        return msgspec.structs.replace(content, value=read_as)
    return msgspec.structs.replace(content, amount=read_as)


def _day(text: str, now: datetime) -> date | None:
    """A day as a form sends it; for nothing, today; None for what is none, or far away."""
    try:
        day = date.fromisoformat(text) if text else now.date()
    except ValueError:
        return None
    return day if abs(day.year - now.year) <= GRANT_YEARS_MAX else None


def _value_of(program: Program, rule: Rule, place: Place, wish: RewardWish) -> Money | Problem:
    assert rule.reward is not None
    unit_key = wish.unit or rule.reward.unit_in(place.market) or ""
    unit = program.units.get(unit_key)
    if not wish.amount.strip():
        fixed = rule.reward.value_in(place.market)
        return fixed or Problem("amount", None, "the rule names no amount for this market", "write one")
    if unit is None:
        return Problem("unit", None, f"unknown unit {unit_key[:40]}", did_you_mean(unit_key, program.units))
    amount = parse_amount(wish.amount, unit)
    if isinstance(amount, BadAmount):
        return Problem("amount", None, amount.what, amount.hint)
    return Money(amount, unit.key)
