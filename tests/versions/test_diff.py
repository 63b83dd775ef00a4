"""What two versions say otherwise is told: every field of the model, in words of six languages."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import pytest
from tests.rules.harbor import HARBOR
from tests.versions.house import SLOW_7, changed

from guerdon.expressions import Condition
from guerdon.program.diff import diff, summary
from guerdon.program.diff.changes import WHOLE
from guerdon.program.load import load_program, read_program
from guerdon.program.model import Program
from guerdon.program.plain_yaml import as_yaml
from guerdon.values.texts import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
FILES = (
    HARBOR,
    ROOT / "examples" / "ev_maker" / "program.yaml",
    ROOT / "tests" / "approvals" / "program.yaml",
    ROOT / "tests" / "budgets" / "tree.yaml",
)


def programs() -> list[Program]:
    read = [load_program(file) for file in FILES]
    assert all(isinstance(program, Program) for program in read), read
    return [cast("Program", program) for program in read]


def other(value: object) -> object:  # noqa: PLR0911  a kind of value each
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value + "x"
        case Decimal():
            return value + 1
        case date():
            return value + timedelta(days=1)
        case tuple() | frozenset():
            return type(value)() if value else type(value)(("x",))
        case Mapping():
            return {} if value else {"x": "y"}
        case None:
            return "x"
        case _:
            return None


def mutants(value: Any) -> Iterator[tuple[str, Any]]:
    """Everything that a value becomes when one field in it, however deep, is another; and which it was."""
    if is_dataclass(value) and not isinstance(value, type | Condition):
        for field in fields(value):
            if field.compare and not (isinstance(value, Program) and field.name in WHOLE):
                yield from of_field(value, field.name)
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from ((name, {**value, key: made}) for name, made in mutants(held))
    elif isinstance(value, tuple):
        for place, held in enumerate(value):
            for name, made in mutants(held):
                yield name, (*value[:place], made, *value[place + 1 :])


def of_field(value: Any, field: str) -> Iterator[tuple[str, Any]]:
    held = getattr(value, field)
    yield f"{type(value).__name__}.{field}", replace(value, **{field: other(held)})
    yield from ((name, replace(value, **{field: made})) for name, made in mutants(held))


def test_no_field_of_the_model_changes_unseen() -> None:
    seen: dict[str, int] = {}
    for program in programs():
        for name, made in mutants(program):
            if seen.get(name, 0) >= 3:
                continue
            seen[name] = seen.get(name, 0) + 1
            assert diff(program, made), name
            assert diff(made, program), name
            for language in LANGUAGES:
                assert all(summary(program, made, language)), name
    # Every field of a program itself, and of what stands in the four.
    assert {f"Program.{field.name}" for field in fields(Program)} - set(seen) == {
        f"Program.{name}" for name in WHOLE
    }
    assert {"Rule.condition_text", "BudgetNode.amount_minor", "Limit.times", "Rung.people"} <= set(seen)
    assert {"Expiry.months", "Rate.rate", "TopUp.below", "PropertyMapping.event", "Item.use"} <= set(seen)


def test_many_changes_at_once_are_each_seen() -> None:
    chance = random.Random(random.getrandbits(32))  # noqa: S311  the run's own seed
    program = programs()[0]
    parts = [field.name for field in fields(Program) if field.name not in WHOLE]
    for _ in range(50):
        some = chance.sample(parts, 3)
        changes: dict[str, Any] = {name: other(getattr(program, name)) for name in some}
        made = replace(program, **changes)
        assert {change.section for change in diff(program, made)} == set(some)


def test_the_same_program_has_no_changes() -> None:
    for program in programs():
        again = read_program(program.text, None, program.key)
        assert isinstance(again, Program)
        assert diff(program, again) == []
        assert summary(program, again, "de") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (SLOW_7, ["Rule Walk, reward: 5 SLOW → 7 SLOW"]),
        (
            ("value: { DE: 200.00 EUR, NO: 50.00 EUR }", "value: { DE: 200.00 EUR, NO: 100.00 EUR }"),
            ["Rule Order, reward in Norway: €50 → €100"],
        ),
        (
            ("amounts: { DE: 1000.00, NO: 100.00 }", "amounts: { DE: 1000.00, NO: 120.00 }"),
            ["Budget Main, amount in Norway: €100 → €120; 2 rules use it"],
        ),
        (
            ("times: 2, rules: [visit]", "times: 3, rules: [visit]"),
            ["Limit Visit day, times: 2 → 3; 1 rule uses it"],
        ),
        (
            ("  de-ulm: { name: Ulm, market: DE }\n", "  de-ulm: { name: Ulm!, market: DE }\n"),
            ["Location Ulm!, name: Ulm → Ulm!"],
        ),
    ],
    ids=["everywhere", "one market", "budget", "limit", "location"],
)
def test_changes_are_told_in_words(change: tuple[str, str], said: list[str]) -> None:
    assert summary(changed(), changed(change), "en") == said


def test_rules_in_another_order_are_a_change() -> None:
    program = changed()
    turned = replace(program, rules=MappingProxyType(dict(reversed(list(program.rules.items())))))
    (told,) = summary(program, turned, "en")
    assert told.startswith("Rule: in another order, sale, walk_undone")


def test_locations_are_counted_where_they_are_many() -> None:
    more = "".join(f"  de-{n}: {{ name: Place {n}, market: DE }}\n" for n in range(12))
    rest = ("de-ulm: 0.00 }", "de-ulm: 0.00, default: 0.00 }")
    grown = changed(("  de-kiel:", f"{more}  de-kiel:"), rest)
    assert summary(changed(), grown, "en")[0] == "12 locations are new"
    assert "12 locations are gone" in summary(grown, changed(), "en")


def test_a_stored_text_is_written_out_as_people_write_it() -> None:
    for program in programs():
        text = as_yaml(program.text)
        again = read_program(text, None, program.key)
        assert isinstance(again, Program), again
        assert again.sha == program.sha
        assert len(text.splitlines()) > 40
