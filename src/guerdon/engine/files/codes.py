"""A file of voucher codes as suppliers send them: `item,value,code`, one code a line.

A fourth column, `expires_on`, may say until when each is good: a day, to its end in the program's time zone,
or an instant with its offset. A cell of it may be empty: that code has no end.

An item of the program is named by its key, one of a feed with its feed before it: `cards:b-17`.

Every row ends up in exactly one place: among the codes, or among the problems with its line. A row with a
mistake never keeps the others out, because a supplier's file of a hundred thousand codes has one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from guerdon.engine.files.instants import read_day
from guerdon.engine.files.rows import read_rows
from guerdon.expressions.instants import read_timestamp
from guerdon.ledger.expiry import end_of_day
from guerdon.program.model import Item, Program
from guerdon.rules.choice.prices import sold_as
from guerdon.store.codes import CODE_LENGTH_MAX, Code, good_after
from guerdon.text.code_rows import wrong_code_in_english
from guerdon.values.money import AmountFault, BadAmount, Money, parse_money, plain_amount
from guerdon.values.problems import Problem, near_or_known

HEADER = ("item", "value", "code")
UNTIL = "expires_on"
# A file is read as one: what is larger comes as several.
FILE_BYTES_MAX = 10 << 20
ROWS_MAX = 100_000
# What is said to be good for longer than this is a slip: that cell is left empty.
YEAR_MAX = 2999
# What is said of each stands in `text/code_rows.py`, in each language with the values that it is given here.
WrongCode = Literal[
    # The file, and how a row is written.
    "encoding", "header", "rows_many", "three_cells", "four_cells",
    # What it is a code for.
    "unknown_item", "not_pooled", "unsold",
    # The code, and until when it is good.
    "code_empty", "code_long", "code_space", "code_unseen", "end_unread", "end_past", "end_soon",
]  # fmt: skip
Said = Mapping[str, str | int]
_Fault = tuple[WrongCode, Said]


@dataclass(frozen=True, slots=True)
class WrongRow:
    """Why a row is no code, or a file has none: the column (empty: none alone), the line, and a reason."""

    where: str
    line: int
    code: WrongCode | AmountFault
    said: Said

    def __str__(self) -> str:
        return str(wrong_code_in_english((self.where, self.line, self.code), self.said))


@dataclass(slots=True)
class CodesFile:
    """What a file held: codes with the line each stands in, and the rows that are none."""

    codes: list[Code] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[WrongRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reading:
    """By what rows are read: the items, the columns that the header names, and the time it is.

    An item that is None is there, and codes of one's own do not deliver it.
    """

    program: Program
    items: Mapping[str, Item | None]
    columns: tuple[str, ...]
    now: datetime


def named_items(data: bytes) -> set[str]:
    """What the rows of a file call their items, as it stands there."""
    rows = read_rows(data)
    return set() if isinstance(rows, Problem) else {row[0].strip() for _, row in rows if row}


def read_codes_file(
    data: bytes, program: Program, now: datetime, of_feeds: Mapping[str, Item | None] | None = None
) -> CodesFile:
    """Read a file of codes against a program's items and those of feeds that the file names (`load_pooled`).

    What is over `now` is a problem of its row; a file of too many rows is one as a whole, and has no codes.
    """
    found = CodesFile()
    rows = read_rows(data)
    if isinstance(rows, Problem):
        found.problems.append(WrongRow("", rows.line or 1, "encoding", {}))
        return found
    line, header = next(rows, (1, []))
    columns = tuple(cell.strip().casefold() for cell in header)
    if columns not in (HEADER, (*HEADER, UNTIL)):
        said = {"columns": ",".join(HEADER), "until": UNTIL}
        found.problems.append(WrongRow("", line, "header", said))
        return found
    reading = _Reading(program, {**program.items, **(of_feeds or {})}, columns, now)
    for number, (line, row) in enumerate(rows):
        if number == ROWS_MAX:
            return CodesFile(problems=[WrongRow("", line, "rows_many", {"most": ROWS_MAX})])
        read = _read_row(row, line, reading)
        if isinstance(read, WrongRow):
            found.problems.append(read)
        else:
            found.codes.append(read)
            found.lines.append(line)
    return found


def _read_row(row: list[str], line: int, reading: _Reading) -> Code | WrongRow:
    program, columns = reading.program, reading.columns
    if len(row) != len(columns):
        code: WrongCode = "three_cells" if columns == HEADER else "four_cells"
        return WrongRow("", line, code, {"columns": ",".join(columns)})
    item_key, value_text, text, *until = (cell.strip() for cell in row)
    item = _item_of(item_key, line, reading)
    if isinstance(item, WrongRow):
        return item
    value = parse_money(value_text, program.units)
    if isinstance(value, BadAmount):
        assert value.code, "an amount is wrong for a reason that has a code"
        return WrongRow("value", line, value.code, value.said)
    if not sold_as(item, value):
        said = {"value": value_text, "item": item_key, **_buyers(item, program)}
        return WrongRow("value", line, "unsold", said)
    fault = _fault_of(text)
    if fault:
        return WrongRow("code", line, *fault)
    end = _read_end(until[0], reading) if until else None
    return WrongRow(UNTIL, line, *end) if isinstance(end, tuple) else Code(item.key, value, text, end)


def _item_of(key: str, line: int, reading: _Reading) -> Item | WrongRow:
    # What feeds call things is the same in upper and lower case.
    known = next((each for each in (key, key.lower()) if each in reading.items), None)
    if known is None:
        said = {"given": repr(key[:40]), **near_or_known(key, reading.items)}
        return WrongRow("item", line, "unknown_item", said)
    return reading.items[known] or WrongRow("item", line, "not_pooled", {"item": known})


def _read_end(text: str, reading: _Reading) -> datetime | _Fault | None:
    """Until when a code is good; None: it has no end."""
    if not text:
        return None
    # The cell is not said again: where columns were mixed up, it is the code.
    end = _end_of(text, ZoneInfo(reading.program.time_zone))
    if end is None:
        return "end_unread", {}
    if end <= reading.now:
        return "end_past", {}
    if end <= good_after(reading.now):
        return "end_soon", {}
    return end


def _end_of(text: str, zone: ZoneInfo) -> datetime | None:
    day = read_day(text)
    try:
        end = end_of_day(day, zone) if day is not None else read_timestamp(text)
    except (ValueError, OverflowError):
        return None
    return end if end is not None and end.year <= YEAR_MAX else None


def _fault_of(code: str) -> _Fault | None:
    if not code:
        return "code_empty", {}
    if len(code) > CODE_LENGTH_MAX:
        return "code_long", {"n": str(len(code)), "most": CODE_LENGTH_MAX}
    if any(character.isspace() for character in code):
        return "code_space", {}
    if not code.isprintable():
        return "code_unseen", {}
    return None


def _buyers(item: Item, program: Program) -> dict[str, str]:
    """What an item is sold for: single values, and a range with its step."""
    found = {"values": ", ".join(_written(value, program) for value in item.values)}
    if item.range is not None and item.currency is not None:
        written = [_written(Money(each, item.currency), program) for each in item.range]
        found |= dict(zip(("least", "most", "step"), written, strict=True))
    return found


def _written(value: Money, program: Program) -> str:
    return f"{plain_amount(value.amount_minor, program.units[value.unit])} {value.unit}"
