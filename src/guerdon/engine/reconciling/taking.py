"""Taking a statement: its lines in sets, each a commit of its own; then it is compared, in one.

One that breaks off is kept as far as it came, and says nothing of what it lacks: nothing is compared then.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from guerdon.engine.library import Clock
from guerdon.engine.orders.lanes.turnstile import Unhurried
from guerdon.engine.orders.port import Later, Shut, StatementLine, StatementPage, Supplier
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.orders.reconciling.credits import receive_told
from guerdon.store.orders.reconciling.differences import Comparing, compare
from guerdon.store.orders.reconciling.statements import (
    Line,
    Wanted,
    begin_statement,
    end_statement,
    record_lines,
)
from guerdon.values.ids import read, show

CHUNK = 2_000
LINES_MAX = 5_000_000
COMPARED = "statement.compared"
FAILED = "statement.failed"
# Their clock and ours; and how far a word of theirs is read.
APART = timedelta(minutes=10)
WORD_MAX = 200


class NotTaken(Exception):  # noqa: N818  an answer to whoever asked
    """Why a statement was not taken: `lists`, `busy`, `cut`, `shut`, `large`, `given_up`."""

    def __init__(self, why: str, said: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.said = said


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a statement: lines that it told, differences that are new by it, and gone."""

    statement_id: int
    lines: int
    found: int
    healed: int


def ask_statement(db: Connection, supplier: Supplier, wanted: Wanted, clock: Clock) -> Taken:
    """Ask an account for its books since then, and compare; raises `NotTaken`."""
    if not supplier.abilities.lists_orders:
        raise NotTaken("lists", supplier.account.key)
    unhurried = Unhurried(db, wanted.program_id, supplier, clock)

    def page_after(mark: str | None) -> StatementPage | Later | Shut:
        return unhurried.ask(partial(supplier.list_orders, wanted.since - APART, mark))

    lines = (line_of(each) for each in pages(page_after) if each.at < wanted.until)
    return take_statement(db, wanted, lines, clock)


def take_statement(db: Connection, wanted: Wanted, lines: Iterable[Line], clock: Clock) -> Taken:
    """Keep a statement's lines as they come, and compare; raises `NotTaken`."""
    with transaction(db, wanted.program_id) as tx:
        statement_id = begin_statement(tx, wanted, clock())
    if statement_id is None:
        raise NotTaken("busy")
    place = (wanted.program_id, wanted.supplier, statement_id)
    try:
        _keep(db, place, iter(lines), clock)
    except NotTaken as fault:
        with transaction(db, wanted.program_id) as tx:
            end_statement(tx, (wanted.program_id, statement_id), (0, 0), fault.why, clock())
            _note(tx, wanted, FAILED, statement_id, clock(), why=fault.why)
        raise
    with transaction(db, wanted.program_id) as tx:
        return compare_statement(tx, wanted, statement_id, clock())


def _keep(db: Connection, place: tuple[int, str, int], lines: Iterator[Line], clock: Clock) -> None:
    kept = 0
    while chunk := list(islice(lines, CHUNK)):
        kept += len(chunk)
        if kept > LINES_MAX:
            raise NotTaken("large")
        with transaction(db, place[0]) as tx:
            if not record_lines(tx, place, chunk, clock()):
                raise NotTaken("given_up")


def compare_statement(tx: Transaction, wanted: Wanted, statement_id: int, now: datetime) -> Taken:
    """Compare a statement of which all lines are kept, take what it credits as received, and end it."""
    asked = Comparing(
        wanted.program_id, wanted.supplier, statement_id, wanted.since, wanted.until, wanted.taken_at
    )
    found, healed = compare(tx, asked, now)
    received = receive_told(tx, (wanted.program_id, wanted.supplier, statement_id), wanted.by, now)
    lines = end_statement(tx, (wanted.program_id, statement_id), (found, healed), "", now)
    _note(
        tx,
        wanted,
        COMPARED,
        statement_id,
        now,
        lines=lines,
        found=found,
        healed=healed,
        credits=len(received),
    )
    return Taken(statement_id, lines, found, healed)


def pages(page_after: Callable[[str | None], StatementPage | Later | Shut]) -> Iterator[StatementLine]:
    """An account's books, page after page; raises `NotTaken` where one does not come."""
    after: str | None = None
    passed: set[str] = set()
    while True:
        page = page_after(after)
        if isinstance(page, Later):
            raise NotTaken("cut", page.why)
        if isinstance(page, Shut):
            raise NotTaken("shut", page.says)
        yield from page.lines
        if page.after is None:
            return
        if page.after in passed:
            raise NotTaken("cut", "their pages lead back to one that was read")
        passed.add(page.after)
        after = page.after


def line_of(told: StatementLine) -> Line:
    """A line of theirs, with what their word for it means here."""
    order, attempt = meant(told.ref)
    return Line(
        _short(told.their_id),
        _short(told.ref),
        order,
        attempt,
        told.state,
        told.currency,
        told.face_minor,
        told.cost_minor,
        told.cost_currency,
        told.at,
    )


def meant(ref: str) -> tuple[int | None, int | None]:
    """The order, and the attempt where it names one, that a word of ours means: `ord_…` or `ord_…-2`."""
    word, dash, number = ref.partition("-")
    order = read("ord", word)
    if order is None or (dash and not (number.isascii() and number.isdecimal() and len(number) < 4)):
        return None, None
    return order, int(number) if dash else None


def _short(word: str) -> str:
    return word[:WORD_MAX].replace("\0", "")


def _note(
    tx: Transaction, wanted: Wanted, action: str, statement_id: int, now: datetime, **more: object
) -> None:
    record_audit(
        tx,
        wanted.program_id,
        wanted.by,
        action,
        show("stm", statement_id),
        now,
        supplier=wanted.supplier,
        source=wanted.source,
        told=more,
    )
