"""Rewards: what a rule gives, who pays for it, and when it may be spent.

The amount is one for all markets, one for each, or worked out from a number of the event; money is always a
certain amount, for it is redeemed whole and some item must be worth just that.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from guerdon.program.conditions.declarations import NAMING, NUMBERS, read_field_of
from guerdon.program.conditions.vocabulary import Vocabulary
from guerdon.program.lives import read_pending
from guerdon.program.model import Budget, Campaign, Event, Field, Group, Life, Message, Rate, Reward, Table
from guerdon.program.places import Place
from guerdon.program.tables.bound import Asking, Tables, bind
from guerdon.program.tables.drafts import Draft, read_draft
from guerdon.program.units import named_few, read_money, read_unit, shown
from guerdon.values.money import Money, Unit

VALID_DAYS_MAX = 3650
REWARD_LINES = ("value", "table", "pay_from", "valid_days", "pending", "reference")
RATE_FIELDS = ("of", "rate", "unit", "at_most")
RATE_MAX = Decimal(1_000_000)
RATE_DIGITS_MAX = 10


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rules of a program may name."""

    units: Mapping[str, Unit]
    lives: Mapping[str, Life]
    events: Mapping[str, Event]
    attributes: Mapping[str, Field]
    budgets: Mapping[str, Budget]
    messages: Mapping[str, Message]
    vocabulary: Vocabulary
    tables: Tables
    markets: Collection[str] = ()
    locations: Collection[str] = ()
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    segments: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """When a rule's steps follow: upon which event (None: an unknown one), and in which markets."""

    event: Event | None
    markets: tuple[str, ...]


def read_reward(place: Place, moment: Moment, known: Surroundings) -> Reward:
    """Read a `reward:` step."""
    tabled = place.is_table() and "table" in place.table()
    fields = place.fields([] if tabled else ["value"], REWARD_LINES)
    if "value" in fields and "table" in fields:
        fields["table"].wrong("a reward is a value or comes from a table", "remove one of the two")
    amounts, rate = _read_value(fields["value"], moment, known) if "value" in fields else ({}, None)
    table = _read_table(fields["table"], moment, known) if "table" in fields else None
    pay_from = fields["pay_from"].one_of(known.budgets, "budget") if "pay_from" in fields else None
    days = fields["valid_days"].whole(1, VALID_DAYS_MAX) if "valid_days" in fields else None
    pending = read_pending(fields["pending"], known.events) if "pending" in fields else None
    if pending is not None and moment.event is not None and pending.event == moment.event.key:
        fields["pending"].wrong(
            f"this rule follows from {pending.event} itself", "name an event that comes later"
        )
    reference = read_field_of(fields.get("reference"), moment.event, NAMING)
    reward = Reward(amounts, rate, pay_from, days, pending, reference, table)
    if "pay_from" not in fields and any(known.units[unit].kind == "money" for unit in reward.units):
        place.wrong("pay_from is missing", "money is paid from a budget: add `pay_from:` here")
    budget = known.budgets.get(pay_from or "")
    if budget is not None and budget.nodes:
        _check_paid(fields, reward, budget, moment.markets)
    return reward


def _read_value(place: Place, moment: Moment, known: Surroundings) -> tuple[dict[str, Money], Rate | None]:
    if not place.is_table():
        value = read_money(place, known.units)
        if value is not None:
            _check_cap(place, value, known)
        return (dict.fromkeys(moment.markets, value) if value is not None else {}), None
    entries = place.table()
    if entries.keys() & set(RATE_FIELDS):
        return {}, _read_rate(place, moment, known)
    amounts = {}
    for market, amount in entries.items():
        if market not in known.markets:
            amount.unknown("market", market, known.markets)
        elif market not in moment.markets:
            amount.wrong(f"the rule does not hold in {market}", "remove it, or add it to `markets`")
        else:
            value = read_money(amount, known.units)
            if value is not None:
                _check_cap(amount, value, known)
                amounts[market] = value
    missing = [market for market in moment.markets if market not in entries]
    if missing:
        place.wrong(
            f"no amount for the market {named_few(missing)}", "add it, or list `markets:` in the rule"
        )
    return amounts, None


def _read_table(place: Place, moment: Moment, known: Surroundings) -> Table | None:
    """Read a table: the name of one of the program's, or the table itself."""
    if place.is_table():
        draft: Draft | None = read_draft(place.where.split(".")[1], place, None)
    else:
        draft = known.tables.drafts.get(place.one_of(known.tables.drafts, "table") or "")
    if draft is None:
        return None
    draft.used.add(place.where)
    if moment.event is None:
        return None
    table = bind(draft, known.tables, Asking(moment.event, moment.markets, known.vocabulary, known.units))
    for value in dict.fromkeys(
        each for values in (table.values if table else {}).values() for each in values
    ):
        _check_cap(place, value, known)
    return table


def _check_cap(place: Place, value: Money, known: Surroundings) -> None:
    cap = known.lives[value.unit].cap_minor
    if cap is not None and value.amount_minor > cap:
        place.wrong(
            f"nobody may have more than {shown(Money(cap, value.unit), known.units)}",
            f"give less, or raise the cap of {value.unit}",
        )


def _read_rate(place: Place, moment: Moment, known: Surroundings) -> Rate | None:
    fields = place.fields(required=["of", "rate", "unit"], optional=["at_most"])
    field = read_field_of(fields.get("of"), moment.event, NUMBERS)
    rate = _read_factor(fields["rate"]) if "rate" in fields else None
    unit = read_unit(fields["unit"], known.units) if "unit" in fields else None
    most = read_money(fields["at_most"], known.units) if "at_most" in fields else None
    if unit is not None and unit.kind == "money":
        fields["unit"].wrong(
            "money is given in certain amounts, for some item must be worth just that",
            "write amounts, or a unit of points",
        )
        return None
    if unit is not None and most is not None and most.unit != unit.key:
        fields["at_most"].wrong(f"{most.unit} is not what is given", f"write it in {unit.key}")
    elif most is not None:
        _check_cap(fields["at_most"], most, known)
    if field is None or rate is None or unit is None:
        return None
    return Rate(field, rate, unit.key, most.amount_minor if most is not None else None)


def _read_factor(place: Place) -> Decimal | None:
    word = place.word()
    if word is None:
        return None
    try:
        rate = Decimal(word.strip()) if word.isascii() and len(word) < 40 else Decimal(-1)
    except InvalidOperation:
        rate = Decimal(-1)
    plain = word.strip().replace(".", "", 1).isdigit()
    if not plain or not 0 < rate <= RATE_MAX or len(word.strip().partition(".")[2]) > RATE_DIGITS_MAX:
        place.wrong(
            f"{word[:40]} is no rate above 0 and up to {RATE_MAX}",
            f'write digits and a point, at most {RATE_DIGITS_MAX} after it, like "0.05"',
        )
        return None
    return rate


def _check_paid(
    fields: Mapping[str, Place], reward: Reward, budget: Budget, markets: Collection[str]
) -> None:
    """Name the markets in which this budget does not hold what the reward gives."""
    where = fields.get("value", fields.get("table", fields["pay_from"]))
    held: dict[str | None, dict[str, None]] = {}
    for node in budget.nodes.values():
        held.setdefault(node.market, {})[node.unit] = None
    everywhere = held.pop(None, {})
    one = len({node.unit for node in budget.nodes.values()}) == 1
    for market in markets:
        unit = reward.unit_in(market)
        other = next((key for key in everywhere or held.get(market, {}) if key != unit), None)
        if unit is not None and other is not None:
            of = "" if one else f" in {market}"
            where.wrong(
                f"{unit} cannot be paid from {budget.key}{of}, which holds {other}",
                f"write the value in {other}, or name another budget",
            )
            return
    without = [market for market in markets if not everywhere and market not in held]
    if without:
        fields["pay_from"].wrong(
            f"{budget.key} has no account in {named_few(without)}",
            "list `markets:` in the rule, or name another budget",
        )
