"""The examples' scenarios, and whether they would notice: every line of a program that matters is taken out once."""

import copy
import json
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from guerdon import embedded
from guerdon.cli.scenarios import DOORS, list_scenarios
from guerdon.engine.scenarios.compare import Played, differences
from guerdon.engine.scenarios.read import Reader
from guerdon.engine.scenarios.run import Ground, opened_ground, run_scenario
from guerdon.engine.scenarios.scenario import Happening, Scenario
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.store.migrations import migrate

REPOSITORY = Path(__file__).resolve().parents[1]
EV_MAKER = REPOSITORY / "examples" / "ev_maker"
FILES = list_scenarios([*sorted(REPOSITORY.glob("examples/*/scenarios")), REPOSITORY / "tests" / "scenarios"])
READER = Reader(REPOSITORY)


@pytest.fixture(scope="module")
def ground(postgres: embedded.Server, secret: str) -> Iterator[Ground]:
    """One database for all scenarios and all mutants: each run is a program of its own in it."""
    url = postgres.url(f"scenarios_{secrets.token_hex(4)}")
    migrate(url, secret)
    with opened_ground(url, secret, DOORS) as opened:
        yield opened


def read(file: Path) -> Scenario:
    found = READER.read(file)
    assert isinstance(found, Scenario), "\n".join(map(str, found))
    return found


def shown(file: Path) -> str:
    return str(file.relative_to(REPOSITORY))


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_the_scenario_is_green(ground: Ground, file: Path) -> None:
    assert run_scenario(ground, read(file)) == []


def test_the_ev_maker_has_scenarios_enough() -> None:
    assert len([file for file in FILES if file.is_relative_to(EV_MAKER)]) >= 14


def test_no_two_scenarios_say_the_same() -> None:
    said = [read(file).it for file in FILES]
    assert len(set(said)) == len(said)


@dataclass
class Mutant:
    """A program with something taken out, and words by which the scenarios that should notice are found."""

    name: str
    words: list[str]
    document: dict[str, Any]


def document() -> dict[str, Any]:
    # BaseLoader leaves every scalar a text, as Guerdon's own reader does: Norway stays NO.
    loaded: dict[str, Any] = yaml.load((EV_MAKER / "program.yaml").read_text(), Loader=yaml.BaseLoader)  # noqa: S506
    return loaded


def without_rule(program: dict[str, Any], rule: str) -> None:
    del program["rules"][rule]
    for key, limit in list(program["limits"].items()):
        if rule in limit.get("rules", []):
            limit["rules"].remove(rule)
            # A limit of no rule is a mistake of its own.
            if not limit["rules"]:
                del program["limits"][key]


def mutants() -> Iterator[Mutant]:
    """Take out each rule, condition, part of a condition, message, limit, mapping and ignored property in turn."""
    whole = document()

    def mutant(name: str, *words: str) -> Mutant:
        return Mutant(name, [word for word in words if word], copy.deepcopy(whole))

    for key, rule in whole["rules"].items():
        made = mutant(f"rule {key}", f"rule: {key}")
        without_rule(made.document, key)
        yield made
        if "if" in rule:
            made = mutant(f"condition of {key}", f"rule: {key}", "reason: condition")
            del made.document["rules"][key]["if"]
            yield made
        parts = re.split(r" && ", rule.get("if", ""))
        for part in parts if len(parts) > 1 else []:
            made = mutant(
                f"condition of {key}: {part}", f"rule: {key}", "reason: condition", *re.findall(r"\w+$", part)
            )
            made.document["rules"][key]["if"] = " && ".join(other for other in parts if other != part)
            yield made
        for number, step in enumerate(rule["then"]):
            if "send" in step:
                made = mutant(f"message of {key}", f"rule: {key}", "message:")
                del made.document["rules"][key]["then"][number]
                yield made
    for key in whole["limits"]:
        made = mutant(f"limit {key}", f"limit:{key}")
        del made.document["limits"][key]
        yield made
    for name, connection in whole["connections"].items():
        for number, mapping in enumerate(connection["map"]):
            value = mapping.get("value", "")
            made = mutant(
                f"mapping of {mapping['property']} {value}".strip(), mapping["property"], f"value: {value}"
            )
            del made.document["connections"][name]["map"][number]
            yield made
        for number, ignored in enumerate(connection.get("ignore", [])):
            made = mutant(f"ignored {ignored}", ignored)
            del made.document["connections"][name]["ignore"][number]
            yield made


MUTANTS = list(mutants())


def likely_first(words: list[str]) -> list[Scenario]:
    """The scenarios of the EV maker; those that speak of what was taken out come first, which saves most runs."""
    scenarios = [read(file) for file in FILES if file.is_relative_to(EV_MAKER)]
    return sorted(scenarios, key=lambda s: -sum(word in s.file.read_text() for word in words))


def test_every_part_that_matters_has_its_mutant() -> None:
    whole = document()
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)
    assert {f"rule {key}" for key in whole["rules"]} < set(names)
    assert {f"limit {key}" for key in whole["limits"]} < set(names)
    mappings = sum(len(connection["map"]) for connection in whole["connections"].values())
    assert sum(name.startswith("mapping of ") for name in names) == mappings


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_scenario_turns_red_without(ground: Ground, tmp_path: Path, mutant: Mutant) -> None:
    file = tmp_path / "program.yaml"
    file.write_text(json.dumps(mutant.document, ensure_ascii=False))
    shutil.copy(EV_MAKER / "locations.csv", tmp_path)
    program = load_program(file)
    # None is caught by the check alone: what is left is always a program, only another one.
    assert isinstance(program, Program), "\n".join(map(str, program))
    red = next((s for s in likely_first(mutant.words) if run_scenario(ground, s, program)), None)
    assert red is not None, f"no scenario notices that this is gone: {mutant.name}"
    print(f"{mutant.name}: caught by {shown(red.file)}")


def test_the_whole_program_is_no_mutant(ground: Ground, tmp_path: Path) -> None:
    # Written and read again as the mutants are, it keeps its scenarios green: what turns them red is the cut.
    file = tmp_path / "program.yaml"
    file.write_text(json.dumps(document(), ensure_ascii=False))
    shutil.copy(EV_MAKER / "locations.csv", tmp_path)
    program = load_program(file)
    assert isinstance(program, Program)
    assert run_scenario(ground, read(EV_MAKER / "scenarios" / "rules" / "booking.yaml"), program) == []


def written(folder: Path, then: str, never: str = "") -> Scenario:
    file = folder / "scenario.yaml"
    file.write_text(
        "it: expects something\n"
        "program: examples/ev_maker/program.yaml\n"
        "given:\n"
        "  ada: { market: DE, employee: false }\n"
        "when:\n"
        "  - hubspot_eu: { contact: ada, property: test_drive_status, value: completed }\n"
        f"then:\n{then}{never}"
    )
    return read(file)


EARNED = "  - earned: { member: ada, rule: test_drive, value: 25.00 EUR }\n"
MESSAGE = "  - message: { member: ada, message: reward_ready }\n"


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        pytest.param(EARNED + MESSAGE, [], id="right"),
        pytest.param(
            EARNED.replace("25", "24") + MESSAGE,
            [
                "line 8: did not happen: earned: { member: ada, rule: test_drive, value: 24.00 EUR }",
                "happened, and no line expects it: earned: { member: ada, rule: test_drive, pay_from: "
                "budget:by_market:DE, value: 25.00 EUR, expires_on: 2027-02-19 }",
            ],
            id="another amount",
        ),
        pytest.param(
            EARNED,
            [
                "happened, and no line expects it: "
                "message: { member: ada, message: reward_ready, channel: email }"
            ],
            id="something is not expected",
        ),
        pytest.param(
            EARNED + MESSAGE + MESSAGE,
            ["line 10: did not happen: message: { member: ada, message: reward_ready }"],
            id="once is not twice",
        ),
        pytest.param(
            EARNED + MESSAGE + "  - duplicate: 1\n", ["line 10: did not happen: duplicate"], id="a number"
        ),
        pytest.param(
            EARNED + MESSAGE + "  - balance: { member: ada, purse: 50.00 EUR }\n",
            ["line 10: expected balance: { member: ada, purse: 50.00 EUR }, but it is 25.00 EUR"],
            id="a balance",
        ),
        pytest.param(
            EARNED + MESSAGE + "  - left: { budget: by_market, market: PT, amount: 1.00 EUR }\n",
            [
                "line 10: expected left: { budget: by_market, market: PT, amount: 1.00 EUR }, but it is 4000.00 EUR"
            ],
            id="what is left",
        ),
        pytest.param(
            EARNED + MESSAGE + "never:\n  - message: { member: ada }\n",
            [
                "line 11: must never happen, but did: "
                "message: { member: ada, message: reward_ready, channel: email }"
            ],
            id="never",
        ),
    ],
)
def test_a_scenario_that_expects_the_wrong_thing_is_red(
    ground: Ground, tmp_path: Path, then: str, expected: list[str]
) -> None:
    assert run_scenario(ground, written(tmp_path, then)) == expected


def test_a_vague_line_leaves_the_happening_that_a_precise_one_needs(tmp_path: Path) -> None:
    earned = "  - earned: { member: ada, rule: test_drive }\n"
    scenario = written(tmp_path, earned + earned.replace(" }", ", value: 25.00 EUR }"))
    facts = {"member": "ada", "rule": "test_drive"}
    precise, other = (Happening("earned", facts | {"value": value}) for value in ("25.00 EUR", "24.00 EUR"))
    assert differences(scenario, Played([precise, other], [])) == []
    assert len(differences(scenario, Played([other, other], []))) == 2
