"""A text that reads the same in English is a word that is the same there, and somebody looked at it.

`same_in_english.txt` lists them: the part, the languages, the text. What is not in it was forgotten.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from tests.text.messages import PACKAGE

from guerdon.text.catalogs import PARTS
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES

LIST = Path(__file__).with_name("same_in_english.txt")
OTHERS = [language for language in LANGUAGES if language != FALLBACK_LANGUAGE]

# (part, language, text, or "context|text" where it has a context)
Same = tuple[str, str, str]


def catalog(language: str, part: str) -> Catalog:
    path = PACKAGE / "text" / "catalogs" / language / f"{part}.po"
    return read_po(BytesIO(path.read_bytes()), locale=language, abort_invalid=True)


def texts(language: str, part: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """What each message is called, its English (one and many), and what is said for it."""
    for message in catalog(language, part):
        if message.id:
            english = [message.id] if isinstance(message.id, str) else list(message.id)
            said = [message.string] if isinstance(message.string, str) else list(message.string or ())
            name = f"{message.context}|{english[0]}" if message.context else english[0]
            yield name.replace("\n", "\\n"), english, ["" if message.fuzzy else each or "" for each in said]


def listed() -> list[Same]:
    rows = (row.split("\t", 2) for row in LIST.read_text(encoding="utf-8").splitlines())
    return [(part, language, text) for part, languages, text in rows for language in languages.split()]


def same() -> set[Same]:
    return {
        (part, language, name)
        for part in PARTS
        for language in OTHERS
        for name, english, said in texts(language, part)
        if set(said) & set(english)
    }


def test_what_is_the_same_in_english_was_looked_at() -> None:
    assert same() - set(listed()) == set()


def test_nothing_is_listed_that_differs_by_now() -> None:
    assert set(listed()) - same() == set()


def test_the_list_says_each_once_and_in_order() -> None:
    rows = LIST.read_text(encoding="utf-8").splitlines()
    assert rows == sorted(set(rows), key=lambda row: (row.split("\t")[0], row.split("\t")[2]))
    assert len(listed()) == len(set(listed()))


@pytest.mark.parametrize("part", PARTS)
def test_no_language_lacks_a_text_that_another_has(part: str) -> None:
    names = {language: {name for name, _, _ in texts(language, part)} for language in LANGUAGES}
    everywhere = set().union(*names.values())
    assert {language: sorted(everywhere - there) for language, there in names.items()} == {
        language: [] for language in LANGUAGES
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_no_text_is_empty_or_unsure(part: str, language: str) -> None:
    assert [name for name, _, said in texts(language, part) if not said or not all(said)] == []
