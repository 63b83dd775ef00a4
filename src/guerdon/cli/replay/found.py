"""What a replay found, as the command line says it: the answer first; and its members as a file."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from guerdon.cli.counts import counted
from guerdon.program.model import Program
from guerdon.queries.replay.found import read_members
from guerdon.store.database import Transaction
from guerdon.values.ids import show

HEAD = ("member", "unit", "market", "location", "live_minor", "draft_minor", "difference_minor", "event")
ROWS_MAX = 12
Row = Mapping[str, Any]


def render_result(program: Program, result: Row) -> Iterator[str]:
    """Say what was found, in lines."""
    moved = {each["unit"]: each for each in result["members"]}
    for each in result["units"]:
        yield _answer(program, each, moved.get(each["unit"]))
    if not result["otherwise"]:
        yield f"All {counted(result['events'], 'event')} come to the same."
    events = counted(result["events"], "event")
    yield f"{events} from {result['since'][:10]} on; {result['otherwise']:,} otherwise."
    if result["failed"]:
        yield f"{counted(result['failed'], 'event')} could not be decided by this text."
    for each in result["units"]:
        yield ""
        yield from _unit(program, each)
    for title, name in (("months", "month"), ("markets", "market"), ("rules", "rule")):
        yield from _table(program, result[title], name)
    yield from _refusals(result["refusals"])
    yield from _samples(program, result["samples"])
    if result["silent_rules"]:
        yield ""
        yield f"Nothing to decide had: {', '.join(result['silent_rules'])} (their events never came)."


def write_members(tx: Transaction, program_id: int, number: int, file: Path) -> int:
    """Write all members who would come to something else; how many lines."""
    written = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(HEAD)
        for rows in read_members(tx, program_id, number):
            lines.writerows(
                (
                    show("mem", row.member_id), row.unit, row.market, row.location or "", row.live, row.draft,
                    row.draft - row.live, show("evt", row.event_id),
                )
                for row in rows
            )  # fmt: skip
            written += len(rows)
    return written


def _answer(program: Program, unit: Row, moved: Row | None) -> str:
    difference = unit["difference_minor"]
    word = "more" if difference > 0 else "less"
    said = f"This draft would have given {_money(program, unit['unit'], abs(difference))} {word}"
    if not difference:
        said = f"This draft would have given the same in {unit['unit']}"
    if moved is None:
        return f"{said}; no member comes to something else in it."
    return (
        f"{said}: {counted(moved['gained'], 'member')} gain"
        f" {_money(program, unit['unit'], moved['gained_minor'])},"
        f" {counted(moved['lost'], 'member')} lose {_money(program, unit['unit'], moved['lost_minor'])}."
    )


def _unit(program: Program, unit: Row) -> Iterator[str]:
    yield f"{unit['unit']:<24}{'live':>18}{'draft':>18}{'difference':>18}"
    names = {
        "wanted_minor": "wanted by conditions",
        "granted_minor": "granted",
        "held_minor": "held for people",
        "back_minor": "taken back",
    }
    for name, label in names.items():
        yield _line(program, unit["unit"], label, unit["live"][name], unit["draft"][name])
    yield _line(
        program, unit["unit"], "outstanding at the end", unit["liability"]["live"], unit["liability"]["draft"]
    )


def _table(program: Program, rows: list[Row], name: str) -> Iterator[str]:
    changed = [row for row in rows if row["difference_minor"]]
    if not changed:
        return
    yield ""
    yield f"granted by {name:<13}{'live':>18}{'draft':>18}{'difference':>18}"
    for row in changed[:ROWS_MAX]:
        sides = [row[side]["granted_minor"] - row[side]["back_minor"] for side in ("live", "draft")]
        yield _line(program, row["unit"], str(row[name]), *sides)
    if len(changed) > ROWS_MAX:
        yield f"and {len(changed) - ROWS_MAX} more; --json has them all"


def _refusals(rows: list[Row]) -> Iterator[str]:
    changed = [row for row in rows if row["live"]["times"] != row["draft"]["times"]]
    if changed:
        yield ""
        yield f"{'refused':<42}{'live':>12}{'draft':>12}"
    for row in changed[:ROWS_MAX]:
        what = f"{row['rule']}: {row['reason']}"
        yield f"{what:<42}{row['live']['times']:>12,}{row['draft']['times']:>12,}"


def _samples(program: Program, rows: list[Row]) -> Iterator[str]:
    if rows:
        yield ""
        yield "samples to open"
    for row in rows[:ROWS_MAX]:
        live, draft = (_money(program, row["unit"], row[f"{side}_minor"]) for side in ("live", "draft"))
        why = row["draft_reason"] or row["live_reason"]
        yield f"  {row['event']}  {row['rule']}: {live} -> {draft}{f' ({why})' if why else ''}"


def _line(program: Program, unit: str, label: str, live: int, draft: int) -> str:
    said = [_money(program, unit, each) for each in (live, draft, draft - live)]
    return f"{label:<24}{said[0]:>18}{said[1]:>18}{said[2]:>18}"


def _money(program: Program, unit: str, minor: int) -> str:
    known = program.units.get(unit)
    digits = known.digits if known is not None else 0
    return f"{minor / 10**digits:,.{digits}f} {unit}" if digits else f"{minor:,} {unit}"
