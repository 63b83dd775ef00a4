"""Limits: how much, or how often, one member may earn in a calendar month of the program's time zone."""

from collections.abc import Mapping

from guerdon.program.model import Limit, Rule
from guerdon.program.places import Place
from guerdon.program.texts import read_name
from guerdon.program.units import read_money
from guerdon.values.money import Money, Unit, plain_amount

TIMES_MAX = 1_000_000


def read_limits(
    place: Place | None, units: Mapping[str, Unit], rules: Mapping[str, Rule]
) -> dict[str, Limit]:
    """Read `limits`; a limit that names no rules counts all of them."""
    if place is None:
        return {}
    found = {}
    for key, limit in place.keyed(example="member_month").items():
        fields = limit.fields(required=["per", "period"], optional=["name", "amount", "times", "rules"])
        if "per" in fields:
            fields["per"].one_of(("member",), "counting")
        if "period" in fields:
            fields["period"].one_of(("month",), "period")
        amount = read_money(fields["amount"], units) if "amount" in fields else None
        times = fields["times"].whole(1, TIMES_MAX) if "times" in fields else None
        if ("amount" in fields) == ("times" in fields):
            limit.wrong("a limit has either an amount or times", "write `amount: 600.00 EUR` or `times: 2`")
        counted = _counted_rules(fields, rules)
        found[key] = Limit(key, read_name(fields.get("name"), key), "member", "month", amount, times, counted)
        if amount is not None:
            _check_payable(limit, amount, counted, rules, units)
    return found


def _counted_rules(fields: Mapping[str, Place], rules: Mapping[str, Rule]) -> tuple[str, ...]:
    if "rules" not in fields:
        return tuple(rules)
    return fields["rules"].some_of(rules, "rule")


def _check_payable(
    place: Place,
    amount: Money,
    counted: tuple[str, ...],
    rules: Mapping[str, Rule],
    units: Mapping[str, Unit],
) -> None:
    """Name what can never happen under this limit: a rule too large for it, or nothing to count."""
    values = {key: reward.value for key in counted if (reward := rules[key].reward) is not None}
    if any(value.unit not in units for value in values.values()):
        return  # a reward that could not be read has a problem of its own
    for key, value in values.items():
        if value.unit == amount.unit and value.amount_minor > amount.amount_minor:
            shown = f"{plain_amount(value.amount_minor, units[value.unit])} {value.unit}"
            place.wrong(
                f"the rule {key} gives {shown} and can never fire under this limit", "raise the limit"
            )
    if values and all(value.unit != amount.unit for value in values.values()):
        place.wrong(
            f"no rule that it counts gives {amount.unit}", "write the amount in the unit of its rules"
        )
