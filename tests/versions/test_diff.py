"""What two versions say otherwise is told: every field of the model, in words of six languages."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import pytest
from tests.editing.drafts import TEXT as DRAFTED
from tests.editing.drafts import WITH_OWN_TABLE
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
    ROOT / "tests" / "program" / "spoken.yaml",
    ROOT / "tests" / "api" / "program.yaml",
    ROOT / "tests" / "program" / "club.yaml",
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
    assert {"Topic.agreement", "Caps.week", "Quiet.ends", "OwnText.push", "Remind.after_days"} <= set(seen)
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
        # The rules by what people call them, not by their keys.
        (
            ("times: 2, rules: [visit]", "times: 2, rules: [visit, walk]"),
            ["Limit Visit day, rules: Visit → Visit, Walk; 2 rules use it"],
        ),
        (
            ("  de-ulm: { name: Ulm, market: DE }\n", "  de-ulm: { name: Ulm!, market: DE }\n"),
            ["Location Ulm!, name: Ulm → Ulm!"],
        ),
    ],
    ids=["everywhere", "one market", "budget", "limit", "rules", "location"],
)
def test_changes_are_told_in_words(change: tuple[str, str], said: list[str]) -> None:
    assert summary(changed(), changed(change), "en") == said


def told(source: str | Path, *changes: tuple[str, str], language: str = "en") -> list[str]:
    """What is said of a text when these parts of it change."""
    base = None if isinstance(source, str) else source.parent
    text = source if isinstance(source, str) else source.read_text(encoding="utf-8")
    changed_text = text
    for old, new in changes:
        assert old in text, old
        changed_text = changed_text.replace(old, new)
    before, after = read_program(text, base), read_program(changed_text, base)
    assert isinstance(before, Program), before
    assert isinstance(after, Program), after
    return summary(before, after, language)


CELL = ("[new, -, 30 PTS]", "[new, -, 35 PTS]")
HARBOR_WALLET = FILES[-2]
CLUB, EV_MAKER, GYM = FILES[-1], FILES[1], ROOT / "examples" / "gym" / "program.yaml"


@pytest.mark.parametrize(
    ("source", "changes", "said"),
    [
        (DRAFTED, [CELL], ["Table By kind, row for kind new: 30 PTS → 35 PTS; 1 rule uses it"]),
        (
            DRAFTED,
            [("[used, basic, nothing]", "[used, basic, 3 PTS]")],
            ["Table By kind, row for kind used, level basic: nothing → 3 PTS; 1 rule uses it"],
        ),
        (
            DRAFTED,
            [("[new, -, 30 PTS]  # the new ones\n", "[new, plus, 30 PTS]\n      - [new, basic, 9 PTS]\n")],
            [
                "Table By kind, row for kind new is gone: 30 PTS; 1 rule uses it",
                "Table By kind, row for kind new, level plus is new: 30 PTS; 1 rule uses it",
                "Table By kind, row for kind new, level basic is new: 9 PTS; 1 rule uses it",
            ],
        ),
        (
            WITH_OWN_TABLE,
            [("[plus, 100 PTS]", "[plus, 120 PTS]")],
            ["Rule Points, table row for level plus: 100 PTS → 120 PTS"],
        ),
        (
            CLUB,
            [('[NO, race, "", 2300.00 NOK]', '[NO, race, "", nothing]')],
            [
                (
                    "Table By bike and price, row for country Norway, kind race: NOK2,300 → "
                    "nothing; 1 rule uses it"
                )
            ],
        ),
        (
            CLUB,
            [("bike.kind == 'race')", "bike.kind == 'trail')")],
            [
                (
                    "Segment Racers, condition: there is one of these: Bike, for which kind is race"
                    " → there is one of these: Bike, for which kind is trail; 1 rule uses it"
                )
            ],
        ),
        (
            CLUB,
            [("race] }\n      bought_on", "race, cargo] }\n      bought_on")],
            [
                (
                    "Holding Bike, fields kind values allowed: city, trail, race → city, trail, race, cargo;"
                    " 1 rule uses it"
                )
            ],
        ),
        (
            GYM,
            [("minutes, '7d')", "minutes, '14d')")],
            [
                (
                    "Derived attribute Minutes in a week, worked out as: sum of “minutes” of “Visit” in the"
                    " last 7 days → sum of “minutes” of “Visit” in the last 14 days; 1 rule uses it"
                )
            ],
        ),
        (
            GYM,
            [("    change: { event: subscription.renewed, key: contract }\n", "")],
            ["Holding Subscription, changes with Renewal is gone: Renewal; 3 rules use it"],
        ),
        (
            EV_MAKER,
            [("value: confirmed, event: booking", "value: done, event: booking"), ("4471209", "4471210")],
            [
                "Connection hubspot_eu, account: 4471209 → 4471210; 4 rules use it",
                "Connection hubspot_eu, property booking_status = confirmed is gone: Booking; 4 rules use it",
                "Connection hubspot_eu, property booking_status = done is new: Booking; 4 rules use it",
            ],
        ),
        (
            HARBOR_WALLET,
            [
                ('delimiter: ";"', 'delimiter: "|"'),
                ("amount: total }\n    thousands", "amount: sum }\n    thousands"),
            ],
            [
                "File drop dealer_orders, fields amount column: total → sum; 1 rule uses it",
                "File drop dealer_orders, delimiter: ; → |; 1 rule uses it",
            ],
        ),
    ],
    ids=[
        "cell",
        "nothing",
        "rows",
        "own",
        "market",
        "segment",
        "holding",
        "derived",
        "life",
        "connection",
        "drop",
    ],
)
def test_what_is_declared_is_told_in_words(
    source: str | Path, changes: list[tuple[str, str]], said: list[str]
) -> None:
    assert told(source, *changes) == said


def test_nothing_that_is_told_is_called_as_the_model_calls_it() -> None:
    """In every language; and a row is named by what it asks."""
    for language in LANGUAGES:
        (cell,) = told(DRAFTED, CELL, language=language)
        assert re.search("kind.new", cell), cell
        lines = [
            *told(CLUB, ("bike.kind == 'race')", "bike.kind == 'trail')"), language=language),
            *told(GYM, ("minutes, '7d')", "minutes, '14d')"), language=language),
            *told(EV_MAKER, ("HUBSPOT_CLIENT_SECRET", "HUBSPOT_SECRET"), language=language),
            cell,
        ]
        for line in lines:
            names = r"_text|_minor|opens|closes|mappings|rows|cells|sum\(|holds\(|rowview|condition_"
            assert re.search(names, line) is None, line


def test_rules_in_another_order_are_a_change() -> None:
    program = changed()
    turned = replace(program, rules=MappingProxyType(dict(reversed(list(program.rules.items())))))
    (told,) = summary(program, turned, "en")
    assert told.startswith("Rule: in another order, Sale, Walk undone")


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
