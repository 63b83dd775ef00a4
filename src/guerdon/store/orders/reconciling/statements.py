"""Statements of suppliers as rows: who reads one, and its lines, each once however often it is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from guerdon.store.database import Transaction

Source = Literal["asked", "file"]
# Whoever was not heard of for so long reads no more.
SILENT = timedelta(minutes=10)
GIVEN_UP = "nobody reads it any more"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A statement that is about to be read: of which account, of which time, and as of when."""

    program_id: int
    supplier: str
    source: Source
    since: datetime
    until: datetime
    by: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """An order as their books have it; `order` and `attempt`: what their word for it says here."""

    their_id: str
    ref: str
    order: int | None
    attempt: int | None
    state: str
    currency: str
    face_minor: int | None
    cost_minor: int | None
    cost_currency: str
    at: datetime


def begin_statement(tx: Transaction, wanted: Wanted, now: datetime) -> int | None:
    """Begin to read a statement; None while somebody else reads one of the same account."""
    give_up_statements(tx, wanted.program_id, now)
    row = tx.execute(
        """
        insert into supplier_statements (program_id, supplier, source, since, until, by, taken_at, beat_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (program_id, supplier) where state = 'reading' do nothing returning id
        """,
        (
            wanted.program_id,
            wanted.supplier,
            wanted.source,
            wanted.since,
            wanted.until,
            wanted.by,
            wanted.taken_at,
            now,
        ),
    ).fetchone()
    return None if row is None else int(row[0])


def give_up_statements(tx: Transaction, program_id: int, now: datetime) -> int:
    """End what nobody reads any more; how many."""
    return tx.execute(
        """
        update supplier_statements set state = 'failed', ended_at = %s, why = %s
        where program_id = %s and state = 'reading' and beat_at < %s
        """,
        (now, GIVEN_UP, program_id, now - SILENT),
    ).rowcount


def record_lines(tx: Transaction, place: tuple[int, str, int], lines: Sequence[Line], now: datetime) -> bool:
    """Keep lines of a statement: (program, account, statement); False when it was given up meanwhile."""
    program_id, supplier, statement_id = place
    beaten = tx.execute(
        """
        update supplier_statements set beat_at = %s
        where program_id = %s and id = %s and state = 'reading'
        """,
        (now, program_id, statement_id),
    ).rowcount
    if not beaten:
        return False
    tx.execute(
        """
        insert into statement_lines as l (program_id, supplier, statement_id, their_id, ref, ref_order,
                                          ref_attempt, state, currency, face_minor, cost_minor,
                                          cost_currency, at)
        select distinct on (n.their_id) %(program)s, %(supplier)s, %(statement)s, n.*
        from unnest(%(theirs)s::text[], %(refs)s::text[], %(orders)s::bigint[], %(attempts)s::smallint[],
                    %(states)s::text[], %(currencies)s::text[], %(faces)s::bigint[], %(costs)s::bigint[],
                    %(cost_currencies)s::text[], %(ats)s::timestamptz[])
             as n (their_id, ref, ref_order, ref_attempt, state, currency, face_minor, cost_minor,
                   cost_currency, at)
        order by n.their_id
        on conflict (program_id, supplier, their_id) do update
        set statement_id = excluded.statement_id, ref = excluded.ref, ref_order = excluded.ref_order,
            ref_attempt = excluded.ref_attempt, state = excluded.state, currency = excluded.currency,
            face_minor = excluded.face_minor, cost_minor = excluded.cost_minor,
            cost_currency = excluded.cost_currency, at = excluded.at
        """,
        {
            "program": program_id,
            "supplier": supplier,
            "statement": statement_id,
            "theirs": [each.their_id for each in lines],
            "refs": [each.ref for each in lines],
            "orders": [each.order for each in lines],
            "attempts": [each.attempt for each in lines],
            "states": [each.state for each in lines],
            "currencies": [each.currency for each in lines],
            "faces": [each.face_minor for each in lines],
            "costs": [each.cost_minor for each in lines],
            "cost_currencies": [each.cost_currency for each in lines],
            "ats": [each.at for each in lines],
        },
    )
    return True


def end_statement(
    tx: Transaction, place: tuple[int, int], found: tuple[int, int], why: str, now: datetime
) -> int:
    """End reading a statement, with how many differences are (new, gone) by it; how many lines it had."""
    row = tx.execute(
        """
        update supplier_statements s
        set state = case when %(why)s = '' then 'read' else 'failed' end, why = %(why)s, found = %(found)s,
            healed = %(healed)s, ended_at = %(now)s,
            lines = (select count(*) from statement_lines l
                     where l.program_id = s.program_id and l.statement_id = s.id)
        where program_id = %(program)s and id = %(id)s and state = 'reading' returning lines
        """,
        {"program": place[0], "id": place[1], "found": found[0], "healed": found[1], "why": why, "now": now},
    ).fetchone()
    return 0 if row is None else int(row[0])


def last_asked(tx: Transaction, program_id: int) -> dict[str, tuple[str, datetime]]:
    """How the latest statement that was asked for of each account stands, and since when."""
    rows = tx.execute(
        """
        select distinct on (supplier) supplier, state, coalesce(ended_at, beat_at)
        from supplier_statements where program_id = %s and source = 'asked'
        order by supplier, id desc
        """,
        (program_id,),
    ).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}
