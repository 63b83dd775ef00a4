"""A file of adjustments, one a line: for whom, how much of what, and why.

A member is named by id, or by the source and the id there. All that is wrong is named with its line, and then
nothing is made of the file at all: of a hundred thousand rows with seventeen bad ones, none happens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.engine.approvals.mistakes import ROWS_MAX, check_adjustments
from guerdon.engine.approvals.payers import Payers
from guerdon.engine.files.rows import read_rows
from guerdon.ledger.contents import AdjustMany, Adjustment
from guerdon.program.model import Program
from guerdon.store.approvals.standings import load_places
from guerdon.store.database import Transaction
from guerdon.store.members import find_member_ids
from guerdon.values.ids import read
from guerdon.values.money import BadAmount, parse_amount
from guerdon.values.problems import Problem, did_you_mean

REQUIRED = ("unit", "amount", "reason")
OPTIONAL = ("member", "source", "external_id", "payer", "debt")
FILE_BYTES_MAX = 10 << 20

_TRUTHS = {"": False, "no": False, "yes": True}
Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A line that could be read: the adjustment but for its member, who is an id or a name elsewhere."""

    line: int
    member: int | None
    source: str
    external_id: str
    adjustment: Adjustment


def read_bulk_file(
    tx: Transaction, program_id: int, program: Program, data: bytes, scope: Scope | None = WHOLE_PROGRAM
) -> AdjustMany | list[Problem]:
    """What a file asks for, or everything that is wrong with it; `scope` is where who asks may spend."""
    if len(data) > FILE_BYTES_MAX:
        return [Problem("", None, "the file is larger than 10 MB", "split it")]
    lines = read_rows(data)
    if isinstance(lines, Problem):
        return [lines]
    line, header = next(lines, (1, []))
    names = [name.strip().casefold() for name in header]
    wrong = _check_header(names, line)
    if wrong:
        return wrong
    problems: list[Problem] = []
    rows: list[Row] = []
    for line, cells in lines:
        if len(rows) > ROWS_MAX:
            break
        read_row = _row(program, names, cells, line)
        if isinstance(read_row, Row):
            rows.append(read_row)
        else:
            problems += read_row
    payers = Payers(program, scope)
    adjustments, unknown = _with_members(tx, program_id, payers, rows)
    problems += unknown
    known = [row for row, adjustment in zip(rows, adjustments, strict=True) if adjustment is not None]
    made = [adjustment for adjustment in adjustments if adjustment is not None]
    if made or not problems:
        problems += check_adjustments(tx, program_id, payers, made, [row.line for row in known])
    if problems:
        return sorted(problems, key=lambda problem: problem.line or 0)
    return AdjustMany(made)


def _check_header(names: Sequence[str], line: int) -> list[Problem]:
    known = (*OPTIONAL, *REQUIRED)
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return [Problem("header", line, "the columns are not separated by commas", "separate with commas")]
    missing = [Problem(name, line, "the header lacks this column") for name in REQUIRED if name not in names]
    if "member" not in names and not {"source", "external_id"} <= set(names):
        missing.append(
            Problem("member", line, "the header names no member", "add member, or source,external_id")
        )
    twice = [Problem(name, line, "this column stands twice") for name in set(names) if names.count(name) > 1]
    unknown = [
        Problem(name[:40], line, "unknown column", did_you_mean(name, known))
        for name in names
        if name not in known
    ]
    return missing + twice + unknown


def _row(program: Program, names: Sequence[str], cells: Sequence[str], line: int) -> Row | list[Problem]:
    if len(cells) != len(names):
        return [Problem("row", line, f"has {len(cells)} cells where the header has {len(names)}")]
    cell = dict.fromkeys(OPTIONAL, "") | {
        name: value.strip() for name, value in zip(names, cells, strict=True)
    }
    found = [
        Problem(name, line, "has a character that cannot be printed")
        for name, value in cell.items()
        if not value.isprintable()
    ]
    member = read("mem", cell["member"]) if cell["member"] else None
    if cell["member"] and member is None:
        found.append(
            Problem("member", line, f"{cell['member'][:40]} is no member's id", "like mem_0000000000R8C")
        )
    elif member is None and not (cell["source"] and cell["external_id"]):
        found.append(
            Problem("member", line, "it names nobody", "write a member, or a source and an id there")
        )
    elif member is None and cell["source"] not in program.sources:
        hint = did_you_mean(cell["source"], program.sources)
        found.append(Problem("source", line, f"unknown source {cell['source'][:40]}", hint))
    unit = program.units.get(cell["unit"])
    amount: int | BadAmount = 0
    if unit is None:
        hint = did_you_mean(cell["unit"], program.units)
        found.append(Problem("unit", line, f"unknown unit {cell['unit'][:40]}", hint))
    else:
        amount = parse_amount(cell["amount"], unit)
    if isinstance(amount, BadAmount):
        found.append(Problem("amount", line, amount.what, amount.hint))
    if cell["debt"].casefold() not in _TRUTHS:
        found.append(Problem("debt", line, f"{cell['debt'][:40]} is neither yes nor no"))
    if found or isinstance(amount, BadAmount):
        return found
    debt = _TRUTHS[cell["debt"].casefold()]
    adjustment = Adjustment(member or 0, cell["unit"], amount, cell["payer"], cell["reason"], debt)
    return Row(line, member, cell["source"], cell["external_id"], adjustment)


def _with_members(
    tx: Transaction, program_id: int, payers: Payers, rows: Sequence[Row]
) -> tuple[list[Adjustment | None], list[Problem]]:
    """Each row's adjustment with its member and payer; None, and a problem, where nobody is called so."""
    asked = sorted({(row.source, row.external_id) for row in rows if row.member is None})
    known = find_member_ids(tx, program_id, asked) if asked else {}
    named = [row.member or known.get((row.source, row.external_id)) for row in rows]
    places = load_places(tx, program_id, sorted({member for member in named if member is not None}))
    found: list[Adjustment | None] = []
    problems = []
    for row, member in zip(rows, named, strict=True):
        if member is None:
            said = f"nobody is {row.external_id[:40]} in {row.source}"
            problems.append(Problem("external_id", row.line, said))
            found.append(None)
        else:
            each = row.adjustment
            payer = each.payer or payers.given(each.unit, places.get(member))
            found.append(Adjustment(member, each.unit, each.amount, payer, each.reason, each.debt))
    return found, problems
