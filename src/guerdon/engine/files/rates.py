"""A file of rates, `day,base,quote,rate,source`: so much of `quote` is one unit of `base` on that day.

All or nothing: figures of a whole company hang on these few lines, so one wrong row keeps the others out, and
every wrong row is named with its line. A rate that is known is never changed by a file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from guerdon.engine.files.instants import read_day
from guerdon.engine.files.rows import read_rows
from guerdon.engine.files.taken import FileTaken
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.rates import RateRow, load_rates, lock_rates, record_rates
from guerdon.values.money import Unit
from guerdon.values.problems import Problem, did_you_mean

HEADER = ("day", "base", "quote", "rate", "source")
ROWS_MAX = 1_000_000
SOURCE_LENGTH_MAX = 200

# As numeric(20, 10) holds it.
_RATE = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10})?")


@dataclass(slots=True)
class RatesFile:
    """What a file held: rates with the line each stands in, and the rows that are none."""

    rates: list[RateRow] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_rates_file(data: bytes, program: Program, today: date) -> RatesFile:
    """Read a file of rates between a program's units."""
    found = RatesFile()
    rows = read_rows(data)
    if isinstance(rows, Problem):
        found.problems.append(rows)
        return found
    line, header = next(rows, (1, []))
    if [cell.strip().casefold() for cell in header] != list(HEADER):
        what = Problem("", line, "the first line is not the header", f"write {','.join(HEADER)}")
        found.problems.append(what)
        return found
    first_line: dict[tuple[date, str, str], int] = {}
    for line, row in rows:
        read = _read_row(row, line, program.units, today)
        if isinstance(read, RateRow) and read.key in first_line:
            read = Problem(
                "day", line, f"the same day and pair as in line {first_line[read.key]}", "keep one"
            )
        if isinstance(read, Problem):
            found.problems.append(read)
            continue
        first_line[read.key] = line
        found.rates.append(read)
        found.lines.append(line)
    if not (found.rates or found.problems):
        found.problems.append(Problem("", 1, "there is no rate in this file", "write one a line"))
    if len(found.rates) > ROWS_MAX:
        found.problems.append(
            Problem("", found.lines[ROWS_MAX], "too many rows", f"at most {ROWS_MAX} a file")
        )
    return found


def take_rates(
    tx: Transaction, program: tuple[int, Program], data: bytes, by: str, now: datetime
) -> FileTaken:
    """Take a file's rates, all of them or none."""
    program_id, text = program
    lock_rates(tx, program_id)
    fresh, done = _judged(tx, program, data, now)
    if done.problems:
        return done
    if fresh:
        record_rates(tx, program_id, fresh, now)
        days = [row.day for row in fresh]
        record_audit(
            tx,
            program_id,
            by,
            "rates.imported",
            text.key,
            now,
            rates=len(fresh),
            first=min(days).isoformat(),
            last=max(days).isoformat(),
            sources=sorted({row.source for row in fresh})[:10],
        )
    return done


def rehearse_rates(tx: Transaction, program: tuple[int, Program], data: bytes, now: datetime) -> FileTaken:
    """What would become of a file's rates; nothing is written."""
    return _judged(tx, program, data, now)[1]


def _judged(
    tx: Transaction, program: tuple[int, Program], data: bytes, now: datetime
) -> tuple[list[RateRow], FileTaken]:
    """The rates of a file that are not known yet, and what becomes of all of its rows."""
    program_id, text = program
    read = read_rates_file(data, text, now.astimezone(ZoneInfo(text.time_zone)).date())
    known = load_rates(tx, program_id, read.rates)
    problems = sorted([*read.problems, *_changed(read, known)], key=lambda problem: problem.line or 0)
    if problems:
        return [], FileTaken(0, 0, tuple(problems))
    fresh = [row for row in read.rates if row.key not in known]
    return fresh, FileTaken(len(fresh), len(known))


def _changed(read: RatesFile, known: Mapping[tuple[date, str, str], Decimal]) -> list[Problem]:
    return [
        Problem(
            "rate",
            line,
            f"one {row.base} on {row.day} is {known[row.key].normalize():f} {row.quote} already,"
            f" not {row.rate:f}",
            "a rate that figures were made with is not changed; take the row out",
        )
        for row, line in zip(read.rates, read.lines, strict=True)
        if row.key in known and known[row.key] != row.rate
    ]


def _read_row(row: list[str], line: int, units: Mapping[str, Unit], today: date) -> RateRow | Problem:
    if len(row) != len(HEADER):
        return Problem("", line, "is not five cells", f"write {','.join(HEADER)}")
    day_text, base, quote, rate_text, source = (cell.strip() for cell in row)
    day = read_day(day_text)
    if day is None or day > today:
        what = f"{day} has not come yet" if day else f"{day_text[:40]!r} is not a day"
        return Problem("day", line, what, f"write a day until today like {today}")
    fault = _fault_of_pair(base, quote, line, units)
    if fault is not None:
        return fault
    if not _RATE.fullmatch(rate_text) or not Decimal(rate_text):
        what = f"{rate_text[:40]!r} is not a rate above zero"
        return Problem("rate", line, what, "write digits and a point, at most ten before and after it")
    if not source or len(source) > SOURCE_LENGTH_MAX or not source.isprintable():
        return Problem("source", line, "no source in plain letters", "say who published it, like ECB")
    return RateRow(day, base, quote, Decimal(rate_text), source)


def _fault_of_pair(base: str, quote: str, line: int, units: Mapping[str, Unit]) -> Problem | None:
    for name, unit in (("base", base), ("quote", quote)):
        if unit not in units:
            return Problem(name, line, f"unknown unit {unit[:40]!r}", did_you_mean(unit, units))
    return (
        Problem("quote", line, f"{base} in {base}", "a rate leads to another unit") if base == quote else None
    )
