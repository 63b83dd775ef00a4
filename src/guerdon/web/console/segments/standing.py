"""How one segment stands: its size, now and over the last months, and who is in it, as far as one may see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from guerdon.program.model import Program
from guerdon.queries.overview import Cut
from guerdon.queries.segments import (
    SegmentLine,
    list_segment_members,
    list_standings,
    load_history,
    load_lines,
)
from guerdon.store.database import Transaction
from guerdon.store.persons import load_persons
from guerdon.store.sealing import Vault
from guerdon.values.ids import show
from guerdon.web.console.masks import masked
from guerdon.web.console.seen import Seen

VIEW = "segment"
PAGE_ROWS = 50
DAYS_SHOWN = 90


@dataclass(frozen=True, slots=True)
class Looked:
    """At which segment of a program somebody looks, and after which of its members."""

    program_id: int
    program: Program
    segment: str
    cut: Cut
    after: int | None = None


def load_segment(tx: Transaction, vault: Vault, looked: Looked, now: datetime) -> Seen:
    """Load what a page of it shows; of one that the program has no more there is no line."""
    program, segment, market = looked.program, looked.segment, looked.cut.market
    known = load_lines(tx, program, market)
    lines = known["lines"]
    assert isinstance(lines, list)
    line: SegmentLine | None = next((each for each in lines if each.segment.key == segment), None)
    today = now.astimezone(ZoneInfo(program.time_zone)).date()
    days = (today - timedelta(days=DAYS_SHOWN - 1), today)
    sized = line is not None and line.size is not None
    rows = list_segment_members(tx, segment, PAGE_ROWS + 1, looked.after, market) if line else []
    persons = load_persons(tx, vault, looked.program_id, [row.member_id for row in rows])
    facts: dict[str, object] = {
        "segment": line.segment if line else None,
        "line": line,
        "members": known["members"],
        "standing": list_standings(tx).get(segment),
        "history": load_history(tx, segment, market, days) if sized else [],
        "rows": rows[:PAGE_ROWS],
        "person_names": {member: masked(person.name) for member, person in persons.items()},
        "onward": show("mem", rows[PAGE_ROWS - 1].member_id) if len(rows) > PAGE_ROWS else None,
    }
    return Seen(VIEW, program, looked.cut, now, facts)
