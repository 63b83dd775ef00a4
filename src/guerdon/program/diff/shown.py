"""Values of a program as a change shows them: amounts in their unit, days, lists, and what a file says."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal

from babel.numbers import is_currency

from guerdon.program.diff.changes import Change
from guerdon.program.diff.walk import At
from guerdon.program.model import Program
from guerdon.text import formats
from guerdon.text.catalogs import Words
from guerdon.values.money import Money

LETTERS_MAX = 200


def shown(value: object, change: Change, program: Program, spoken: Words) -> str:
    """A value of a change, by the program that it stands in."""
    unit = _unit_of(change, program)
    if unit is not None and isinstance(value, int) and not isinstance(value, bool):
        return _money(Money(value, unit), program, spoken)
    return _plain(value, program, spoken)


def _plain(value: object, program: Program, spoken: Words) -> str:  # noqa: PLR0911  a kind of value each
    match value:
        case None | "":
            return spoken.gettext("nothing")
        case bool():
            return spoken.gettext("yes") if value else spoken.gettext("no")
        case Money():
            return _money(value, program, spoken)
        case int():
            return formats.number(value, spoken.language)
        case Decimal():
            return formats.rate(value, spoken.language)
        case date():
            return formats.day(value, spoken.language)
        case str():
            return value if len(value) <= LETTERS_MAX else f"{value[:LETTERS_MAX]}…"
        case Mapping():
            pairs = [f"{key}: {_plain(each, program, spoken)}" for key, each in value.items()]
            return ", ".join(pairs) or spoken.gettext("nothing")
        case tuple() | frozenset() | set():
            items = [_plain(each, program, spoken) for each in value]
            listed = items if isinstance(value, tuple) else sorted(items)
            return ", ".join(listed) or spoken.gettext("nothing")
        case _:
            return _record(value, program, spoken)


def _record(value: object, program: Program, spoken: Words) -> str:
    if not is_dataclass(value) or isinstance(value, type):
        return str(value)
    told = [
        f"{field.name} {_plain(getattr(value, field.name), program, spoken)}"
        for field in fields(value)
        if field.compare and getattr(value, field.name) not in (None, "", (), {}, 0, False)
    ]
    return f"{type(value).__name__.lower()} ({', '.join(told)})"


def _money(value: Money, program: Program, spoken: Words) -> str:
    unit = program.units.get(value.unit)
    digits = unit.digits if unit is not None else 0
    amount = formats.money(value.amount_minor, value.unit, digits, spoken.language)
    return amount if is_currency(value.unit) else f"{amount} {value.unit}"


def _unit_of(change: Change, program: Program) -> str | None:
    """The unit in whose smallest parts a number counts; None where it counts none."""
    names = [step for step in change.path if isinstance(step, str)]
    last = change.path[-1] if change.path else None
    if isinstance(last, At) and names[-1:] == ["up_to_minor"]:
        return last.key
    if change.section == "ladders" and isinstance(last, At):
        return last.key
    if names[:1] == ["top_up"]:
        budget = program.budgets.get(change.key)
        return next((node.unit for node in budget.nodes.values()), None) if budget else None
    if isinstance(last, str) and last.endswith("_minor"):
        found: str | None = next(
            (holder.unit for holder in change.holders if hasattr(holder, "unit")),
            None,
        )
        return found
    return None
