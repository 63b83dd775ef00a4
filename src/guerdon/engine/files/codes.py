"""A file of voucher codes as suppliers send them: `item,value,code`, one code a line.

Every row ends up in exactly one place: among the codes, or among the problems with its line. A row with a
mistake never keeps the others out, because a supplier's file of a hundred thousand codes has one.
"""

from dataclasses import dataclass, field

from guerdon.engine.files.rows import read_rows
from guerdon.program.model import Program
from guerdon.store.codes import CODE_LENGTH_MAX, Code
from guerdon.values.money import BadAmount, Money, parse_money, plain_amount
from guerdon.values.problems import Problem, did_you_mean

HEADER = ("item", "value", "code")


@dataclass(slots=True)
class CodesFile:
    """What a file held: codes with the line each stands in, and the rows that are none."""

    codes: list[Code] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_codes_file(data: bytes, program: Program) -> CodesFile:
    """Read a file of codes against a program's items."""
    found = CodesFile()
    rows = read_rows(data)
    if isinstance(rows, Problem):
        found.problems.append(rows)
        return found
    line, header = next(rows, (1, []))
    if [cell.strip().casefold() for cell in header] != list(HEADER):
        found.problems.append(
            Problem("", line, "the first line is not the header", f"write {','.join(HEADER)}")
        )
        return found
    for line, row in rows:
        read = _read_row(row, line, program)
        if isinstance(read, Problem):
            found.problems.append(read)
        else:
            found.codes.append(read)
            found.lines.append(line)
    return found


def _read_row(row: list[str], line: int, program: Program) -> Code | Problem:
    if len(row) != len(HEADER):
        return Problem(
            "", line, "is not three cells", f"write {','.join(HEADER)}; a comma in a code needs quotes"
        )
    item_key, value_text, code = (cell.strip() for cell in row)
    item = program.items.get(item_key)
    if item is None:
        return Problem("item", line, f"unknown item {item_key[:40]!r}", did_you_mean(item_key, program.items))
    value = parse_money(value_text, program.units)
    if isinstance(value, BadAmount):
        return Problem("value", line, value.what, value.hint)
    if value not in item.values:
        return Problem(
            "value", line, f"no reward of {value_text} buys {item_key}", _buyers(item.values, program)
        )
    fault = _fault_of(code)
    return Problem("code", line, *fault) if fault else Code(item_key, value, code)


def _fault_of(code: str) -> tuple[str, str] | None:
    if not code:
        return "the code is empty", ""
    if len(code) > CODE_LENGTH_MAX:
        return f"the code has {len(code)} characters", f"at most {CODE_LENGTH_MAX}"
    if any(character.isspace() for character in code):
        return "the code has a space inside", "a code is one word; two in a cell are two rows"
    if not code.isprintable():
        return "the code has a character that cannot be printed", "look for a stray tab or control character"
    return None


def _buyers(values: tuple[Money, ...], program: Program) -> str:
    shown = (
        f"{plain_amount(value.amount_minor, program.units[value.unit])} {value.unit}" for value in values
    )
    return "its values: " + ", ".join(shown)
