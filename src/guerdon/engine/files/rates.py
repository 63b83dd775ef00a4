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
from guerdon.engine.files.refusing import Why, known_as, refused
from guerdon.engine.files.rows import read_rows
from guerdon.engine.files.taken import FileTaken
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.rates import RateRow, load_rates, lock_rates, record_rates
from guerdon.values.money import Unit
from guerdon.values.problems import Problem, near_or_known

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
        found.problems.append(refused("", line, "rates_header", columns=",".join(HEADER)))
        return found
    first_line: dict[tuple[date, str, str], int] = {}
    for line, row in rows:
        read = _read_row(row, line, program.units, today)
        if isinstance(read, RateRow) and read.key in first_line:
            read = refused("day", line, "pair_twice", n=first_line[read.key])
        if isinstance(read, Problem):
            found.problems.append(read)
            continue
        first_line[read.key] = line
        found.rates.append(read)
        found.lines.append(line)
    if not (found.rates or found.problems):
        found.problems.append(refused("", 1, "rates_none"))
    if len(found.rates) > ROWS_MAX:
        found.problems.append(refused("", found.lines[ROWS_MAX], "rates_many", most=ROWS_MAX))
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
        refused(
            "rate",
            line,
            "rate_known",
            base=row.base,
            day=row.day.isoformat(),
            rate=f"{known[row.key].normalize():f}",
            quote=row.quote,
            given=f"{row.rate:f}",
        )
        for row, line in zip(read.rates, read.lines, strict=True)
        if row.key in known and known[row.key] != row.rate
    ]


def _read_row(row: list[str], line: int, units: Mapping[str, Unit], today: date) -> RateRow | Problem:
    if len(row) != len(HEADER):
        return refused("", line, "rates_cells", columns=",".join(HEADER))
    day_text, base, quote, rate_text, source = (cell.strip() for cell in row)
    day = read_day(day_text)
    if day is None or day > today:
        why: Why = "day_to_come" if day else "no_day"
        return refused("day", line, why, given=str(day) if day else day_text[:40], today=str(today))
    fault = _fault_of_pair(base, quote, line, units)
    if fault is not None:
        return fault
    if not _RATE.fullmatch(rate_text) or not Decimal(rate_text):
        return refused("rate", line, "no_rate", given=rate_text[:40])
    if not source or len(source) > SOURCE_LENGTH_MAX or not source.isprintable():
        return refused("source", line, "no_source")
    return RateRow(day, base, quote, Decimal(rate_text), source)


def _fault_of_pair(base: str, quote: str, line: int, units: Mapping[str, Unit]) -> Problem | None:
    for name, unit in (("base", base), ("quote", quote)):
        if unit not in units:
            near = known_as(near_or_known(unit, units))
            return refused(name, line, "unknown_unit", near, given=unit[:40])
    return refused("quote", line, "same_unit", given=base) if base == quote else None
