"""Decided events with what was known of their members when they were decided: what an explanation needs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from guerdon.ledger.effects import Effect, Hold, decode_decision
from guerdon.queries.receipts import COLUMNS, Receipt, receipt_of
from guerdon.store.database import Transaction
from guerdon.store.members import MemberRow

# The state of then, where it ended since; else that of now, which it still is.
_KNOWN: LiteralString = """
    select {columns}, e.decision::text, e.data::text, e.facts::text, e.state,
           case when m.state = e.state then m.market else s.market end,
           case when m.state = e.state then m.language else s.language end,
           case when m.state = e.state then m.location else s.location end,
           case when m.state = e.state then m.attributes::text else s.attributes::text end, m.enrolled_at,
           exists (select from forgotten_members f where f.program_id = e.program_id
                   and f.member_id = e.member_id and cardinality(f.attributes) > 0)
    from events e
    left join members m on m.program_id = e.program_id and m.member_id = e.member_id
    left join member_states s
      on s.program_id = e.program_id and s.member_id = e.member_id and s.state = e.state
    where e.program_id = this_program()
"""


@dataclass(frozen=True, slots=True)
class WhyRow:
    """A decided event, and its member as of then; `market` None: nobody kept who they were.

    `data`, `facts` and `attributes` are JSON text.
    """

    receipt: Receipt
    effects: Sequence[Effect]
    data: str | None
    facts: str | None
    state: int
    market: str | None
    language: str | None
    location: str | None
    attributes: str | None
    enrolled_at: datetime | None
    # What says who they are is gone, from how they were then too.
    forgotten: bool
    requests: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class WhyAsked:
    """Which of a member's events; `first` and `end` bound when they came in, `before` is where a page ended.

    `own`: with what the house did by itself, and people in it. `idle`: with events that no rule was asked
    about.
    """

    member_id: int
    limit: int
    first: datetime | None = None
    end: datetime | None = None
    before: int | None = None
    own: bool = True
    idle: bool = True


def load_why(tx: Transaction, event_id: int) -> WhyRow | None:
    """One decided event."""
    rows = tx.execute(_statement("and e.id = %s limit 1"), (event_id,), prepare=True).fetchall()
    return next(_read(tx, rows), None)


def list_why(tx: Transaction, asked: WhyAsked) -> list[WhyRow]:
    """A member's decided events, newest first."""
    rows = tx.execute(
        _statement(
            """
            and e.member_id = %(member)s and (%(before)s::bigint is null or e.id < %(before)s)
            and (%(first)s::timestamptz is null or e.recorded_at >= %(first)s)
            and (%(end)s::timestamptz is null or e.recorded_at < %(end)s)
            and (%(own)s or e.source <> 'guerdon')
            and (%(idle)s or json_array_length(e.decision -> 'effects') > 0)
            order by e.id desc limit %(limit)s
            """
        ),
        {
            "member": asked.member_id,
            "before": asked.before,
            "first": asked.first,
            "end": asked.end,
            "own": asked.own,
            "idle": asked.idle,
            "limit": asked.limit,
        },
    ).fetchall()
    return list(_read(tx, rows))


def list_confirmed(tx: Transaction, bounds: tuple[str, str], limit: int) -> list[WhyRow]:
    """Decided events that a location confirmed, by the bounds of their ids; the last first."""
    rows = tx.execute(
        _statement(
            """
            and e.source = 'location_app' and e.external_id collate "C" >= %s
            and e.external_id collate "C" < %s
            order by e.external_id collate "C" desc limit %s
            """
        ),
        (*bounds, limit),
    ).fetchall()
    return list(_read(tx, rows))


def count_confirmed(tx: Transaction, bounds: tuple[str, str]) -> int:
    """How many there are of these."""
    row = tx.execute(
        """
        select count(*) from events
        where program_id = this_program() and source = 'location_app'
          and external_id collate "C" >= %s and external_id collate "C" < %s
        """,
        bounds,
    ).fetchone()
    return int(row[0]) if row else 0


def find_event(tx: Transaction, member_id: int, external_id: str) -> int | None:
    """The latest event of a member that its sender calls so."""
    row = tx.execute(
        """
        select id from events
        where program_id = this_program() and member_id = %s and external_id = %s
        order by id desc limit 1
        """,
        (member_id, external_id),
    ).fetchone()
    return int(row[0]) if row else None


def _statement(conditions: LiteralString) -> LiteralString:
    columns: LiteralString = ", ".join("e." + column for column in COLUMNS)
    return _KNOWN.replace("{columns}", columns) + conditions


def _read(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> Iterator[WhyRow]:
    size = len(COLUMNS)
    decided = [decode_decision(row[size]).effects for row in rows]
    held = [effect.request for effects in decided for effect in effects if isinstance(effect, Hold)]
    states: dict[int, str] = {}
    if held:
        found = tx.execute(
            "select id, state from requests where program_id = this_program() and id = any(%s)", (held,)
        ).fetchall()
        states = {int(number): str(state) for number, state in found}
    for row, effects in zip(rows, decided, strict=True):
        own = {each.request for each in effects if isinstance(each, Hold)}
        requests = {number: state for number, state in states.items() if number in own}
        cells: list[Any] = [*row[size + 1 :], requests]
        yield WhyRow(receipt_of(row[: size + 1]), effects, *cells)


def find_standing(tx: Transaction, member_id: int) -> MemberRow | None:
    """A member as they are now."""
    row = tx.execute(
        """
        select member_id, market, language, location, attributes::text, enrolled_at, state from members
        where program_id = this_program() and member_id = %s
        """,
        (member_id,),
        prepare=True,
    ).fetchone()
    return MemberRow(*row) if row else None
