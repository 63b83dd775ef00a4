"""The scenarios there are: all green, and red as soon as a program loses what somebody relies on."""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from tests.scenarios.mutants import MUTANTS, NOUNS, Document, Mutant, whole
from tests.scenarios.pages import EXAMPLES, FILES, page, pages_of, shown

from guerdon.engine.scenarios.run import Ground, run_scenario
from guerdon.engine.scenarios.scenario import Published, Scenario
from guerdon.program.load import load_program, read_program
from guerdon.program.model import Program


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_the_scenario_is_green(ground: Ground, file: Path) -> None:
    assert run_scenario(ground, page(file)) == []


def test_the_examples_have_scenarios_enough() -> None:
    counts = Counter(example.name for example in EXAMPLES for _ in pages_of(example))
    assert set(counts) == {"ev_maker", "coffee_roaster", "gym"}
    assert counts.total() >= 60
    assert min(counts.values()) >= 14


def test_no_two_scenarios_say_the_same() -> None:
    said = [page(file).it for file in FILES]
    assert len(set(said)) == len(said)


def program_of(document: Document) -> Program | None:
    program = read_program(json.dumps(document, ensure_ascii=False))
    return program if isinstance(program, Program) else None


@cache
def asked(example: Path) -> list[tuple[Scenario, str]]:
    # A page that publishes would turn red where its change no longer fits, whatever it shows.
    pages = [each for each in pages_of(example) if not any(isinstance(s, Published) for s in each.when)]
    return [(each, each.file.read_text(encoding="utf-8")) for each in pages]


def likely_first(example: Path, words: tuple[str, ...]) -> list[Scenario]:
    # Pages that speak of what was taken out come first, short ones before long ones: that saves most runs.
    def rank(each: tuple[Scenario, str]) -> tuple[int, int]:
        _, text = each
        return -sum(word in text for word in words), len(text)

    return [scenario for scenario, _ in sorted(asked(example), key=rank)]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.example.name}: {mutant.name}")
def test_a_scenario_turns_red_without(ground: Ground, mutant: Mutant) -> None:
    program = next(filter(None, map(program_of, mutant.documents())), None)
    # No mutant is caught by the check alone: what is left is a program in order, only another one.
    assert program is not None, f"{mutant.name} cannot be taken out"
    pages = likely_first(mutant.example, mutant.words)
    red = next((s for s in pages if run_scenario(ground, s, program)), None)
    assert red is not None, f"no scenario notices that this is gone: {mutant.name}"
    print(f"{mutant.name}: noticed by {shown(red.file)}")  # noqa: T201  pytest -rP shows it


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_what_turns_a_mutant_red_is_what_it_lost(example: Path) -> None:
    # Written and read again just as the mutants are, the whole program is the one whose pages are green.
    assert program_of(whole(example)) == load_program(example / "program.yaml")


def test_each_thing_has_its_mutant() -> None:
    named = [(mutant.example, mutant.name) for mutant in MUTANTS]
    assert len(set(named)) == len(named)
    for example in EXAMPLES:
        document, names = whole(example), {name for of, name in named if of == example}
        assert {f"rule {key}" for key in document["rules"]} <= names
        ifs = {f"condition of rules {key}" for key, rule in document["rules"].items() if "if" in rule}
        assert ifs | {f"condition of segments {key}" for key in document.get("segments", {})} <= names
        assert {f"limit {key}" for key in document["limits"]} <= names
        assert {f"derived {key}" for key in document.get("derived", {})} <= names
        assert {f"group {key}" for key in document.get("groups", {})} <= names
        rows = {
            f"row {n} of {key}"
            for key, t in document.get("tables", {}).items()
            for n in range(len(t["rows"]))
        }
        assert rows <= names
        connections = document.get("connections", {}).values()
        mapped = sum(len(connection.get("map", ())) for connection in connections)
        assert sum(name.startswith("map ") for name in names) == mapped


def test_each_noun_is_taken_out_somewhere() -> None:
    assert [noun.__name__ for noun in NOUNS if not any(list(noun(whole(e))) for e in EXAMPLES)] == []
