"""Programs with accidents in them: the examples' trees and tables, spoiled in one place or several.

A tree keeps a mapping as pairs, so that a key may stand twice; it is written as JSON, which is YAML.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st
from tests.program.programs import CLUB, RICH, SMALL, SPOKEN
from tests.scenarios.pages import EXAMPLES

Path_ = tuple[int, ...]


@dataclass(frozen=True)
class Pairs:
    """A mapping whose keys may stand twice."""

    entries: tuple[tuple[str, Any], ...]


def grown(node: Any) -> Any:
    """Make a tree of what YAML read: mappings become pairs, lists become tuples."""
    if isinstance(node, dict):
        return Pairs(tuple((str(key), grown(value)) for key, value in node.items()))
    return tuple(map(grown, node)) if isinstance(node, list) else node


def written(node: Any) -> str:
    """Write a tree, a line for each entry of its three uppermost levels, so that lines mean something."""
    return _written(node, 0) + "\n"


def _written(node: Any, depth: int) -> str:
    space = "\n" + " " * depth if depth < 4 else " "
    if isinstance(node, Pairs):
        parts = (f"{json.dumps(k, ensure_ascii=False)}: {_written(v, depth + 1)}" for k, v in node.entries)
        return "{" + ",".join(space + part for part in parts) + "}"
    if isinstance(node, tuple):
        return "[" + ",".join(space + _written(value, depth + 1) for value in node) + "]"
    return json.dumps(node, ensure_ascii=False)


def children(node: Any) -> tuple[Any, ...]:
    if isinstance(node, Pairs):
        return tuple(value for _, value in node.entries)
    return node if isinstance(node, tuple) else ()


def paths(node: Any, at: Path_ = ()) -> Iterator[Path_]:
    yield at
    for number, child in enumerate(children(node)):
        yield from paths(child, (*at, number))


def at(node: Any, path: Path_) -> Any:
    for number in path:
        node = children(node)[number]
    return node


def put(node: Any, path: Path_, new: tuple[Any, ...]) -> Any:
    """Give the tree with none, one or several nodes in the place of one; a key stands before each."""
    if not path:
        return new[0] if new else ()
    number, rest = path[0], path[1:]
    child = children(node)[number]
    several = new if not rest else (put(child, rest, new),)
    if isinstance(node, Pairs):
        key = node.entries[number][0]
        made = tuple((key, each) for each in several)
        return Pairs((*node.entries[:number], *made, *node.entries[number + 1 :]))
    return (*node[:number], *several, *node[number + 1 :])


def renamed(node: Any, path: Path_, key: str) -> Any:
    """Give the tree with another key in one place; elsewhere it stays as it is."""
    if len(path) > 1:
        child = renamed(children(node)[path[0]], path[1:], key)
        return put(node, path[:1], (child,))
    if not path or not isinstance(node, Pairs):
        return node
    entries = list(node.entries)
    entries[path[0]] = (key, entries[path[0]][1])
    return Pairs(tuple(entries))


def _loaded(text: str) -> Any:
    return grown(yaml.load(text, Loader=yaml.BaseLoader))  # noqa: S506  it builds nothing but texts


TREES = [_loaded(text) for text in (SMALL, RICH, CLUB, SPOKEN)]
TREES += [_loaded((example / "program.yaml").read_text("utf-8")) for example in EXAMPLES]
PATHS = [list(paths(tree)) for tree in TREES]
ANYWHERE = [(number, path) for number, found in enumerate(PATHS) for path in found]

DEEP_MAX = 40
MANY_MAX = 1100
WORDS = [
    "",
    " ",
    "~",
    "null",
    "-",
    "-1",
    "0",
    "1e9",
    "0x10",
    "true",
    "no",
    "NaN",
    "9" * 30,
    "-" + "9" * 19,
    "9" * 5000,
    "2026-02-30",
    "2026-03-01",
    "12-31",
    "02-29",
    "10000 years",
    "0 days",
    "50%",
    "101%",
    "25.00 EUR",
    "25.001 EUR",
    "-5 EUR",
    "1 XXX",
    "DE",
    "de-hamburg",
    "booking.confirmed",
    "booking.",
    ".",
    "a" * 70,
    "x" * 3000,
    "../../etc",
    "beans.csv",
    "\u202eabc",
    "e\u0301",
    "١٢٣",
    "<script>",
    "'",
    '"',
    "\\",
    "{",
    "[",
    "a|b",
    "..",
    "1..",
    ">= 5",
    "5..1",
    "event.x",
    "member.staff",
    "member.tier",
    "event.happened_at",
    "(" * 300,
    "!" * 3000,
    "a && " * 300 + "a",
    "count(coffee.purchased, '99999d')",
    "count(coffee.purchased, '30d') > 1",
    "sum(a.b.c, '1m') / 0 == 1",
    "holds(holds(holds(x)))",
    "segment(regular)",
    "segment(segment(x))",
    "member.cups_lately",
    "rate(1, '1e9', 'up')",
    "event.paid == 9223372036854775808",
    "9223372036854775807 + 1 > 0",
    "timestamp('x') > event.happened_at",
    "'a' in ['a']",
    "true",
    "size('')",
]
scalars = st.sampled_from(WORDS) | st.text(max_size=12) | st.integers().map(str)
nodes = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.lists(st.tuples(scalars, inner), max_size=3).map(lambda pairs: Pairs(tuple(pairs)))
    ),
    max_leaves=5,
)


def _nested(node: Any, depth: int, *, listed: bool) -> Any:
    for _ in range(depth):
        node = (node,) if listed else Pairs((("value", node),))
    return node


def _swapped(node: Any) -> Any:
    """Give a value of another type with the same in it."""
    if isinstance(node, Pairs):
        return tuple(value for _, value in node.entries)
    if isinstance(node, tuple):
        return Pairs(tuple((str(number), value) for number, value in enumerate(node)))
    return (node,)


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """Draw an example's text after one to three accidents."""
    number = draw(st.integers(0, len(TREES) - 1))
    tree = TREES[number]
    for _ in range(draw(st.integers(1, 3))):
        found = PATHS[number] if tree is TREES[number] else list(paths(tree))
        tree = _accident(draw, tree, draw(st.sampled_from(found)))
    text = written(tree)
    if draw(st.integers(0, 9)):
        return text
    # Some lose a piece of their text, too.
    start, length = draw(st.integers(0, len(text))), draw(st.integers(0, 30))
    return text[:start] + draw(st.text(max_size=10)) + text[start + length :]


def _accident(draw: st.DrawFn, tree: Any, path: Path_) -> Any:
    node = at(tree, path)
    new: tuple[Any, ...]
    match draw(st.integers(0, 9)):
        case 0 | 1:
            new = (draw(scalars),)
        case 2:
            new = ()
        case 3:
            new = (node, node)
        case 4:
            new = (_swapped(node),)
        case 5:
            new = (_nested(node, draw(st.integers(1, DEEP_MAX)), listed=draw(st.booleans())),)
        case 6:
            other, there = draw(st.sampled_from(ANYWHERE))
            new = (at(TREES[other], there),)
        case 7:
            return renamed(tree, path, draw(scalars))
        case 8:
            new = (draw(nodes),)
        case _:
            new = (node,) * draw(st.sampled_from([3, 30, MANY_MAX]))
    return put(tree, path, new)


BEANS = next(example for example in EXAMPLES if example.name == "coffee_roaster")
WHOLE = (BEANS / "beans.csv").read_text("utf-8")
ROWS = tuple(tuple(row) for row in csv.reader(io.StringIO(WHOLE)))
CELLS = [
    "",
    "-",
    "AT",
    "AT|PT",
    "CH|CH",
    "house",
    "..",
    "..5",
    "5..",
    "9..1",
    "< 5",
    ">= 99999999999999999999",
    "< -1",
    "1|2|3",
    "nothing",
    "5 BEAN",
    "5 EUR",
    "x",
    "member.market",
    "event.roast",
    "event.grams",
    "segment(regular)",
    "count(beans.ordered, '30d')",
    "event.order_no",
    "event.happened_at",
    "value",
    "9" * 400,
    '"',
    "\x07",
    "|" * 50,
    *("|".join(map(str, range(start, start + 40))) for start in (0, 20)),
]
cells = st.sampled_from(CELLS) | st.text(max_size=8)


@st.composite
def spoiled_tables(draw: st.DrawFn) -> str:
    """Draw the roaster's CSV table after some accidents: cells, columns, rows, and its text."""
    rows = [list(row) for row in ROWS]
    for _ in range(draw(st.integers(1, 4))):
        row = draw(st.sampled_from(rows)) if rows else []
        cell = draw(st.integers(0, max(len(row) - 1, 0)))
        match draw(st.integers(0, 7)):
            case 5 | 6:
                # In another order it says the same.
                rows = [*rows[:1], *draw(st.permutations(rows[1:]))]
            case 0 | 1 if row:
                row[cell] = draw(cells)
            case 2:
                rows = [each for each in rows if each is not row]
            case 3:
                rows.insert(draw(st.integers(0, len(rows))), draw(st.lists(cells, max_size=5)))
            case 4:
                for each in rows:
                    each.insert(min(cell, len(each)), draw(cells))
            case _:
                rows += [list(row)] * draw(st.sampled_from([1, 5, 501]))
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows(rows)
    text = file.getvalue()
    start = draw(st.integers(0, len(text)))
    return text if draw(st.integers(0, 4)) else text[:start] + draw(st.text(max_size=6)) + text[start + 2 :]


def roaster_in(folder: Path, table: str) -> Path:
    """Write the coffee roaster's program with another table beside it."""
    program = folder / "program.yaml"
    if not program.exists():
        program.write_text((BEANS / "program.yaml").read_text("utf-8"), "utf-8")
    (folder / "beans.csv").write_text(table, "utf-8", errors="replace", newline="")
    return program
