"""A file of voucher codes as suppliers send them: `item,value,code`, one code a line.

A fourth column, `expires_on`, may say until when each is good: a day, to its end in the program's time zone,
or an instant with its offset. A cell of it may be empty: that code has no end.

An item of the program is named by its key, one of a feed with its feed before it: `cards:b-17`.

Every row ends up in exactly one place: among the codes, or among the problems with its line. A row with a
mistake never keeps the others out, because a supplier's file of a hundred thousand codes has one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from guerdon.engine.files.rows import read_rows
from guerdon.expressions.instants import read_timestamp
from guerdon.ledger.expiry import end_of_day
from guerdon.program.model import Item, Program
from guerdon.rules.choice import sold_as
from guerdon.store.codes import CODE_LENGTH_MAX, Code, good_after
from guerdon.values.money import BadAmount, Money, parse_money, plain_amount
from guerdon.values.problems import Problem, did_you_mean

HEADER = ("item", "value", "code")
UNTIL = "expires_on"
# A file is read as one: what is larger comes as several.
FILE_BYTES_MAX = 10 << 20
ROWS_MAX = 100_000
# What is said to be good for longer than this is a slip: that cell is left empty.
YEAR_MAX = 2999
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_Fault = tuple[str, str]


@dataclass(slots=True)
class CodesFile:
    """What a file held: codes with the line each stands in, and the rows that are none."""

    codes: list[Code] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


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
        found.problems.append(rows)
        return found
    line, header = next(rows, (1, []))
    columns = tuple(cell.strip().casefold() for cell in header)
    if columns not in (HEADER, (*HEADER, UNTIL)):
        hint = f"write {','.join(HEADER)}; a column {UNTIL} may follow"
        found.problems.append(Problem("", line, "the first line is not the header", hint))
        return found
    reading = _Reading(program, {**program.items, **(of_feeds or {})}, columns, now)
    for number, (line, row) in enumerate(rows):
        if number == ROWS_MAX:
            hint = "write the rest into another file; nothing was read"
            return CodesFile(problems=[Problem("", line, f"the file has more than {ROWS_MAX:,} rows", hint)])
        read = _read_row(row, line, reading)
        if isinstance(read, Problem):
            found.problems.append(read)
        else:
            found.codes.append(read)
            found.lines.append(line)
    return found


def _read_row(row: list[str], line: int, reading: _Reading) -> Code | Problem:
    program, columns = reading.program, reading.columns
    if len(row) != len(columns):
        count = "three" if columns == HEADER else "four"
        hint = f"write {','.join(columns)}; a comma in a code needs quotes"
        return Problem("", line, f"is not {count} cells", hint)
    item_key, value_text, code, *until = (cell.strip() for cell in row)
    item = _item_of(item_key, line, reading)
    if isinstance(item, Problem):
        return item
    value = parse_money(value_text, program.units)
    if isinstance(value, BadAmount):
        return Problem("value", line, value.what, value.hint)
    if not sold_as(item, value):
        return Problem("value", line, f"no reward of {value_text} buys {item_key}", _buyers(item, program))
    fault = _fault_of(code)
    if fault:
        return Problem("code", line, *fault)
    end = _read_end(until[0], reading) if until else None
    return Problem(UNTIL, line, *end) if isinstance(end, tuple) else Code(item.key, value, code, end)


def _item_of(key: str, line: int, reading: _Reading) -> Item | Problem:
    # What feeds call things is the same in upper and lower case.
    known = next((each for each in (key, key.lower()) if each in reading.items), None)
    if known is None:
        return Problem("item", line, f"unknown item {key[:40]!r}", did_you_mean(key, reading.items))
    hint = "let its feed name the supplier pool"
    return reading.items[known] or Problem("item", line, f"no code of one's own delivers {known}", hint)


def _read_end(text: str, reading: _Reading) -> datetime | _Fault | None:
    """Until when a code is good; None: it has no end."""
    if not text:
        return None
    # The cell is not said again: where columns were mixed up, it is the code.
    end = _end_of(text, ZoneInfo(reading.program.time_zone))
    if end is None:
        return "is neither a day nor a time", "write 2027-03-31, or a time with its offset: 2027-03-31T18:00Z"
    if end <= reading.now:
        return "the code has expired already", "leave out what cannot be used any more"
    if end <= good_after(reading.now):
        return "the code expires within a day", "nobody would be given it any more"
    return end


def _end_of(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        end = end_of_day(date.fromisoformat(text), zone) if _DAY.fullmatch(text) else read_timestamp(text)
    except (ValueError, OverflowError):
        return None
    return end if end is not None and end.year <= YEAR_MAX else None


def _fault_of(code: str) -> _Fault | None:
    if not code:
        return "the code is empty", ""
    if len(code) > CODE_LENGTH_MAX:
        return f"the code has {len(code)} characters", f"at most {CODE_LENGTH_MAX}"
    if any(character.isspace() for character in code):
        return "the code has a space inside", "a code is one word; two in a cell are two rows"
    if not code.isprintable():
        return "the code has a character that cannot be printed", "look for a stray tab or control character"
    return None


def _buyers(item: Item, program: Program) -> str:
    shown = [_written(value, program) for value in item.values]
    if item.range is not None and item.currency is not None:
        least, most, step = (_written(Money(each, item.currency), program) for each in item.range)
        shown.append(f"{least} to {most} in steps of {step}")
    return "its values: " + ", ".join(shown)


def _written(value: Money, program: Program) -> str:
    return f"{plain_amount(value.amount_minor, program.units[value.unit])} {value.unit}"
