"""A page with mistakes is told all of them at once, each with its line, before anything is played."""

from pathlib import Path

import pytest
from tests.scenarios.pages import READER

from guerdon.engine.scenarios.scenario import Scenario

WRONG = """\
it: has nearly every mistake there is
program: examples/ev_maker/program.yaml
now: yesterday
given:
  ada: { market: GERMANY, employe: false }
  bob: { market: DE, employee: perhaps, id: 1001, location: de-atlantis }
  eva: { location: de-hamburg-altona }
  "the boss": { market: DE }
  budgets: { by_markt: { DE: 1.00 }, by_market: { XX: 1.00, PT: 1.5 } }
when:
  - hubspot_eu: { contact: adda, property: booking_status, value: confirmed, at: soon, times: 99 }
  - hubspot: { contact: ada, property: booking_status }
  - event: { member: ada, type: booking.confirmd }
  - event: [{ member: ada }]
  - { enroll: { ada: { market: DE } }, event: { member: ada } }
then:
  - earned: { member: carl, rule: bookng, value: 200 DM }
  - refused: { member: ada, rule: booking, reason: limit:member_moth }
  - refused: { member: ada, rule: booking, reason: because }
  - earnd: { member: ada, rule: booking }
  - duplicate: many
  - earned: { member: ada, rule: booking, pay_from: budget:by_market:XX, expires_on: tomorrow }
  - left: { budget: by_market, market: PT }
  - waiting: { contact: nobody }
never:
  - erned
  - earned: { value: much }
"""

TOLD = {
    3: ["now: yesterday is not a time"],
    5: ["given.ada.market: unknown market GERMANY", "given.ada.employe: unknown key employe"],
    6: [
        "given.bob.employee: 'perhaps' is neither",
        "given.bob.location: unknown location de-atlantis",
        "id 1001",
    ],
    7: ["given.eva: market is missing"],
    8: ["the boss is no short name"],
    9: ["unknown budget by_markt", "unknown market XX", "1.5 has 1, EUR has 2"],
    11: ["unknown person adda", "at: soon is not a time", "times: 99 is not a whole number"],
    12: ["unknown step hubspot"],
    13: ["unknown event booking.confirmd"],
    14: ["type is missing"],
    15: ["a step is one thing that happens"],
    17: ["unknown person carl", "unknown rule bookng", "unknown unit DM"],
    18: ["unknown limit member_moth"],
    19: ["unknown reason because"],
    20: ["unknown outcome earnd"],
    21: ["many is not a whole number"],
    22: ["unknown account budget:by_market:XX", "tomorrow is not a day"],
    23: ["amount is missing"],
    24: ["unknown person nobody"],
    26: ["unknown outcome erned"],
    27: ["much is not an amount"],
}


def mistakes_of(folder: Path, text: str) -> list[tuple[int | None, str]]:
    file = folder / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    found = READER.read(file)
    assert not isinstance(found, Scenario)
    return [(problem.line, f"{problem.where}: {problem.what}") for problem in found]


def test_all_mistakes_of_a_page_are_told_with_their_lines(tmp_path: Path) -> None:
    told = mistakes_of(tmp_path, WRONG)
    for line, parts in TOLD.items():
        here = [what for at, what in told if at == line]
        assert [part for part in parts if not any(part in what for what in here)] == [], here
        assert len(here) == len(parts), here
    assert {line for line, _ in told} == set(TOLD)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", None, "the file is empty"),
        ("- it\n", 1, "a scenario is a mapping"),
        ("it: [\n", 2, "this is not YAML"),
        ("it: x\nprogram: examples/nowhere.yaml\nwhen: []\nthen: []\n", 2, "there is no such file"),
        ("it: x\n", 1, "program is missing"),
        ("it: x\nprogram: examples/ev_maker/program.yaml\nwhen: []\nthen: []\n", 3, "nothing happens"),
        ("it: x\nprogram: examples/ev_maker/program.yaml\nwhen: []\nthen: []\n", 4, "nothing is expected"),
        ("it: x\nwhy: not\nprogram: examples/ev_maker/program.yaml\n", 2, "unknown key why"),
    ],
)
def test_a_page_that_is_none_says_why(tmp_path: Path, text: str, line: int | None, what: str) -> None:
    assert any(at == line and what in said for at, said in mistakes_of(tmp_path, text)), mistakes_of(
        tmp_path, text
    )


def test_a_program_with_mistakes_is_told_by_its_first(tmp_path: Path) -> None:
    (tmp_path / "program.yaml").write_text("program: Wrong\n")
    ((line, said),) = mistakes_of(tmp_path, "it: x\nprogram: program.yaml\nwhen: []\nthen: []\n")
    assert line == 2
    assert "program.yaml: line 1" in said


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    assert "cannot be read" in str(READER.read(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("left: { budget: by_market, amount: 1.00 EUR }", "market is missing"),
        ("left: { budget: central, market: DE, amount: 1.00 EUR }", "central is not divided by market"),
        ("left: { budget: by_market, market: DE, location: x, amount: 1.00 EUR }", "unknown location x"),
        ("held: { member: ada, rule: booking, reason: limit:velocty }", "unknown limit velocty"),
        ("refused: { member: ada, rule: booking, reason: cap:EURO }", "unknown cap EURO"),
        ("refused: { member: ada, rule: booking, reason: payer:centrl }", "unknown payer centrl"),
        ("reversed: { member: ada, rule: bookin }", "unknown rule bookin"),
        ("awaiting: { member: ada }", "rule is missing"),
        ("debt: { member: ada }", "amount is missing"),
        ("redeemed: { member: ada, item: green_baskt }", "unknown item green_baskt"),
        ("declined: { member: ada, item: green_basket, reason: usd }", "unknown reason usd"),
        ("voided: { member: ada }", "item is missing"),
    ],
)
def test_a_line_about_money_names_what_there_is(tmp_path: Path, line: str, what: str) -> None:
    page = (
        "it: x\nprogram: examples/ev_maker/program.yaml\ngiven:\n  ada: { market: DE }\n"
        f"when: [{{ event: {{ member: ada, type: booking.canceled }} }}]\nthen:\n  - {line}\n"
    )
    assert any(at == 7 and what in said for at, said in mistakes_of(tmp_path, page)), mistakes_of(
        tmp_path, page
    )


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("redeem: { member: ada, item: green_basket }", "rule is missing"),
        ("redeem: { member: bob, rule: booking, item: green_basket }", "unknown person bob"),
        ("redeem: { member: ada, rule: bookin, item: green_basket }", "unknown rule bookin"),
        ("use: { member: ada, item: green_baskt }", "unknown item green_baskt"),
        ("use: { member: ada, item: green_basket, rule: booking }", "unknown key rule"),
    ],
)
def test_a_choice_names_what_there_is(tmp_path: Path, step: str, what: str) -> None:
    page = (
        "it: x\nprogram: examples/ev_maker/program.yaml\ngiven:\n  ada: { market: DE }\n"
        f"when:\n  - {step}\nthen:\n  - duplicate: 1\n"
    )
    assert any(at == 6 and what in said for at, said in mistakes_of(tmp_path, page)), mistakes_of(
        tmp_path, page
    )


def test_only_accounts_that_there_are_can_be_given_money(tmp_path: Path) -> None:
    page = (
        "it: x\nprogram: examples/ev_maker/program.yaml\n"
        "given:\n  budgets:\n    central: lots\n    by_market: { XX: 1.00 }\nwhen: []\nthen: []\n"
    )
    told = mistakes_of(tmp_path, page)
    assert (5, "given.budgets.central: lots is not an amount") in told
    assert (6, "given.budgets.by_market.XX: unknown market XX") in told


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("now: 2026-11-21T11:59:59Z", "time does not go back"),
        ("now: soon", "soon is not a time"),
        ("sign: { member: ada, rule: booking }", "by is missing"),
        ("sign: { member: ada, rule: booking, by: boss }", "unknown role boss"),
        ("sign: { member: ada, rule: booking, by: finance, say: perhaps }", "unknown verdict perhaps"),
        ("spend: { member: ada, amount: 5 PTS }", "unknown unit PTS"),
        ("publish: { live_from: 2026-12-01T00:00:00Z }", "change is missing"),
        ("publish: { change: more }", "nothing changes"),
        ("publish: { change: { rules: { booking: { if: 1 } } } }", "rules.booking.if: "),
        ("publish: { change: { rules: { booking: { promise: campaign } } }, live_from: 2026-01-01 }", "late"),
    ],
)
def test_a_step_of_time_people_and_versions_says_what_is_wrong(tmp_path: Path, step: str, what: str) -> None:
    page = (
        "it: x\nprogram: examples/ev_maker/program.yaml\ngiven:\n  ada: { market: DE }\n"
        f"when:\n  - {step}\nthen:\n  - duplicate: 1\n"
    )
    told = mistakes_of(tmp_path, page)
    assert any(at == 6 and what in said for at, said in told), told


def test_what_a_later_version_brings_may_be_named_after_it(tmp_path: Path) -> None:
    page = (
        "it: x\nprogram: examples/ev_maker/program.yaml\ngiven:\n  ada: { market: DE }\n"
        "  budgets: { by_market: { DE: 1.00 } }\n"
        "when:\n  - publish: { live_from: 2026-12-01, change: { limits: { day: { per: member, period: day,"
        " times: 1 } } } }\nthen:\n  - refused: { member: ada, rule: booking, reason: limit:day }\n"
    )
    ((line, what),) = mistakes_of(tmp_path, page)
    assert (line, "a scheduled version cannot keep the budgets" in what) == (6, True)


def test_a_page_tells_only_of_what_it_is_about(tmp_path: Path) -> None:
    page = (
        "it: x\nprogram: examples/ev_maker/program.yaml\nabout: [booking]\n"
        "given:\n  ada: { market: DE }\nwhen: [{ now: 2026-12-01 }]\n"
        "then:\n  - earned: { member: ada, rule: referral }\n"
    )
    assert mistakes_of(tmp_path, page) == [(3, "about: a line of `then` speaks of referral")]


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("event: { member: bob, type: booking.confirmed, invited_by: ada }", "carries no code"),
        (
            "event: { member: bob, type: friend_code.used, invited_by: ada, data: { code: x } }",
            "it says code and whose code it is",
        ),
        ("event: { member: bob, type: friend_code.used, invited_by: adda }", "unknown person adda"),
        ("event: { member: bob, type: friend_code.used, scheme: friends }", "it does not say who invited"),
        (
            "event: { member: bob, type: friend_code.used, invited_by: ada, scheme: family }",
            "unknown scheme family",
        ),
        (
            "hubspot_eu: { contact: bob, property: friend_code, value: x, invited_by: ada }",
            "it says a value and whose code it is",
        ),
        ("claim: { member: bob }", "invited_by is missing"),
        ("settle: { member: bob, say: perhaps }", "unknown verdict perhaps"),
    ],
)
def test_an_invitation_names_who_invited(tmp_path: Path, step: str, what: str) -> None:
    page = (
        "it: x\nprogram: examples/ev_maker/program.yaml\n"
        "given: { ada: { market: DE }, bob: { market: DE } }\n"
        f"when:\n  - {step}\nthen: [{{ pair: {{ member: bob, state: held, reason: same_vehicle }} }}]\n"
    )
    assert [(at, what in said) for at, said in mistakes_of(tmp_path, page)] == [(5, True)], mistakes_of(
        tmp_path, page
    )


def test_a_program_without_referrals_has_no_invitations(tmp_path: Path) -> None:
    page = (
        "it: x\nprogram: examples/coffee_roaster/program.yaml\ngiven: { ada: { market: DE } }\n"
        "when:\n  - claim: { member: ada, invited_by: ada }\n"
        "then: [{ pair: { member: ada, state: lost, reason: because } }]\n"
    )
    said = [what for _, what in mistakes_of(tmp_path, page)]
    for each in ("the program has no referrals", "unknown state lost", "unknown reason because"):
        assert any(each in what for what in said), said
