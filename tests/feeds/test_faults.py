"""Why a whole feed cannot be read: kept in English, and said to staff in their language."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest
from tests.feeds.house import Shop

from guerdon.engine.catalog import pulling, wrong
from guerdon.engine.catalog.wrong import UnfitCode, UnfitFeed
from guerdon.text.catalogs import words
from guerdon.text.feed_faults import feed_fault_in_english, feed_fault_text
from guerdon.values.texts import LANGUAGES

CODES: tuple[UnfitCode, ...] = get_args(UnfitCode)
FOLDER = Path(wrong.__file__).parent
# What a supplier's silence is called is looked up by its reason.
UNANSWERED = set(pulling.UNANSWERED.values())


def raised() -> Iterator[tuple[str, ast.expr, frozenset[str]]]:
    """Where, the code, and the names of the values."""
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "UnfitFeed":
                names = frozenset(word.arg for word in node.keywords if word.arg is not None)
                yield f"{path.name}:{node.lineno}", node.args[1], names


def values_of(code: str) -> Mapping[str, int]:
    """The values that a text names, each another number, found out by asking for each that it has not."""
    given: dict[str, int] = {}
    while True:
        try:
            feed_fault_in_english(code, given)
        except KeyError as missing:
            given[str(missing.args[0])] = 12_345 + len(given)
        else:
            return given


def test_whatever_is_raised_has_a_code_and_just_the_values_that_its_text_names() -> None:
    told = [(place, code.value, names) for place, code, names in raised() if isinstance(code, ast.Constant)]
    assert [place for place, code, _ in told if code not in CODES] == []
    assert [(place, code) for place, code, names in told if names != values_of(str(code)).keys()] == []
    assert {code for _, code, _ in told} | UNANSWERED == set(CODES)
    # The one that is looked up.
    others = [place.partition(":")[0] for place, code, _ in raised() if not isinstance(code, ast.Constant)]
    assert others == ["pulling.py"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_kept_in_english_is_said_in_each_language(language: str) -> None:
    spoken = words(language, "reasons")
    kept = {code: feed_fault_in_english(code, values_of(code)) for code in CODES}
    told = {code: feed_fault_text(spoken, english) for code, english in kept.items()}
    assert len(set(told.values())) == len(CODES)
    for code in CODES:
        digits = "".join(letter for letter in told[code] if letter.isdecimal())
        assert "12345" in digits or not values_of(code), told[code]
    assert language == "en" or [code for code in CODES if told[code] == kept[code]] == []


def test_numbers_are_written_as_the_reader_writes_them() -> None:
    many = feed_fault_in_english("rows_many", {"most": 500_000})
    assert many == "the feed has more than 500,000 rows"
    assert feed_fault_text(words("de", "reasons"), many) == "der Feed hat mehr als 500.000 Zeilen"
    line = feed_fault_in_english("line_cut", {"line": 1_200})
    assert line == "the feed ends in the middle of line 1200"
    assert feed_fault_text(words("ar", "reasons"), line).endswith("\u2068" + "1,200" + "\u2069")


def test_what_nobody_has_words_for_stays_as_it_is() -> None:
    for said in (
        "",
        "401: Key 7 is closed",
        "the feed ends in the middle of line",
        "reading broke off, twice",
    ):
        assert feed_fault_text(words("de", "reasons"), said) == said


@pytest.mark.parametrize(
    ("raw", "why", "said"),
    [
        (b'{"id": "x"', "cut", "the feed ends in the middle of line 1"),
        (b'[{"id": "x"}', "cut", "the list is broken after object 1"),
        (b"name,brand\nx,y\n", "form", "the first line names no column `id`"),
        (b'id,name\nb1,"x\n', "cut", "a quote that opens in line 2 is never closed"),
    ],
)
def test_what_is_kept_of_a_feed_stays_english(shop: Shop, raw: bytes, why: str, said: str) -> None:
    sync = shop.bring(raw)
    assert (sync.state, sync.why, sync.said) == ("refused", why, said)
    with shop.tx() as tx:
        (detail,) = tx.execute("select detail from audit where action = 'catalog.refused'").fetchone() or (
            {},
        )
    assert detail["said"] == said


def test_a_fault_says_itself() -> None:
    fault = UnfitFeed("cut", "quote_open", line=7)
    assert str(fault) == fault.said == "a quote that opens in line 7 is never closed"
    assert (wrong.TurnedAway("401").why, wrong.TurnedAway("401").said) == ("shut", "401")
