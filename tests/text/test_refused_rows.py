"""Each reason for which a row of a file is refused is said in each language, with its values and without."""

from typing import get_args

import pytest

from guerdon.engine.files.refusing import Why, refused
from guerdon.text.catalogs import words
from guerdon.text.files.refused_rows import GONE, refused_row_text
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES

VALUES = (
    "fault",
    "n",
    "most",
    "mark",
    "given",
    "theirs",
    "market",
    "known",
    "first",
    "last",
    "columns",
    "today",
)
OF_RATES = ("base", "quote", "day", "rate")
WHYS: tuple[Why, ...] = get_args(Why)


@pytest.mark.parametrize("why", WHYS)
def test_each_reason_is_said_in_each_language(why: Why) -> None:
    english = refused("market", 3, why)
    for language in LANGUAGES:
        spoken = words(language, "reasons")
        said = refused_row_text(spoken, why, dict.fromkeys((*VALUES, *OF_RATES), "x"), "market")
        assert GONE not in said
        # What a row says is let go after a time; that it was refused, and why, is not.
        assert "market" in refused_row_text(spoken, why, {}, "market")
        assert language == FALLBACK_LANGUAGE or english.what not in said


def test_programs_read_it_as_any_problem_of_a_file() -> None:
    said = refused("market", 3, "unknown_market", {"near": "DE"}, given="XX")
    assert str(said) == "line 3, market: unknown market 'XX'  (did you mean DE?)"
    assert str(refused("row", 2, "cells", n=1_200, most=3)).endswith("has 1200 cells where the header has 3")


def test_a_value_keeps_its_own_direction() -> None:
    said = refused_row_text(words("ar", "reasons"), "unknown_market", {"given": "XX", "near": "DE"})
    assert "\N{FIRST STRONG ISOLATE}XX\N{POP DIRECTIONAL ISOLATE}" in said
