"""Every reason of a wrong row: a code, raised with the values that its text names in each language."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest

from guerdon.engine.catalog import wrong
from guerdon.engine.catalog.wrong import WrongCode, WrongRow, unknown_word
from guerdon.text.catalogs import words
from guerdon.text.feed_rows import wrong_row_in_english, wrong_row_text
from guerdon.values.texts import LANGUAGES

CODES: tuple[WrongCode, ...] = get_args(WrongCode)
FOLDER = Path(wrong.__file__).parent
SUPPLIERS = FOLDER.parents[1] / "suppliers"
# Where each call has its code, and what it says of its own besides.
MADE = {"WrongRow": frozenset[str](), "Reason": frozenset[str](), "unknown_word": frozenset({"given"})}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in [*FOLDER.glob("*.py"), *SUPPLIERS.rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MADE:
                yield f"{path.name}:{node.lineno}", node


def said_by(call: ast.Call) -> tuple[str, frozenset[str]] | None:
    """The code and the names of the values; None for calls that pass on what they were handed."""
    assert isinstance(call.func, ast.Name)
    first = call.args[0]
    if not isinstance(first, ast.Constant):
        return None
    names = {word.arg for word in call.keywords if word.arg is not None}
    if call.func.id == "Reason":
        assert isinstance(call.args[1], ast.Dict)
        names = {str(key.value) for key in call.args[1].keys if isinstance(key, ast.Constant)}
    return str(first.value), frozenset(names) | MADE[call.func.id]


def named_in(code: str) -> frozenset[str]:
    """The values that the English text of a code names, found out by asking for each that it has not."""
    given: dict[str, str | int] = {}
    while True:
        try:
            wrong_row_in_english(code, given)
        except KeyError as missing:
            given[str(missing.args[0])] = "x"
        else:
            return frozenset(given)


def test_whatever_is_raised_has_a_code_and_just_the_values_that_its_text_names() -> None:
    raised = [(place, *said) for place, call in calls() if (said := said_by(call)) is not None]
    assert [(place, code) for place, code, _ in raised if code not in CODES] == []
    assert [(place, names) for place, code, names in raised if names != named_in(code)] == []
    # None that nobody raises.
    assert {code for _, code, _ in raised} == set(CODES)


def test_only_what_is_made_into_another_row_passes_a_code_on() -> None:
    passed = [place.partition(":")[0] for place, call in calls() if said_by(call) is None]
    assert sorted(passed) == ["staging.py", "wrong.py", "wrong.py", "wrong.py"]


def test_no_other_answer_says_why_a_row_is_wrong() -> None:
    """A reason is no free text: rows are made wrong by a reason alone."""
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RawRow":
                third = node.args[2:3]
                assert not any(isinstance(each, ast.Constant | ast.JoinedStr) for each in third), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words_of_its_own_in_each_language(language: str) -> None:
    spoken = words(language, "reasons")
    told: dict[str, str] = {}
    for code in CODES:
        values: Mapping[str, str | int] = {name: f"<{name}>" for name in named_in(code)}
        told[code] = wrong_row_text(spoken, code, values)
        assert set(re.findall(r"<\w+>", told[code])) == set(values.values()), code
    assert [code for code, text in told.items() if text == code] == []
    assert len(set(told.values())) == len(CODES)
    english = {
        code: wrong_row_in_english(code, {name: f"<{name}>" for name in named_in(code)}) for code in CODES
    }
    assert language == "en" or [code for code in CODES if told[code] == english[code]] == []


def test_a_word_that_is_not_known_has_a_hint() -> None:
    def said(word: str, *known: str) -> str:
        reason = unknown_word("unknown", word, known, field="category").reason
        return wrong_row_in_english(reason.code, reason.values)

    assert said("book", "books", "food") == "category: “book” is not known (did you mean books?)"
    assert said("zzz", "food", "books") == "category: “zzz” is not known (known: books, food)"
    assert said("zzz") == "category: “zzz” is not known (none is declared)"
    german = words("de", "reasons")
    reason = unknown_word("unknown", "book", ["books"], field="category").reason
    assert wrong_row_text(german, reason.code, reason.values) == (
        "category: „book“ ist nicht bekannt (war books gemeint?)"
    )


def test_numbers_and_names_are_written_as_the_reader_writes_them() -> None:
    said: Mapping[str, str | int] = {"field": "about (en)", "n": 5_000_000, "most": 5_000}
    assert wrong_row_in_english("long", said) == "about (en) has 5,000,000 letters, more than 5,000"
    assert "5.000.000 Zeichen, mehr als 5.000" in wrong_row_text(words("de", "reasons"), "long", said)
    # A name of ours within Arabic keeps its own direction.
    assert "\u2068about (en)\u2069" in wrong_row_text(words("ar", "reasons"), "long", said)


def test_what_is_quoted_steers_nothing_and_has_an_end() -> None:
    reason = WrongRow("no_text", field="a\x1b[31m\nb\u202ec" + "x" * 999).reason
    assert str(reason.values["field"]).startswith("a\ufffd[31m\ufffdb\ufffdcx")
    assert len(str(reason.values["field"])) == wrong.QUOTED_LETTERS


def test_a_code_of_a_later_version_says_itself_and_a_good_row_says_nothing() -> None:
    assert wrong_row_in_english("something_new", {"field": "x"}) == "something_new"
    assert wrong_row_in_english("", {}) == ""
