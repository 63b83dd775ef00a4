"""Limits: how much, or how often, something may be given in a day, a month, a year, ever, or in some hours.

What passes a limit is refused, or held with its money until people approve it. A limit counts by member
unless it says otherwise.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from guerdon.program.model import (
    Beyond,
    Campaign,
    Event,
    Limit,
    LimitPer,
    LimitPeriod,
    Location,
    Market,
    Rule,
)
from guerdon.program.places import Place
from guerdon.program.texts import read_name
from guerdon.program.units import named_few, read_money, shown
from guerdon.values.money import Money, Unit

TIMES_MAX = 1_000_000
HOURS_MAX = 24 * 366
PERS: tuple[LimitPer, ...] = ("member", "location", "rule", "market", "campaign", "program")
# Written as `{ field: contract }`: what is counted apart is a field of the event.
BY_FIELD: tuple[LimitPer, ...] = ("field", "person")
PERIODS: tuple[LimitPeriod, ...] = ("day", "month", "year", "life")
BEYOND: tuple[Beyond, ...] = ("refuse", "hold")
COUNTED_FIELDS = ("string", "int")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a limit may name and count."""

    units: Mapping[str, Unit]
    events: Mapping[str, Event]
    rules: Mapping[str, Rule]
    markets: Mapping[str, Market]
    locations: Mapping[str, Location]
    campaigns: Mapping[str, Campaign]


def read_limits(place: Place | None, known: Counted) -> dict[str, Limit]:
    """Read `limits`; a limit that names no rules or markets counts all of them."""
    if place is None:
        return {}
    return {key: _read_limit(key, limit, known) for key, limit in place.keyed(example="member_month").items()}


def _read_limit(key: str, place: Place, known: Counted) -> Limit:
    fields = place.fields(
        required=["per", "period"], optional=["name", "amount", "times", "rules", "markets", "over"]
    )
    rules = fields["rules"].some_of(known.rules, "rule") if "rules" in fields else tuple(known.rules)
    markets = tuple(known.markets)
    if "markets" in fields:
        markets = fields["markets"].some_of(known.markets, "market")
    per, field = _read_per(fields["per"], rules, known) if "per" in fields else ("member", None)
    period, hours = _read_period(fields["period"]) if "period" in fields else ("month", 0)
    amount = read_money(fields["amount"], known.units) if "amount" in fields else None
    times = fields["times"].whole(1, TIMES_MAX) if "times" in fields else None
    if ("amount" in fields) == ("times" in fields):
        place.wrong("a limit has either an amount or times", "write `amount: 600.00 EUR` or `times: 2`")
    over = fields["over"].one_of(BEYOND, "answer") if "over" in fields else None
    limit = Limit(
        key,
        read_name(fields.get("name"), key),
        per,
        period,
        amount,
        times,
        rules,
        markets,
        field,
        hours,
        over or "refuse",
    )
    if rules and not _giving(rules, known):
        place.wrong("none of the rules that it counts gives a reward", "list `rules` that give one")
    elif amount is not None:
        _check_payable(place, limit, amount, known)
    return limit


def _read_per(place: Place, rules: Collection[str], known: Counted) -> tuple[LimitPer, str | None]:
    if place.is_table():
        fields = place.fields(optional=BY_FIELD)
        if len(fields) != 1:
            place.wrong("a limit counts by one field", "write `{ field: contract }` or `{ person: advisor }`")
        for by in BY_FIELD:
            if by in fields:
                return by, _read_counted(fields[by], rules, known)
        return "member", None
    word = place.word()
    per = next((each for each in PERS if each == word), None)
    if word is not None and per is None:
        hint = f"write `{{ {word}: contract }}`, with a field of the event"
        if word in BY_FIELD:
            place.wrong(f"it does not say which {word} of the event", hint)
        else:
            place.unknown("counting", word, [*PERS, *BY_FIELD])
    if per == "location" and not known.locations:
        place.wrong("the program has no locations", "add `locations:`, or count per market")
    unread = any(problem.where.endswith(".campaign") for problem in place.problems)
    if per == "campaign" and not unread and not any(known.rules[key].campaign for key in rules):
        place.wrong("no rule that it counts belongs to a campaign", "write `campaign:` in these rules")
    return per or "member", None


def _read_counted(place: Place, rules: Collection[str], known: Counted) -> str | None:
    """Read a field's name; each event that may count must have it, so that none passes uncounted."""
    name = place.word()
    if name is None:
        return None
    events = [known.events[rule.when] for rule in _giving(rules, known) if rule.when in known.events]
    without = [event.key for event in events if name not in event.fields]
    if events and len(without) == len(events):
        place.unknown(f"{events[0].key} field", name, events[0].fields)
    elif without:
        place.wrong(
            f"{named_few(dict.fromkeys(without))} has no field {name[:64]}",
            "declare it there, or list the `rules` whose events have it",
        )
    for event in events:
        field = event.fields.get(name)
        if field is not None and field.type not in COUNTED_FIELDS:
            place.wrong(
                f"{name[:64]} of {event.key} is a {field.type}", "count by a field of type string or int"
            )
            break
    return name


def _read_period(place: Place) -> tuple[LimitPeriod, int]:
    if place.is_table():
        fields = place.fields(required=["hours"])
        return "hours", (fields["hours"].whole(1, HOURS_MAX) if "hours" in fields else None) or 1
    word = place.word()
    period = next((each for each in PERIODS if each == word), None)
    if word == "hours":
        place.wrong("it does not say how many hours", "write `{ hours: 24 }`")
    elif word is not None and period is None:
        place.unknown("period", word, [*PERIODS, "hours"])
    return period or "month", 0


def _giving(rules: Collection[str], known: Counted) -> list[Rule]:
    return [known.rules[key] for key in rules if known.rules[key].reward is not None]


def _check_payable(place: Place, limit: Limit, amount: Money, known: Counted) -> None:
    """Name what can never happen under this limit: a rule too large for it, or nothing to count."""
    rewards = {rule.key: rule.reward for rule in _giving(limit.rules, known) if rule.reward is not None}
    units: set[str | None] = set()
    for reward in rewards.values():
        many = len(reward.units) > 1
        units |= {reward.unit_in(market) for market in limit.markets} if many else reward.units
    for key, reward in rewards.items():
        values = dict.fromkeys(value for market in limit.markets for value in reward.values_in(market))
        large = [v for v in values if v.unit == amount.unit and v.amount_minor > amount.amount_minor]
        if large and limit.over == "refuse":
            place.wrong(
                f"the rule {key} gives {shown(large[0], known.units)} and can never fire under this limit",
                "raise the limit",
            )
    if units and amount.unit not in units:
        place.wrong(
            f"no rule that it counts gives {amount.unit}", "write the amount in the unit of its rules"
        )
