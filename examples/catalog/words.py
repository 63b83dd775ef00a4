"""The words of the catalog in six languages, read from the files beside: categories, things, sentences."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "es", "de", "fr", "ar", "id")
WORDS = Path(__file__).resolve().parent / "texts"
# What of a category can be had as a thing of its own; all other kinds share the words of cards.
OWN_WORDS = frozenset({"product", "experience", "service", "donation"})

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Category:
    """A category: its name and icon, how much of the catalog it is, and of which kinds."""

    key: str
    icon: str
    weight: int
    kinds: Mapping[str, int]
    name: Text


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a file with semicolons."""
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter=";"), 2):
            # A semicolon within a text would move all that follows into another language.
            assert None not in row and None not in row.values(), f"{path.name}:{number}: not so many fields"  # noqa: PT018
            yield row


@cache
def categories() -> Mapping[str, Category]:
    """The 32 categories, in the order of their file."""
    found = {}
    for row in read_rows(WORDS / "categories.csv"):
        words = row["kinds"].split()
        kinds = dict(zip(words[::2], map(int, words[1::2]), strict=True))
        found[row["category"]] = Category(
            row["category"],
            row["icon"],
            int(row["weight"]),
            kinds,
            {tongue: row[tongue] for tongue in LANGUAGES},
        )
    return found


@cache
def things(category: str, kind: str) -> Sequence[Text]:
    """What a kind of a category is for."""
    group = kind if kind in OWN_WORDS else "card"
    return _things()[category, group]


@cache
def _things() -> Mapping[tuple[str, str], list[Text]]:
    found: dict[tuple[str, str], list[Text]] = {}
    for row in read_rows(WORDS / "things.csv"):
        text = {tongue: row[tongue] for tongue in LANGUAGES}
        found.setdefault((row["category"], row["group"]), []).append(text)
    return found


@cache
def sentence(key: str) -> Text:
    """A sentence with gaps, by its key."""
    return _sentences()[key]


@cache
def _sentences() -> Mapping[str, Text]:
    return {
        row["sentence"]: {tongue: row[tongue] for tongue in LANGUAGES}
        for row in read_rows(WORDS / "sentences.csv")
    }
