"""The cells of a table: what each of them takes, and how it is said as a condition.

A cell is `-` or nothing (whatever comes), a value, a list `a|b`, a range `10..20` (its end does not belong to
it), or a comparison `>= 5`. Money is written in its unit, 250.00, and compared in minor units. What asks for
an instant takes a day, or a range of days or instants: `2026-01-01..2026-04-01`.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal

from guerdon.program.tables.instants import FIRST, LAST, instant_of, read_instants, shown_instant
from guerdon.values.money import BadAmount, Unit, parse_amount, plain_amount
from guerdon.values.problems import did_you_mean

Value = str | int | bool
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
ANY_WORDS = ("", "-")
TRUTHS = {"true": True, "false": False}
ColumnType = Literal["bool", "int", "string", "instant"]
# Where cells may be ranges.
RANGED: tuple[ColumnType, ...] = ("int", "instant")

_COMPARED = re.compile(r"(<=|>=|<|>)(.*)", re.DOTALL)
_WHOLE = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Column:
    """What a column asks for: `said` is how conditions write it, `floor` the least that a number can be.

    An instant is a number of microseconds here, from `floor` up to `ceiling`; days begin in `zone`.
    `choices` are the only texts that it can be, None where any text may come, and `domain` those of them that
    come where the table is asked; `unit` is that of money.
    """

    said: str
    type: ColumnType
    choices: tuple[str, ...] | None = None
    domain: tuple[str, ...] | None = None
    unit: Unit | None = None
    floor: int = INT_MIN
    ceiling: int = INT_MAX
    zone: tzinfo = UTC

    @classmethod
    def of_instants(cls, said: str, zone: tzinfo) -> "Column":
        """A column that asks for an instant."""
        return cls(said, "instant", floor=FIRST, ceiling=LAST, zone=zone)


@dataclass(frozen=True, slots=True)
class Whatever:
    """Any value, and none."""


@dataclass(frozen=True, slots=True)
class Among:
    """One of these values."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """Whole numbers, or microseconds, from `low` on, up to `high`, which is the last of them."""

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
    ranged = _ranged(word, column) if column.type in RANGED else None
    if ranged is not None:
        return ranged
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


def _ranged(word: str, column: Column) -> Cell | BadCell | None:
    """Read a comparison or a range, and of instants whatever it is; None for a list of numbers."""
    compared, ends = _COMPARED.fullmatch(word), word.split("..")
    if compared is not None:
        return _beyond(compared.group(1), _bound(compared.group(2), column), column)
    if len(ends) == 2:
        return _range(ends[0].strip(), ends[1].strip(), column)
    if column.type != "instant":
        return None
    span = _bound(word, column)
    return span if isinstance(span, BadCell) else Between(*span)


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


def _bound(word: str, column: Column) -> tuple[int, int] | BadCell:
    """The first and the last number that a word means: of a day, its whole length."""
    if column.type != "instant":
        number = _number(word, column)
        return number if isinstance(number, BadCell) else (number, number)
    hint = "write 2026-01-31, 2026-01-01..2026-04-01, >= 2026-01-01 or 2026-01-31T10:00:00Z"
    if "|" in word:
        return BadCell("a list of days cannot stand in a cell", "write a row for each, or a range")
    return read_instants(word.strip(), column.zone) or BadCell(f"{word.strip()[:40]!r} is no day", hint)


def _beyond(sign: str, bound: tuple[int, int] | BadCell, column: Column) -> Cell | BadCell:
    if isinstance(bound, BadCell):
        return bound
    first, last = bound
    low = {">=": first, ">": last + 1}.get(sign, column.floor)
    high = {"<=": last, "<": first - 1}.get(sign, column.ceiling)
    return _some(low, high, column)


def _range(first: str, end: str, column: Column) -> Cell | BadCell:
    low = _bound(first, column) if first else (column.floor, column.floor)
    high = _bound(end, column) if end else (column.ceiling + 1, column.ceiling + 1)
    if isinstance(low, BadCell):
        return low
    return high if isinstance(high, BadCell) else _some(low[0], high[0] - 1, column)


def _some(low: int, high: int, column: Column) -> Cell | BadCell:
    low, high = max(low, column.floor), min(high, column.ceiling)
    if low <= high:
        return Between(low, high)
    if column.type == "instant":
        return BadCell("no day is in there", "a range is from its first day to before its end")
    return BadCell("no number is in there", "a range is from its first to before its end: 10..20")


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
                return f"{column.said} == {_numbered(low, column)}"
            bounds = [f"{column.said} >= {_numbered(low, column)}"] if low > column.floor else []
            # The end is written as it was: not the last that belongs, but the first that does not.
            bounds += [f"{column.said} < {_numbered(high + 1, column)}"] if high < column.ceiling else []
            return " && ".join(bounds) or f"{column.said} >= {_numbered(low, column)}"


def shown(value: Value, column: Column) -> str:
    """Write a value as people read it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and column.type == "instant":
        return shown_instant(value, column.zone)
    if isinstance(value, int) and column.unit is not None:
        return f"{plain_amount(value, column.unit)} {column.unit.key}"
    return str(value)


def _numbered(value: int, column: Column) -> str:
    return f"timestamp('{instant_of(value)}')" if column.type == "instant" else str(value)


def _written(value: Value) -> str:
    # JSON's escapes are all among CEL's.
    return json.dumps(value, ensure_ascii=False)
