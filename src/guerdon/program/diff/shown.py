"""Values of a program as a change shows them: amounts in their unit, days, lists, and what a file says."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal

from babel.numbers import is_currency

from guerdon.expressions import Condition, compile_expression
from guerdon.program.conditions.vocabulary import TYPES, Vocabulary
from guerdon.program.diff.changes import Change
from guerdon.program.diff.nouns import field_word
from guerdon.program.diff.walk import ORDER, At
from guerdon.program.model import Derived, HoldingStep, Program, PropertyMapping, Row, Rule
from guerdon.program.sentences import Naming, condition_words, value_words
from guerdon.text import formats
from guerdon.text.catalogs import Words
from guerdon.values.money import Money
from guerdon.values.texts import text_in

LETTERS_MAX = 200
# Lines that name other entries, and the section in which those stand.
_SECTIONS: Mapping[str, str] = {
    **{each: each for each in ("rules", "markets", "segments")},
    "campaign": "campaigns",
    "group": "groups",
    "event": "events",
    "when": "events",
}


def shown(value: object, change: Change, program: Program, spoken: Words) -> str:
    """A value of a change, by the program that it stands in."""
    if change.path[-1:] == ("portal",):
        # A number that counts nothing.
        return str(value)
    unit = _unit_of(change, program)
    if unit is not None and isinstance(value, int) and not isinstance(value, bool):
        return _money(Money(value, unit), program, spoken)
    sentence = _sentence(value, change, program, spoken)
    if sentence is not None:
        return sentence
    return _plain(_named(value, change, program, spoken), program, spoken)


def _sentence(value: object, change: Change, program: Program, spoken: Words) -> str | None:
    """A condition or what works out an attribute as a sentence, where that differs from the other's."""
    field = change.path[-1] if change.path else None
    if field == "condition_text":
        told = [_condition(holder, program, spoken) for holder in change.holders]
    elif change.section == "derived" and field == "text":
        told = [_derived(holder, program, spoken) for holder in change.holders]
    else:
        return None
    texts = [getattr(holder, str(field), None) for holder in change.holders]
    return told[texts.index(value)] if value in texts and told[0] != told[1] else None


def _derived(holder: object, program: Program, spoken: Words) -> str | None:
    if not isinstance(holder, Derived):
        return None
    words = Vocabulary(
        program.events, program.attributes, program.markets, program.locations, program.time_zone,
        personal=True, holdings=program.holdings, derived=program.derived,
        segments={key: each.condition_text for key, each in program.segments.items()},
    )  # fmt: skip
    made = compile_expression(holder.text, words.declarations(None), TYPES[holder.type])
    if isinstance(made, list):
        return None
    naming = Naming(program, "", spoken.language)
    return condition_words(made.term, naming) if holder.type == "bool" else value_words(made.term, naming)


def _condition(holder: object, program: Program, spoken: Words) -> str | None:
    condition = getattr(holder, "condition", None)
    if not isinstance(condition, Condition):
        return None
    event = holder.when if isinstance(holder, Rule) else ""
    return condition_words(condition.term, Naming(program, event, spoken.language))


def _named(value: object, change: Change, program: Program, spoken: Words) -> object:
    """Keys of other entries, by what people call those."""
    last = change.path[-1] if change.path else None
    section = change.section if last == ORDER else _SECTIONS.get(str(last), "")
    entries = getattr(program, section, None)
    if not isinstance(entries, Mapping):
        return value

    def name(key: object) -> object:
        called = getattr(entries.get(key), "name", None) if isinstance(key, str) else None
        return text_in(called, spoken.language) or key if isinstance(called, Mapping) else key

    return tuple(map(name, value)) if isinstance(value, tuple) else name(value)


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
            return _entry(value, program, spoken)


def _entry(value: object, program: Program, spoken: Words) -> str:
    """An entry, or what a change is told at, by what people know of it."""
    match value:
        case At():
            return value.key
        case time():
            return value.isoformat("minutes")
        case Row():
            return _plain(value.value, program, spoken)
        case PropertyMapping() | HoldingStep():
            return Naming(program, "", spoken.language).event_type(value.event)
        case _:
            return _record(value, program, spoken)


def _record(value: object, program: Program, spoken: Words) -> str:
    if not is_dataclass(value) or isinstance(value, type):
        return str(value)
    told = [
        f"{field_word(spoken, field.name)}: {_plain(getattr(value, field.name), program, spoken)}"
        for field in fields(value)
        if field.compare
        and field.name != "key"
        and getattr(value, field.name) not in (None, "", (), {}, 0, False)
    ]
    return ", ".join(told) or spoken.gettext("nothing")


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
