"""The examples together use the whole language: every word of its reference stands in one of their programs.

That each of them also does something is shown by the mutants, each of which turns a scenario red.
"""

import re

import pytest
from tests.scenarios.pages import EXAMPLES, REPOSITORY

TEXT = "\n".join(
    file.read_text(encoding="utf-8")
    for example in EXAMPLES
    for file in (example / "program.yaml", *example.glob("*.csv"))
)
# What nobody writes, because it holds without being written; and ladders that stand as they are.
UNWRITTEN = {"never", "at_once", "adjustment", "budget", "bulk", "version", "grant"}
# Files beside a program, which the demo's edition and tests/brand have: no example is a folder of pictures.
FILES_BESIDE = {"logo", "typeface"}
# A market's value of an example in the reference, and no word of the language.
EXAMPLE_CELLS = {"city"}


def words_of(page: str) -> list[str]:
    """The words at the head of the rows of a page's tables."""
    rows = (REPOSITORY / "docs" / page).read_text(encoding="utf-8").splitlines()
    heads = [row.split("|")[1] for row in rows if row.startswith("| `")]
    found = [re.search(r"[a-z_]+", word) for head in heads for word in re.findall(r"`([^`]+)`", head)]
    return sorted({word.group() for word in found if word})


@pytest.mark.parametrize(
    "word", sorted(set(words_of("program.md")) - UNWRITTEN - FILES_BESIDE - EXAMPLE_CELLS)
)
def test_a_word_of_programs_stands_in_an_example(word: str) -> None:
    assert re.search(rf"(?<!\w){word}(?!\w)", re.sub(r"#.*", "", TEXT))


@pytest.mark.parametrize("call", ["count", "sum", "holds", "days_since", "between", "rate", "segment", "has"])
def test_a_function_of_our_own_stands_in_an_example(call: str) -> None:
    assert f"{call}(" in TEXT


def test_all_texts_are_in_six_languages() -> None:
    for example in EXAMPLES:
        for number, line in enumerate((example / "program.yaml").read_text("utf-8").splitlines(), 1):
            if "{ en:" in line:
                said = [
                    re.search(rf"[{{,] {language}: ", line) for language in ("es", "de", "fr", "ar", "id")
                ]
                assert all(said), f"{example.name}, line {number}"
