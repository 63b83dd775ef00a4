"""The cells of a table: what each of them takes, and how it is said as a condition.

A cell is `-` or nothing (whatever comes), a value, a list `a|b`, a range `10..20` (its end does not belong to
it), or a comparison `>= 5`. Money is written in its unit, 250.00, and compared in minor units.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from guerdon.values.money import BadAmount, Unit, parse_amount, plain_amount
from guerdon.values.problems import did_you_mean

Value = str | int | bool
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
ANY_WORDS = ("", "-")
TRUTHS = {"true": True, "false": False}
COLUMN_TYPES = ("bool", "int", "string")

_COMPARED = re.compile(r"(<=|>=|<|>)(.*)", re.DOTALL)
_WHOLE = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Column:
    """What a column asks for: `said` is how conditions write it, `floor` the least that a number can be.

    `choices` are the only texts that it can be, None where any text may come, and `domain` those of them that
    come where the table is asked; `unit` is that of money.
    """

    said: str
    type: Literal["bool", "int", "string"]
    choices: tuple[str, ...] | None = None
    domain: tuple[str, ...] | None = None
    unit: Unit | None = None
    floor: int = INT_MIN


@dataclass(frozen=True, slots=True)
class Whatever:
    """Any value, and none."""


@dataclass(frozen=True, slots=True)
class Among:
    """One of these values."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """Whole numbers from `low` on, up to `high`, which is the last of them."""

    low: int
    high: int


Cell = Whatever | Among | Between


@dataclass(frozen=True, slots=True)
class BadCell:
    """Why a text is no cell of its column, and how to write one."""

    what: str
    hint: str = ""


def read_cell(text: str, column: Column) -> Cell | BadCell:
    """Read a cell."""
    word = text.strip()
    if word in ANY_WORDS:
        return Whatever()
    if column.type == "int":
        compared, ranged = _COMPARED.fullmatch(word), word.split("..")
        if compared is not None:
            return _beyond(compared.group(1), _number(compared.group(2), column), column)
        if len(ranged) == 2:
            return _range(ranged[0].strip(), ranged[1].strip(), column)
    # A dictionary, for a cell may name very many.
    values: dict[Value, None] = {}
    for part in word.split("|"):
        value = _value(part.strip(), column)
        if isinstance(value, BadCell):
            return value
        if value in values:
            return BadCell(f"{part.strip()[:40]} stands here twice", "remove one of the two")
        values[value] = None
    return Among(tuple(values))


def _value(word: str, column: Column) -> Value | BadCell:
    match column.type:
        case "int":
            return _number(word, column)
        case "bool":
            truth = TRUTHS.get(word)
            return BadCell(f"{word[:40]} is neither true nor false", "or write -") if truth is None else truth
        case _:
            return _text(word, column.choices)


def _text(word: str, choices: Collection[str] | None) -> str | BadCell:
    if not word:
        return BadCell("nothing stands between two |", "remove one of them")
    if choices is not None and word not in choices:
        return BadCell(f"it is never {word[:40]!r}", did_you_mean(word, choices))
    return word


def _number(word: str, column: Column) -> int | BadCell:
    word = word.strip()
    if column.unit is not None:
        amount = parse_amount(word.removesuffix(column.unit.key), column.unit)
        return BadCell(amount.what, amount.hint) if isinstance(amount, BadAmount) else amount
    if not _WHOLE.fullmatch(word) or not INT_MIN <= int(word) <= INT_MAX:
        return BadCell(f"{word[:40]!r} is no whole number", "write 5, 5|6, 10..20, >= 5 or -")
    return int(word)


def _beyond(sign: str, bound: int | BadCell, column: Column) -> Cell | BadCell:
    if isinstance(bound, BadCell):
        return bound
    low = {">=": bound, ">": bound + 1}.get(sign, column.floor)
    high = {"<=": bound, "<": bound - 1}.get(sign, INT_MAX)
    return _some(low, high, column)


def _range(first: str, end: str, column: Column) -> Cell | BadCell:
    low = _number(first, column) if first else column.floor
    high = _number(end, column) if end else INT_MAX + 1
    if isinstance(low, BadCell):
        return low
    return high if isinstance(high, BadCell) else _some(low, high - 1, column)


def _some(low: int, high: int, column: Column) -> Cell | BadCell:
    low, high = max(low, column.floor), min(high, INT_MAX)
    if low > high:
        return BadCell("no number is in there", "a range is from its first to before its end: 10..20")
    return Between(low, high)


def said(cell: Cell, column: Column) -> str | None:  # noqa: PLR0911 (one case for each cell)
    """Write what a cell asks for as a condition; None: nothing."""
    match cell:
        case Whatever():
            return None
        case Among(values=(True,)):
            return column.said
        case Among(values=(False,)):
            return f"!{column.said}"
        case Among(values=values) if column.type == "bool":
            assert len(values) == 2, "there are two truths"
            return f"({column.said} || !{column.said})"
        case Among(values=(one,)):
            return f"{column.said} == {_written(one)}"
        case Among(values=values):
            return f"{column.said} in [{', '.join(_written(value) for value in values)}]"
        case Between(low=low, high=high):
            if low == high:
                return f"{column.said} == {low}"
            bounds = [f"{column.said} >= {low}"] if low > column.floor else []
            # The end is written as it was: not the last that belongs, but the first that does not.
            bounds += [f"{column.said} < {high + 1}"] if high < INT_MAX else []
            return " && ".join(bounds) or f"{column.said} >= {low}"


def shown(value: Value, column: Column) -> str:
    """Write a value as people read it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and column.unit is not None:
        return f"{plain_amount(value, column.unit)} {column.unit.key}"
    return str(value)


def _written(value: Value) -> str:
    # JSON's escapes are all among CEL's.
    return json.dumps(value, ensure_ascii=False)
