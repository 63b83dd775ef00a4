"""A scenario can fail: whatever a page says wrongly is told, with its line."""

from pathlib import Path

import pytest
from tests.scenarios.pages import page

from guerdon.engine.scenarios.compare import Played, differences
from guerdon.engine.scenarios.run import Ground, run_scenario
from guerdon.engine.scenarios.scenario import Happening, Scenario

PAGE = """\
it: expects something
program: examples/ev_maker/program.yaml
given:
  ada: { market: DE, employee: false }
when:
  - hubspot_eu: { contact: ada, property: test_drive_status, value: completed }
then:
"""
EARNED = "  - earned: { member: ada, rule: test_drive, value: 25.00 EUR }\n"
MESSAGE = "  - message: { member: ada, message: reward_ready }\n"
THE_REWARD = (
    "earned: { member: ada, rule: test_drive, pay_from: budget:by_market:DE, value: 25.00 EUR, "
    "expires_on: 2027-02-19 }"
)
THE_MESSAGE = "message: { member: ada, message: reward_ready, channel: email, rule: test_drive }"


def written(folder: Path, then: str) -> Scenario:
    file = folder / "scenario.yaml"
    file.write_text(PAGE + then, encoding="utf-8")
    return page(file)


def test_what_is_right_has_no_difference(ground: Ground, tmp_path: Path) -> None:
    assert run_scenario(ground, written(tmp_path, EARNED + MESSAGE)) == []


def test_another_amount_is_missing_and_the_real_one_too_much(ground: Ground, tmp_path: Path) -> None:
    then = EARNED.replace("25", "24") + MESSAGE
    assert run_scenario(ground, written(tmp_path, then)) == [
        "line 8: did not happen: earned: { member: ada, rule: test_drive, value: 24.00 EUR }",
        f"happened, and no line expects it: {THE_REWARD}",
    ]


def test_what_no_line_expects_is_too_much(ground: Ground, tmp_path: Path) -> None:
    assert run_scenario(ground, written(tmp_path, EARNED)) == [
        f"happened, and no line expects it: {THE_MESSAGE}",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (MESSAGE, f"did not happen: {MESSAGE.strip()[2:]}"),
        ("  - duplicate: 1\n", "did not happen: duplicate"),
        (
            "  - balance: { member: ada, purse: 50.00 EUR }\n",
            "expected balance: { member: ada, purse: 50.00 EUR }, but it is 25.00 EUR",
        ),
        (
            "  - left: { budget: by_market, market: PT, amount: 1 EUR }\n",
            "expected left: { budget: by_market, market: PT, amount: 1.00 EUR }, but it is 4000.00 EUR",
        ),
        ("never:\n- message: { member: ada }\n", f"must never happen, but did: {THE_MESSAGE}"),
        ("never:\n- earned\n", f"must never happen, but did: {THE_REWARD}"),
    ],
)
def test_a_wrong_line_is_named(ground: Ground, tmp_path: Path, line: str, said: str) -> None:
    number = 10 + line.startswith("never")
    scenario = written(tmp_path, EARNED + MESSAGE + line)
    assert run_scenario(ground, scenario) == [f"line {number}: {said}"]


def test_a_vague_line_leaves_the_happening_that_a_precise_one_needs(tmp_path: Path) -> None:
    vague = "  - earned: { member: ada, rule: test_drive }\n"
    scenario = written(tmp_path, vague + EARNED)
    facts = {"member": "ada", "rule": "test_drive"}
    precise, other = (Happening("earned", facts | {"value": value}) for value in ("25.00 EUR", "24.00 EUR"))
    assert differences(scenario, Played([precise, other], [])) == []
    assert len(differences(scenario, Played([other, other], []))) == 2


def test_what_other_rules_do_is_left_out(ground: Ground, tmp_path: Path) -> None:
    about = PAGE.replace("given:", "about: [booking]\ngiven:")
    file = tmp_path / "scenario.yaml"
    file.write_text(about + "  - balance: { member: ada, purse: 25.00 EUR }\n", encoding="utf-8")
    assert run_scenario(ground, page(file)) == []
    file.write_text(about.replace("[booking]", "[test_drive]") + EARNED, encoding="utf-8")
    assert run_scenario(ground, page(file)) == [f"happened, and no line expects it: {THE_MESSAGE}"]


def test_a_line_may_say_how_often_it_follows(ground: Ground, tmp_path: Path) -> None:
    twice = EARNED.replace(" }", ", times: 2 }") + MESSAGE
    assert run_scenario(ground, written(tmp_path, twice)) == [
        "line 8: did not happen: earned: { member: ada, rule: test_drive, value: 25.00 EUR }"
    ]
