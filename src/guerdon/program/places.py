"""A node of the program together with where it stands, and the list that takes its problems.

Reading never stops at a mistake: whatever asks a place for a word gets None when there is none, the
problem is on the list, and the reader goes on to find the next mistake in the same run.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from guerdon.program.document import Listing, Node, Scalar, Table
from guerdon.values.problems import Problem, did_you_mean

KEY_LENGTH_MAX = 64
TEXT_LENGTH_MAX = 2000
PROBLEMS_MAX = 500
# Checks that look from each entry to all others stay quick by these.
ENTRIES_MAX = 1000

KEY = re.compile(r"[a-z][a-z0-9_]*")
EVENT_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
LOCATION_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")
MARKET_KEY = re.compile(r"[A-Z][A-Z0-9]{1,7}")
UNIT_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}")

Word = TypeVar("Word", bound=str)

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Place:
    """One node; `where` is its dotted path, `line` where its key stands."""

    where: str
    line: int
    node: Node
    problems: list[Problem]

    def wrong(self, what: str, hint: str = "") -> None:
        """Put a problem of this place on the list."""
        # A hostile file may hold a mistake in every line; nobody reads beyond some hundred.
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(self.where, self.line, what, hint))

    def unknown(self, noun: str, word: str, known: Iterable[str]) -> None:
        """Put on the list that this word is none of the known ones, with the nearest as its hint."""
        # Looking for the nearest takes its time, so it is not done for what nobody will read.
        if len(self.problems) < PROBLEMS_MAX:
            self.wrong(f"unknown {noun} {_cut(word)}", did_you_mean(word, known))

    def is_empty(self) -> bool:
        """Say whether nothing was written here, as in `fields:` or `fields: {}`."""
        if isinstance(self.node, Scalar):
            return not self.node.text
        return not (self.node.entries if isinstance(self.node, Table) else self.node.items)

    def is_table(self) -> bool:
        """Say whether this is a mapping."""
        return isinstance(self.node, Table)

    def table(self, entries_max: int = ENTRIES_MAX) -> "dict[str, Place]":
        """Give the entries of a mapping by key; a key that stands twice is a problem, and the first wins."""
        found: dict[str, Place] = {}
        if self.is_empty():
            return found
        if not isinstance(self.node, Table):
            self.wrong(
                f"a mapping is needed here, not {_kind(self.node)}", "write `key: value` lines below it"
            )
            return found
        if len(self.node.entries) > entries_max:
            self.wrong(f"more than {entries_max} entries", "leave some out, or make two of it")
        for key, node in self.node.entries[:entries_max]:
            word = _cut(key.text)
            where = f"{self.where}.{word}" if self.where else word
            place = Place(where, key.line, node, self.problems)
            if key.text in found:
                first = found[key.text].line
                place.wrong(f"the key {word} stands here twice", f"it stands in line {first} already")
            else:
                found[key.text] = place
        return found

    def fields(self, required: Sequence[str] = (), optional: Sequence[str] = ()) -> "dict[str, Place]":
        """Give the entries of a mapping whose keys are fixed."""
        entries = self.table()
        known = [*required, *optional]
        for key, place in list(entries.items()):
            if key not in known:
                place.unknown("key", key, known)
                del entries[key]
        if self.is_empty() or self.is_table():
            for key in required:
                if key not in entries:
                    self.wrong(f"{key} is missing", f"add `{key}:` here")
        return entries

    def keyed(
        self, pattern: re.Pattern[str] = KEY, example: str = "test_drive", entries_max: int = ENTRIES_MAX
    ) -> "dict[str, Place]":
        """Give the entries of a mapping whose keys the author chooses; badly formed keys are problems."""
        entries = self.table(entries_max)
        for key, place in list(entries.items()):
            if not well_formed(key, pattern):
                place.wrong(f"{_cut(key) or 'nothing'} cannot be a key", f"write it like {example}")
                del entries[key]
        return entries

    def listing(self, what_if_empty: str = "", hint: str = "") -> "list[Place]":
        """Give the items of a list; an empty one is a problem when there are words for it."""
        if self.is_empty():
            if what_if_empty:
                self.wrong(what_if_empty, hint)
            return []
        if not isinstance(self.node, Listing):
            self.wrong(f"a list is needed here, not {_kind(self.node)}", "write it like [one, two]")
            return []
        if len(self.node.items) > ENTRIES_MAX:
            self.wrong(f"more than {ENTRIES_MAX} entries", "leave some out, or make two of it")
        return [
            Place(f"{self.where}[{number}]", item.line, item, self.problems)
            for number, item in enumerate(self.node.items[:ENTRIES_MAX])
        ]

    def word(self) -> str | None:
        """Give the text of a scalar, not empty."""
        if not isinstance(self.node, Scalar):
            self.wrong(f"a single value is needed here, not {_kind(self.node)}", "write one word or text")
            return None
        if not self.node.text.strip():
            self.wrong("nothing is written here", "write a value, or leave the line out")
            return None
        if len(self.node.text) > TEXT_LENGTH_MAX:
            self.wrong(f"longer than {TEXT_LENGTH_MAX} characters", "shorten it")
            return None
        return self.node.text

    def words(self, what_if_empty: str, hint: str) -> list[str]:
        """Give the texts of a list of scalars; an empty list and a text that stands twice are problems."""
        found: list[str] = []
        for place in self.listing(what_if_empty, hint):
            word = place.word()
            if word is not None and word in found:
                place.wrong(f"{_cut(word)} stands here twice", "remove one of the two")
            elif word is not None:
                found.append(word)
        return found

    def key(self, pattern: re.Pattern[str] = KEY, example: str = "test_drive") -> str | None:
        """Give a word that is well formed as a key."""
        word = self.word()
        if word is not None and not well_formed(word, pattern):
            self.wrong(f"{_cut(word)} cannot be a key", f"write it like {example}")
            return None
        return word

    def one_of(self, known: Collection[Word], noun: str) -> Word | None:
        """Give a word that must be among the known ones."""
        word = self.word()
        if word is not None and word not in known:
            self.unknown(noun, word, known)
            return None
        return cast("Word | None", word)

    def some_of(self, known: Collection[str], noun: str) -> tuple[str, ...]:
        """Give a list of words, one at least, that must all be among the known ones."""
        found: list[str] = []
        for place in self.listing(f"no {noun} is listed", "leave the line out to mean all of them"):
            word = place.one_of(known, noun)
            if word is not None and word in found:
                place.wrong(f"{_cut(word)} stands here twice", "remove one of the two")
            elif word is not None:
                found.append(word)
        return tuple(found)

    def whole(self, least: int, most: int) -> int | None:
        """Give a whole number within bounds."""
        word = self.word()
        if word is None:
            return None
        if not _WHOLE.fullmatch(word) or not least <= int(word) <= most:
            hint = "write digits only" if least >= 0 else "write digits, after a minus where it is below zero"
            self.wrong(f"{_cut(word)} is not a whole number from {least} to {most}", hint)
            return None
        return int(word)

    def truth(self) -> bool | None:
        """Give true or false, written so."""
        word = self.one_of(_TRUTHS, "answer")
        return None if word is None else _TRUTHS[word]


def well_formed(key: str, pattern: re.Pattern[str]) -> bool:
    """Say whether a word may be a key of this form."""
    return len(key) <= KEY_LENGTH_MAX and pattern.fullmatch(key) is not None


def _kind(node: Node) -> str:
    if isinstance(node, Table):
        return "a mapping"
    return "a list" if isinstance(node, Listing) else "a single value"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= KEY_LENGTH_MAX else f"{line[:KEY_LENGTH_MAX]}..."
