"""A statement as a CSV file: `their_id,ref,state,currency,amount,at`, maybe `cost,cost_currency`.

All or nothing: a statement that lacks a line says of an order that it is not there. Every wrong row is
named.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from guerdon.engine.files.instants import read_instant
from guerdon.engine.files.rows import Told, read_table
from guerdon.engine.reconciling.taking import WORD_MAX, meant
from guerdon.store.orders.reconciling.statements import Line
from guerdon.values.money import AMOUNT_MINOR_MAX
from guerdon.values.problems import Problem, did_you_mean

NEEDED = ("their_id", "ref", "state", "currency", "amount", "at")
OPTIONAL = ("cost", "cost_currency")
HINT = f"write {','.join((*NEEDED, *OPTIONAL))}; the last two may be left out"
STATES = ("placed", "pending", "failed", "canceled")
ROWS_MAX = 1_000_000
PROBLEMS_MAX = 200

_NUMBER = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,4}))?")
_CURRENCY = re.compile(r"[A-Z]{3}")

DigitsOf = Callable[[str], int]


@dataclass(slots=True)
class StatementFile:
    """What a file held: lines, and what is wrong with others."""

    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_statement_file(data: bytes, digits_of: DigitsOf) -> StatementFile:
    """Read a statement; with problems none of its lines may be believed."""
    found = StatementFile()
    rows = read_table(data, NEEDED, OPTIONAL, HINT)
    if isinstance(rows, Problem):
        found.problems.append(rows)
        return found
    _read_lines(found, rows, digits_of)
    if not (found.lines or found.problems):
        found.problems.append(Problem("", 1, "there is no order in this file", "write one a line"))
    return found


def _read_lines(found: StatementFile, rows: Iterator[Told], digits_of: DigitsOf) -> None:
    seen: dict[str, tuple[int, Line]] = {}
    for line, told in rows:
        if len(found.lines) >= ROWS_MAX:
            found.problems.append(Problem("", line, "too many rows", f"at most {ROWS_MAX} a file"))
            return
        if len(found.problems) >= PROBLEMS_MAX:
            found.problems.append(Problem("", line, "and so on", "mend these first"))
            return
        if isinstance(told, Problem):
            found.problems.append(told)
            continue
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
        at = read_instant(said)
        if at is None:
            self._wrong("at", f"{said[:40]!r} is no instant with its zone", "write 2026-03-09T14:05:00+01:00")
        return at
