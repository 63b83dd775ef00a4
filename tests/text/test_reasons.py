"""Why an event earned nothing: plainly for members, by name for staff."""

from dataclasses import replace
from pathlib import Path

import pytest

from guerdon.program.load import load_program
from guerdon.program.model import LimitPeriod, Program
from guerdon.text.catalogs import words
from guerdon.text.reasons import reason_text
from guerdon.values.texts import LANGUAGES

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "ev_maker" / "program.yaml"
REASONS = (
    "issued",
    "condition",
    "missing:event.order_type",
    "limit:member_month",
    "limit:test_drive_month",
    "limit:gone",
    "limit:velocity",
    "budget:by_market",
    "market",
    "campaign",
    "validity",
    "segment:loyal",
    "group:welcome",
    "table:bike_value",
    "amount",
    "cap:EUR",
    "payer:by_market",
    "part",
    "reversed",
    "taken_back",
    "waits",
    "waits_order",
    "held:limit:velocity",
    "held:budget:by_market",
    "held:order",
    "something:new",
)


@pytest.fixture(scope="module")
def program() -> Program:
    loaded = load_program(EXAMPLE)
    assert isinstance(loaded, Program)
    return loaded


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_a_sentence_for_members(program: Program, language: str, reason: str) -> None:
    said = reason_text(words(language, "reasons"), reason, program)
    assert said
    assert "%" not in said
    # The code itself may not show; "condition" is also a French word.
    assert ":" not in reason or reason not in said
    assert "_" not in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("period", ["day", "month", "year", "life", "hours"])
@pytest.mark.parametrize("counted", ["member_month", "test_drive_month"])
def test_every_period_of_a_limit_has_its_sentence(
    program: Program, language: str, period: LimitPeriod, counted: str
) -> None:
    limits = {counted: replace(program.limits[counted], period=period)}
    said = reason_text(words(language, "reasons"), f"limit:{counted}", replace(program, limits=limits))
    month = reason_text(words(language, "reasons"), f"limit:{counted}", program)
    assert (said == month) == (period == "month")
    assert "%" not in said


def test_staff_read_why_something_waits_for_approval(program: Program) -> None:
    said = reason_text(words("en", "reasons"), "held:budget:by_market", program, "staff")
    assert said == "Waits for approval. The budget was used up: Rewards by market"


def test_what_is_held_for_an_order_is_not_told_as_waiting_for_people(program: Program) -> None:
    to_staff = reason_text(words("en", "reasons"), "held:order", program, "staff")
    assert to_staff == "Waits for how the order ends that it is kept for"
    to_member = reason_text(words("en", "reasons"), "held:order", program)
    assert to_member == "You ordered something for this. We wait for how that ends."


def test_a_member_reads_what_would_be_different_next_time(program: Program) -> None:
    said = reason_text(words("en", "reasons"), "limit:test_drive_month", program)
    assert said == "You can earn this 2 times a month. The next one counts from the 1st."


def test_a_member_reads_the_amount_that_was_reached(program: Program) -> None:
    said = reason_text(words("de", "reasons"), "limit:member_month", program)
    assert "600\N{NO-BREAK SPACE}€" in said


def test_staff_read_which_field_was_missing(program: Program) -> None:
    said = reason_text(words("en", "reasons"), "missing:event.order_type", program, "staff")
    assert said == "The event does not say “order type”"
    said = reason_text(words("en", "reasons"), "missing:member.home_town", program, "staff")
    assert said == "It is not known of the member: home town"


def test_a_reason_of_a_later_version_is_shown_as_it_is_to_staff(program: Program) -> None:
    assert reason_text(words("en", "reasons"), "something:new", program, "staff") == "something:new"
