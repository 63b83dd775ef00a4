"""A file of vouchers of old, `requested_on,delivered_on,location,market,kind`: how long it took before.

All or nothing: what is shown beside today's figures hangs on these lines, so one wrong row keeps the others
out, and every wrong row is named with its line. Both times are days, or both are instants with their zone.
The same file again adds nothing; two rows that are the same within a file are two vouchers.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from guerdon.engine.files.instants import read_day, read_instant
from guerdon.engine.files.rows import read_table
from guerdon.engine.files.taken import FileTaken
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.deliveries.vouchers import VoucherRow, record_vouchers
from guerdon.values.problems import Problem, did_you_mean

NEEDED = ("requested_on", "delivered_on")
OPTIONAL = ("location", "market", "kind")
HINT = f"write {','.join((*NEEDED, *OPTIONAL))}; the last three may be left out"
ROWS_MAX = 1_000_000
WORD_LENGTH_MAX = 100
YEARS_MAX = 50
IMPORTED = "vouchers.imported"


@dataclass(slots=True)
class VouchersFile:
    """What a file held: vouchers, and the rows that are none."""

    vouchers: list[VoucherRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_vouchers_file(data: bytes, program: Program, now: datetime) -> VouchersFile:
    """Read a file of vouchers of old."""
    found = VouchersFile()
    rows = read_table(data, NEEDED, OPTIONAL, HINT)
    if isinstance(rows, Problem):
        found.problems.append(rows)
        return found
    for line, told in rows:
        if isinstance(told, Problem):
            found.problems.append(told)
            continue
        read, faults = _read_row(told, line, program, now)
        found.problems += faults
        if read is not None:
            found.vouchers.append(read)
    if not (found.vouchers or found.problems):
        found.problems.append(Problem("", 1, "there is no voucher in this file", "write one a line"))
    if len(found.vouchers) > ROWS_MAX:
        found.problems.append(Problem("", None, "too many rows", f"at most {ROWS_MAX} a file"))
    return found


def take_vouchers(
    tx: Transaction, program: tuple[int, Program], data: bytes, by: str, now: datetime
) -> FileTaken:
    """Take a file's vouchers, all of them or none."""
    program_id, text = program
    read = read_vouchers_file(data, text, now)
    if read.problems:
        return FileTaken(0, 0, tuple(read.problems))
    seen: Counter[VoucherRow] = Counter()
    placed = []
    for row in read.vouchers:
        placed.append((row, seen[row]))
        seen[row] += 1
    taken = record_vouchers(tx, program_id, placed, by, now)
    if taken:
        record_audit(tx, program_id, by, IMPORTED, text.key, now, vouchers=taken)
    return FileTaken(taken, len(placed) - taken)


def _read_row(
    told: Mapping[str, str], line: int, program: Program, now: datetime
) -> tuple[VoucherRow | None, list[Problem]]:
    faults = _faults_of_words(told, line, program)
    times: list[tuple[datetime, bool]] = []
    for name in NEEDED:
        read = _time_of(told[name])
        if isinstance(read, str):
            faults.append(Problem(name, line, read, "write 2025-03-09, or 2025-03-09T14:05:00+01:00"))
        elif read[0] > now or read[0].year < now.year - YEARS_MAX:
            faults.append(Problem(name, line, f"{told[name][:40]} is not in the past", "look at the year"))
        else:
            times.append(read)
    if len(times) == len(NEEDED):
        (requested, by_day), (delivered, also) = times
        if by_day != also:
            faults.append(
                Problem("delivered_on", line, "one is a day and one an instant", "write both alike")
            )
        elif delivered < requested:
            faults.append(
                Problem("delivered_on", line, "is before it was asked for", "are they the wrong way?")
            )
    if faults:
        return None, faults
    words = [told.get(name, "") for name in ("market", "location", "kind")]
    return VoucherRow(requested, delivered, by_day, *words), []


def _faults_of_words(told: Mapping[str, str], line: int, program: Program) -> list[Problem]:
    faults = []
    market = told.get("market", "")
    if market and market not in program.markets:
        what = f"unknown market {market[:40]!r}"
        faults.append(Problem("market", line, what, did_you_mean(market, program.markets)))
    for name in ("location", "kind"):
        word = told.get(name, "")
        if len(word) > WORD_LENGTH_MAX or not word.isprintable():
            faults.append(Problem(name, line, "not a short word in plain letters", "shorten it"))
    return faults


def _time_of(text: str) -> tuple[datetime, bool] | str:
    """An instant and whether only its day is known; else what is wrong."""
    day = read_day(text)
    if day is not None:
        return datetime.combine(day, time.min, UTC), True
    instant = read_instant(text)
    if instant is not None:
        return instant, False
    return f"{text[:40]!r} is neither a day nor an instant with its zone"
