"""Why an event earned nothing: plainly for members, by name for staff."""

from pathlib import Path

import pytest

from guerdon.program.load import load_program
from guerdon.program.model import Program
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
    "budget:by_market",
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
    assert "_" not in said


def test_a_member_reads_what_would_be_different_next_time(program: Program) -> None:
    said = reason_text(words("en", "reasons"), "limit:test_drive_month", program)
    assert said == "You can earn this 2 times a month. The next one counts from the 1st."


def test_a_member_reads_the_amount_that_was_reached(program: Program) -> None:
    said = reason_text(words("de", "reasons"), "limit:member_month", program)
    assert "600\N{NO-BREAK SPACE}€" in said


def test_staff_read_which_field_was_missing(program: Program) -> None:
    said = reason_text(words("en", "reasons"), "missing:event.order_type", program, "staff")
    assert said == "The event does not say event.order_type"


def test_a_reason_of_a_later_version_is_shown_as_it_is_to_staff(program: Program) -> None:
    assert reason_text(words("en", "reasons"), "something:new", program, "staff") == "something:new"
