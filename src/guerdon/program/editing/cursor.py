"""Where in a program's text somebody is typing: below which keys, at a key or a value, and the word so far.

Read by indentation and brackets alone, because a text is seldom right while it is typed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

ITEM = "[]"
# So many lines are looked at above the cursor.
LINES_MAX = 20_000

_KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s:#'"\[\]{},][^:#\[\]{},]*?)\s*:(?=\s|$)""")
_QUOTES = "'\""


@dataclass(frozen=True, slots=True)
class Cursor:
    """`path` leads from the root to where the cursor stands; `word` was typed, beginning at `start`.

    `here` are the keys that stand in the same mapping, as far as the line shows them.
    """

    path: tuple[str, ...]
    at_key: bool
    word: str
    start: int
    here: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Frame:
    opened: str
    key: str = ""
    keys: set[str] = field(default_factory=set)


def cursor_at(text: str, line: int, column: int) -> Cursor:
    """Where a cursor stands; lines are counted from 1, columns from 0."""
    lines = text.split("\n")
    number = min(max(line, 1), len(lines)) - 1
    typed = lines[number][: max(column, 0)].rstrip("\r")
    own, rest, indent = _elements(typed)
    path = [*_above(lines, number, indent), *(step for _, step in own)]
    if own and own[-1][1] != ITEM:
        return _in_value(tuple(path), rest, len(typed) - len(rest))
    if rest[:1] in ("{", "["):
        return _in_value(tuple(path), rest, len(typed) - len(rest))
    here = frozenset(_siblings(lines, number, indent)) if not own else frozenset()
    return Cursor(tuple(path), at_key=True, word=rest, start=len(typed) - len(rest), here=here)


def _elements(typed: str) -> tuple[list[tuple[int, str]], str, int]:
    """Dashes and the key at a line's beginning with their indents, the rest, and the indent of the first."""
    found: list[tuple[int, str]] = []
    at = len(typed) - len(typed.lstrip(" "))
    first = at
    while typed[at : at + 2] == "- " or typed[at:] == "-":
        found.append((at, ITEM))
        at += 1
        at += len(typed[at:]) - len(typed[at:].lstrip(" "))
    key = _KEY.match(typed, at)
    if key is not None:
        found.append((at, key.group(1).strip("\"'")))
        at = key.end()
        at += len(typed[at:]) - len(typed[at:].lstrip(" "))
    return found, typed[at:], first


def _above(lines: list[str], number: int, indent: int) -> list[str]:
    """The keys above that hold what stands at an indent, from the root on."""
    steps: list[str] = []
    limit = indent
    is_item = lines[number].lstrip().startswith("-")
    for line in reversed(lines[max(number - LINES_MAX, 0) : number]):
        if limit <= 0 and not (is_item and limit == 0):
            break
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        for place, step in reversed(_elements(line)[0]):
            # A list may stand as far out as the key that it belongs to.
            holds = place < limit or (place == limit and is_item and step != ITEM)
            if holds:
                steps.append(step)
                limit, is_item = place, step == ITEM
    return steps[::-1]


def _siblings(lines: list[str], number: int, indent: int) -> Iterator[str]:
    for way in (lines[number + 1 :], lines[:number][::-1]):
        for line in way[:LINES_MAX]:
            elements, _, first = _elements(line)
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            found = [step for place, step in elements if place == indent and step != ITEM]
            yield from found
            if first < indent:
                break


def _in_value(path: tuple[str, ...], rest: str, start: int) -> Cursor:
    frames: list[_Frame] = []
    token, at = 0, 0
    while at < len(rest):
        letter = rest[at]
        if letter in _QUOTES and not rest[token:at].strip():
            end = rest.find(letter, at + 1)
            if end < 0:
                return Cursor(_inside(path, frames), at_key=False, word=rest[at + 1 :], start=start + at + 1)
            at = end
        elif letter in "{[" and not rest[token:at].strip():
            frames.append(_Frame(letter))
            token = at + 1
        elif letter in "}]" and frames:
            frames.pop()
            token = at + 1
        elif letter == "," and frames:
            frames[-1].key = ""
            token = at + 1
        elif letter == ":" and frames and frames[-1].opened == "{" and rest[at + 1 : at + 2] in (" ", ""):
            frames[-1].key = rest[token:at].strip().strip(_QUOTES)
            frames[-1].keys.add(frames[-1].key)
            token = at + 1
        at += 1
    word = rest[token:].lstrip(" ")
    inner = frames[-1] if frames else None
    at_key = inner is not None and inner.opened == "{" and not inner.key
    here = frozenset(inner.keys) if inner is not None and at_key else frozenset()
    return Cursor(_inside(path, frames), at_key, word, start + len(rest) - len(word), here)


def _inside(path: tuple[str, ...], frames: list[_Frame]) -> tuple[str, ...]:
    steps = list(path)
    for frame in frames:
        if frame.opened == "[":
            steps.append(ITEM)
        elif frame.key:
            steps.append(frame.key)
    return tuple(steps)
