"""The scenarios there are: all green, and red as soon as the program loses what somebody relies on."""

import json
import shutil
from pathlib import Path

import pytest
from tests.scenarios.mutants import MUTANTS, Document, Mutant, whole
from tests.scenarios.pages import EV_MAKER, FILES, page, shown

from guerdon.engine.scenarios.run import Ground, run_scenario
from guerdon.engine.scenarios.scenario import Scenario
from guerdon.program.load import load_program
from guerdon.program.model import Program


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_the_scenario_is_green(ground: Ground, file: Path) -> None:
    assert run_scenario(ground, page(file)) == []


def test_the_ev_maker_has_scenarios_enough() -> None:
    assert len([file for file in FILES if file.is_relative_to(EV_MAKER)]) >= 14


def test_no_two_scenarios_say_the_same() -> None:
    said = [page(file).it for file in FILES]
    assert len(set(said)) == len(said)


def program_of(document: Document, folder: Path) -> Program:
    file = folder / "program.yaml"
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    shutil.copy(EV_MAKER / "locations.csv", folder)
    program = load_program(file)
    # No mutant is caught by the check alone: what is left is a program in order, only another one.
    assert isinstance(program, Program), "\n".join(map(str, program))
    return program


def likely_first(words: tuple[str, ...]) -> list[Scenario]:
    # Pages that speak of what was taken out come first, short ones before long ones: that saves most runs.
    def rank(scenario: Scenario) -> tuple[int, int]:
        text = scenario.file.read_text(encoding="utf-8")
        return -sum(word in text for word in words), len(text)

    return sorted((page(file) for file in FILES if file.is_relative_to(EV_MAKER)), key=rank)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_scenario_turns_red_without(ground: Ground, tmp_path: Path, mutant: Mutant) -> None:
    program = program_of(mutant.document, tmp_path)
    red = next((s for s in likely_first(mutant.words) if run_scenario(ground, s, program)), None)
    assert red is not None, f"no scenario notices that this is gone: {mutant.name}"
    print(f"{mutant.name}: noticed by {shown(red.file)}")  # noqa: T201  pytest -rP shows it


def test_what_turns_a_mutant_red_is_what_it_lost(ground: Ground, tmp_path: Path) -> None:
    # Written and read again just as the mutants are, the whole program keeps its scenarios green.
    program = program_of(whole(), tmp_path)
    assert [s.it for s in likely_first(()) if run_scenario(ground, s, program)] == []


def test_every_rule_limit_and_mapping_has_its_mutant() -> None:
    document, names = whole(), [mutant.name for mutant in MUTANTS]
    mapped = sum(len(connection["map"]) for connection in document["connections"].values())
    assert len(set(names)) == len(names)
    assert {f"rule {key}" for key in document["rules"]} <= set(names)
    assert {f"condition of {key}" for key, rule in document["rules"].items() if "if" in rule} <= set(names)
    assert {f"limit {key}" for key in document["limits"]} <= set(names)
    assert {f"top-up of {key}" for key, budget in document["budgets"].items() if "top_up" in budget} <= set(
        names
    )
    assert sum(name.startswith("map ") for name in names) == mapped
