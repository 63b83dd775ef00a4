"""A statement as a CSV file: `their_id,ref,state,currency,amount,at`, maybe `cost,cost_currency`.

All or nothing: a statement that lacks a line says of an order that it is not there. Every wrong row is
named.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from guerdon.engine.files.rows import read_rows
from guerdon.engine.reconciling.taking import WORD_MAX, meant
from guerdon.store.orders.reconciling.statements import Line
from guerdon.values.money import AMOUNT_MINOR_MAX
from guerdon.values.problems import Problem, did_you_mean

NEEDED = ("their_id", "ref", "state", "currency", "amount", "at")
OPTIONAL = ("cost", "cost_currency")
STATES = ("placed", "pending", "failed", "canceled")
ROWS_MAX = 1_000_000
PROBLEMS_MAX = 200

_NUMBER = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,4}))?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ZONED = re.compile(r".*(?:Z|[+-][0-9]{2}:?[0-9]{2})")

DigitsOf = Callable[[str], int]


@dataclass(slots=True)
class StatementFile:
    """What a file held: lines, and what is wrong with others."""

    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_statement_file(data: bytes, digits_of: DigitsOf) -> StatementFile:
    """Read a statement; with problems none of its lines may be believed."""
    found = StatementFile()
    rows = read_rows(data)
    if isinstance(rows, Problem):
        found.problems.append(rows)
        return found
    line, cells = next(rows, (1, []))
    header = [cell.strip().casefold() for cell in cells]
    fault = _fault_of_header(header, line)
    if fault is not None:
        found.problems.append(fault)
        return found
    _read_lines(found, header, rows, digits_of)
    if not (found.lines or found.problems):
        found.problems.append(Problem("", 1, "there is no order in this file", "write one a line"))
    return found


def _read_lines(
    found: StatementFile, header: list[str], rows: Iterator[tuple[int, list[str]]], digits_of: DigitsOf
) -> None:
    seen: dict[str, tuple[int, Line]] = {}
    for line, row in rows:
        if len(found.lines) >= ROWS_MAX:
            found.problems.append(Problem("", line, "too many rows", f"at most {ROWS_MAX} a file"))
            return
        if len(found.problems) >= PROBLEMS_MAX:
            found.problems.append(Problem("", line, "and so on", "mend these first"))
            return
        if len(row) != len(header):
            said = f"{len(row)} cells where the header has {len(header)}"
            found.problems.append(Problem("", line, said, f"write {','.join(header)}"))
            continue
        told = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
        read = _Row(told, line, digits_of).read()
        if isinstance(read, list):
            found.problems += read
            continue
        before = seen.setdefault(read.their_id, (line, read))
        if before[1] != read:
            said = f"{read.their_id[:40]!r} stands in line {before[0]} otherwise"
            found.problems.append(Problem("their_id", line, said, "keep the one that is right"))
        elif before[0] == line:
            found.lines.append(read)


def _fault_of_header(header: list[str], line: int) -> Problem | None:
    known = (*NEEDED, *OPTIONAL)
    hint = f"write {','.join(known)}; the last two may be left out"
    if not set(NEEDED) <= set(header):
        return Problem("", line, "the first line is not the header", hint)
    strange = [name for name in header if name not in known]
    if strange:
        return Problem(strange[0][:40], line, "unknown column", did_you_mean(strange[0], known))
    twice = [name for name, n in Counter(header).items() if n > 1]
    return Problem(twice[0], line, "the same column twice", hint) if twice else None


@dataclass(slots=True)
class _Row:
    """A row on its way to a line."""

    told: Mapping[str, str]
    line: int
    digits_of: DigitsOf
    faults: list[Problem] = field(default_factory=list)

    def read(self) -> Line | list[Problem]:
        their_id, ref, state = (self.told[name] for name in ("their_id", "ref", "state"))
        for name, word in (("their_id", their_id), ("ref", ref)):
            if len(word) > WORD_MAX or not word.isprintable() or (name == "their_id" and not word):
                self._wrong(name, "not a short word in plain letters", "write it as they do")
        if state not in STATES:
            self._wrong("state", f"{state[:40]!r} is no state", did_you_mean(state, STATES) or "write placed")
        currency = self._currency("currency")
        cost_currency = self._currency("cost_currency") if self.told.get("cost_currency") else currency
        face = self._amount("amount", currency)
        cost = self._amount("cost", cost_currency)
        at = self._moment()
        if self.faults or at is None:
            return self.faults
        order, attempt = meant(ref)
        worth = cost_currency if cost is not None else ""
        return Line(their_id, ref, order, attempt, state, currency, face, cost, worth, at)

    def _wrong(self, name: str, said: str, hint: str) -> None:
        self.faults.append(Problem(name, self.line, said, hint))

    def _currency(self, name: str) -> str:
        said = self.told[name]
        if _CURRENCY.fullmatch(said) is None:
            self._wrong(name, f"{said[:40]!r} is no currency", "write three letters, like EUR")
        return said

    def _amount(self, name: str, currency: str) -> int | None:
        said = self.told.get(name, "")
        if not said:
            return None
        found = _NUMBER.fullmatch(said)
        digits = self.digits_of(currency)
        part = (found.group(2) or "") if found else ""
        # They may write 25.5, and 25.00 of what has no parts: nothing is lost by either.
        if found is None or part[digits:].strip("0"):
            self._wrong(
                name, f"{said[:40]!r} is no amount of {currency[:3]}", "write digits and a point only"
            )
            return None
        minor: int = int(found.group(1)) * int(10**digits) + int(part[:digits].ljust(digits, "0") or "0")
        if minor > AMOUNT_MINOR_MAX:
            self._wrong(name, f"{said[:40]!r} is larger than an amount can be", "look at it again")
            return None
        return minor

    def _moment(self) -> datetime | None:
        said = self.told["at"]
        with suppress(ValueError, OverflowError):
            if _ZONED.fullmatch(said):
                return datetime.fromisoformat(said).astimezone(UTC)
        self._wrong("at", f"{said[:40]!r} is no instant with its zone", "write 2026-03-09T14:05:00+01:00")
        return None
