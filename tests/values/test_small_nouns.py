"""Problems, texts and the clock."""

from datetime import UTC

import pytest

from guerdon.values.clock import utc_now
from guerdon.values.problems import Problem, did_you_mean
from guerdon.values.texts import text_in


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Problem("rules.booking.if", 12, "wrong", "do this"), "line 12, rules.booking.if: wrong  (do this)"),
        (Problem("rules", None, "wrong"), "rules: wrong"),
        (Problem("", 3, "wrong"), "line 3: wrong"),
        (Problem("", None, "wrong"), "wrong"),
        (Problem("x", 3, "wrong", "", "a.csv"), "a.csv line 3, x: wrong"),
    ],
)
def test_a_problem_reads_as_a_line(problem: Problem, said: str) -> None:
    assert str(problem) == said


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("boking", ["booking", "referral"], "did you mean booking?"),
        ("no", ["NO", "DE"], "did you mean NO?"),
        ("zebra", ["a", "b"], "known: a, b"),
        ("zebra", [], "none is declared"),
        (
            "zebra",
            [f"k{n:02}" for n in range(13)],
            "known: k00, k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, ...",
        ),
    ],
)
def test_an_unknown_word_gets_the_nearest_known_one(word: str, known: list[str], hint: str) -> None:
    assert did_you_mean(word, known) == hint


def test_a_text_falls_back_to_its_language_and_then_to_english() -> None:
    text = {"en": "dealer", "de": "Händler"}
    assert text_in(text, "de") == "Händler"
    assert text_in(text, "de-AT") == "Händler"
    assert text_in(text, "fr") == "dealer"


def test_the_clock_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC
