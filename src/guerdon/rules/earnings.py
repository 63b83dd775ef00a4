"""Earnings: how much a rule gives, from when and until when it may be spent, and how it comes to the member.

A member who owes something pays that first. What happened is what counts for waiting; the days of value that
may be spent begin when it is there, so one that waited for its contact has all its days.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from guerdon.ledger.chart import PENDING, PURSE
from guerdon.ledger.effects import Draw, Issue, Post
from guerdon.ledger.expiry import UNTIL_TOLD
from guerdon.ledger.payback import Coming, pay_debts
from guerdon.program.model import Pending, Rate, Reward
from guerdon.rules.facts import Event, Facts, Holding, Occasion, Standing
from guerdon.rules.playbook import Playbook

# What an event may make of a rate: a thousand of the largest still fit into one account of 63 bits.
RATED_MINOR_MAX = 2**53
Rounding = Literal["down", "half_up", "half_even"]


class Earning(msgspec.Struct, frozen=True, gc=False):
    """A reward that is decided upon: what, from which pool, and what it is called."""

    reward_id: int
    rule: str
    unit: str
    value: int
    payer: str
    reference: str | None
    reward: Reward


def amount_of(playbook: Playbook, reward: Reward, event: Event, market: str) -> tuple[str, int] | str:
    """The unit and the amount that a rule gives, or the reason why it gives nothing."""
    rate = reward.rate
    if rate is None:
        fixed = reward.value_in(market)
        return (fixed.unit, fixed.amount_minor) if fixed is not None else "market"
    of = event.fields.get(rate.field)
    if of is None:
        return f"missing:event.{rate.field}"
    assert isinstance(of, int), "a rate is of a whole number, as the program was checked for"
    amount = rated(of, rate, playbook.life(rate.unit).rounding)
    if amount <= 0:
        return "amount"
    if amount > RATED_MINOR_MAX:
        raise OverflowError(f"{of} times {rate.rate} is more than an amount can be")
    return rate.unit, amount


def rated(of: int, rate: Rate, rounding: Rounding) -> int:
    """A whole number times a rate, rounded to whole minor units, and never more than the rate's most."""
    amount = rounded(of, rate.rate, rounding)
    return amount if rate.at_most_minor is None else min(amount, rate.at_most_minor)


def rounded(of: int, rate: Decimal, rounding: Rounding) -> int:
    """The product, rounded; in whole numbers throughout, so no digit is lost. Down is towards nothing."""
    times, parts = rate.as_integer_ratio()
    whole, rest = divmod(abs(of * times), parts)
    up = {"down": False, "half_up": 2 * rest >= parts, "half_even": 2 * rest + whole % 2 > parts}[rounding]
    return (whole + up) * (1 if of * times >= 0 else -1)


def within_cap(playbook: Playbook, facts: Facts, member_id: int, unit: str, amount: int) -> int:
    """As much of an amount as a member may still have of its unit; money is given whole or not at all."""
    cap = playbook.life(unit).cap_minor
    if cap is None:
        return amount
    room = max(cap - facts.balances.get((member_id, unit), 0), 0)
    if amount <= room:
        return amount
    return room if playbook.is_balance(unit) else 0


def available_at(
    playbook: Playbook, reward: Reward, unit: str, happened_at: datetime, now: datetime
) -> datetime | None:
    """When it may be spent; None: at once."""
    pending: Pending = reward.pending or playbook.life(unit).pending
    match pending.kind:
        case "at_once":
            return None
        case "until":
            return UNTIL_TOLD
        case "days":
            at = happened_at + timedelta(days=pending.days)
            return at if at > now else None


def ends_at(
    playbook: Playbook, reward: Reward, unit: str, from_when: datetime, member: Standing
) -> datetime | None:
    """When it ends, if it may be spent from then on."""
    joined = None
    if reward.valid_days is None and playbook.life(unit).expiry.kind == "anniversary":
        joined = playbook.day_of(member.enrolled_at or from_when)
    return playbook.ends_at(reward.valid_days, unit, playbook.day_of(from_when), joined)


def issue(
    playbook: Playbook, facts: Facts, event: Event, member: Standing, earning: Earning
) -> tuple[list[Issue | Post | Draw], Holding | None]:
    """Give it, as effects, folded into the facts; also as a lot where something may take it back now."""
    unit, value, payer, number = earning.unit, earning.value, earning.payer, earning.reward_id
    available = available_at(playbook, earning.reward, unit, event.happened_at, facts.now)
    # What waits for an event has its days counted anew when that comes.
    start = facts.now if available is None or available == UNTIL_TOLD else available
    ends = ends_at(playbook, earning.reward, unit, start, member)
    effects: list[Issue | Post | Draw] = [
        Issue(earning.rule, number, unit, value, ends, payer, available, earning.reference)
    ]
    purse = (member.member_id, unit)
    rest, debts = value, facts.debts.get(purse)
    if available is not None:
        effects.append(Post(number, payer, PENDING, unit, value))
    else:
        if debts:
            payback, paid = pay_debts(debts, Coming(payer, unit, value, number), number)
            effects += payback
            facts.repay(purse, paid)
            for post in payback[2:]:
                assert isinstance(post, Post)
                facts.fold_pool(post.from_account, -post.amount, unit)
                facts.fold_pool(post.to_account, post.amount, unit)
            rest -= sum(part.amount for part in paid)
        if rest:
            effects.append(Post(number, payer, PURSE, unit, rest))
    facts.fold_pool(payer, -value, unit)
    if playbook.life(unit).cap_minor is not None:
        facts.fold_balance(purse, rest)
    whose = member.member_id
    if whose not in facts.lots and not (whose in facts.waiting and earning.rule in playbook.awaited_rules):
        return effects, None
    return effects, _lot(facts, event, member, earning, (available, ends, rest, playbook.version))


def _lot(
    facts: Facts,
    event: Event,
    member: Standing,
    earning: Earning,
    stands: tuple[datetime | None, datetime | None, int, int],
) -> Holding:
    available, ends, rest, version = stands
    lot = Holding(
        version=version,
        reward_id=earning.reward_id,
        rule=earning.rule,
        unit=earning.unit,
        value=earning.value,
        remaining=rest,
        held=0,
        reversed=0,
        payer=earning.payer,
        reference=earning.reference,
        state="pending" if available is not None else "ready" if rest else "reversed",
        issued_at=facts.now.astimezone(UTC),
        expires_at=ends,
        origin=Occasion(event.happened_at, event.day, member.market, member.location, event.fields),
    )
    facts.fold_issue(member.member_id, lot)
    return lot
