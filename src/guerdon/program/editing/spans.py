"""A YAML text as a tree of nodes that know from which letter to which they stand.

`document.py` says what a text means and in which line; who changes a text has to know each letter of it. Only
a text that `document_of` takes is read here, so nothing in it unfolds or nests without end.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import yaml

from guerdon.program.document import document_of
from guerdon.values.problems import Problem

Plain = str | list["Plain"] | dict[str, "Plain"]


class Mark(Protocol):
    """A place as the parser counts it."""

    line: int
    column: int


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar; `style` is its quote, `|` or `>`, or nothing."""

    start: int
    end: int
    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence; `flow`: written in brackets."""

    start: int
    end: int
    flow: bool
    items: "list[Spanned]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping; `flow`: written in braces."""

    start: int
    end: int
    flow: bool
    entries: "list[tuple[Leaf, Spanned]]" = field(default_factory=list)

    def find(self, key: str) -> "Spanned | None":
        """The value of a key; the first one where it stands twice."""
        return next((value for name, value in self.entries if name.text == key), None)


Spanned = Leaf | Items | Entries


@dataclass(frozen=True)
class Lines:
    """A text by lines, counted from 0 as YAML counts them."""

    text: str

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [0], 0
        for line in self.text.splitlines(keepends=True):
            at += len(line)
            starts.append(at)
        return starts

    def at(self, line: int, column: int) -> int:
        """The place of a letter."""
        return min(self._starts[min(line, len(self._starts) - 1)] + column, len(self.text))

    def number(self, place: int) -> int:
        """The line of a place, counted from 1."""
        return bisect_right(self._starts, place)

    def begin(self, place: int) -> int:
        """Where the line of a place begins."""
        return max(self.text.rfind("\n", 0, place), self.text.rfind("\r", 0, place)) + 1

    def stop(self, place: int) -> int:
        """Where the line of a place stops, before its end."""
        ends = [at for at in (self.text.find("\n", place), self.text.find("\r", place)) if at >= 0]
        return min(ends, default=len(self.text))


def spans_of(text: str) -> Entries | None:
    """The tree of a text whose root is a mapping; None for any other."""
    if isinstance(document_of(text), Problem):
        return None
    lines = Lines(text)
    # YAML does not count the mark of byte order.
    skipped = len(text) - len(text.removeprefix("\ufeff"))
    root = _tree(yaml.parse(text.removeprefix("\ufeff"), Loader=_LOADER), lines, skipped)
    return root if isinstance(root, Entries) else None


def plain(node: Spanned) -> Plain:
    """What a node says, without places; of a key that stands twice, the first."""
    if isinstance(node, Leaf):
        return node.text
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    found: dict[str, Plain] = {}
    for key, value in node.entries:
        found.setdefault(key.text, plain(value))
    return found


def end_of(node: Spanned) -> int:
    """Where a node's last letter stands, without the blank lines and comments behind a block."""
    if isinstance(node, Leaf) or node.flow:
        return node.end
    last = node.items[-1:] if isinstance(node, Items) else [value for _, value in node.entries[-1:]]
    return end_of(last[0]) if last else node.end


def find(root: Spanned | None, path: tuple[str | int, ...]) -> Spanned | None:
    """The node at a path of keys and places."""
    node = root
    for step in path:
        if isinstance(node, Entries) and isinstance(step, str):
            node = node.find(step)
        elif isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


def _tree(events: Iterator[yaml.Event], lines: Lines, skipped: int) -> Spanned | None:
    stack: list[Items | Entries] = []
    keys: list[Leaf | None] = []
    root: Spanned | None = None
    for event in events:
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done, _ = stack.pop(), keys.pop()
            object.__setattr__(done, "end", _place(event.end_mark, lines, skipped))
            continue
        node = _opened(event, lines, skipped)
        if node is None:
            continue
        if not stack:
            root = node
        elif isinstance(stack[-1], Items):
            stack[-1].items.append(node)
        elif keys[-1] is None:
            assert isinstance(node, Leaf), "document_of refuses other keys"
            keys[-1] = node
        else:
            stack[-1].entries.append((keys[-1], node))
            keys[-1] = None
        if isinstance(node, Items | Entries):
            stack.append(node)
            keys.append(None)
    return root


def _opened(event: yaml.Event, lines: Lines, skipped: int) -> Spanned | None:
    if not isinstance(event, yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent):
        return None
    start = _place(event.start_mark, lines, skipped)
    end = _place(event.end_mark, lines, skipped)
    if isinstance(event, yaml.ScalarEvent):
        style = event.style or ""
        if style in ("|", ">"):
            # What follows a block of text is found with it.
            end = start + len(lines.text[start:end].rstrip())
        return Leaf(start, end, event.value, style)
    kind = Entries if isinstance(event, yaml.MappingStartEvent) else Items
    return kind(start, end, bool(event.flow_style))


def _place(mark: Mark | None, lines: Lines, skipped: int) -> int:
    assert mark is not None, "the parser marks every event"
    return lines.at(mark.line, mark.column + (skipped if mark.line == 0 else 0))
