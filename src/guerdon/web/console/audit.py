"""The audit page: who changed what, from what to what and why, and whether it is still as it was sealed.

The check of an open row is made when the page is: its hash leads to its seal, and the seals to what was told
outside. Whoever would rather not believe this server takes the export or the case file elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse

from guerdon.ledger.cases import check_case
from guerdon.queries.people import list_names
from guerdon.queries.proof.audit import AuditAsked, AuditEntry, list_audit, load_sealing
from guerdon.queries.proof.cases import load_case
from guerdon.store.database import Transaction
from guerdon.values.ids import read, show
from guerdon.web.console.deeds import deed_names
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer

PAGE_ROWS = 50
ABOUT_LETTERS_MAX = 200
INSTANT_LETTERS_MIN = len("2026-11-21T12:30Z")

Finding = Literal["anchored", "sealed", "waits", "broken"]


@dataclass(frozen=True, slots=True)
class Opened:
    """The row that is open, and what its check found."""

    row: AuditEntry
    finding: Finding


@staff_page
def audit(desk: Desk) -> HttpResponse:
    """Show the audit, newest first, and one row of it in full."""
    terms, asked = desk.request.GET, read_asked(desk)
    refused = "@" in terms.get("q", "")[:ABOUT_LETTERS_MAX]
    number = read("aud", terms.get("open", ""))
    with desk.transaction() as tx:
        rows = list_audit(tx, asked, PAGE_ROWS + 1)
        sealing = load_sealing(tx)
        opened = _open(desk, tx, number) if number is not None else None
        shown = [*rows, *([opened.row] if opened else [])]
        people = _people(tx, shown)
    onward = show("aud", rows[PAGE_ROWS - 1].id) if len(rows) > PAGE_ROWS else None
    return desk.show(
        "console/audit.html",
        "audit",
        status=400 if refused else 200,
        refused=refused,
        names=Namer(desk.program, desk.locale),
        rows=rows[:PAGE_ROWS],
        sealing=sealing,
        opened=opened,
        people=people,
        deeds=deed_names(desk.locale),
        instant=read_instant,
        asked=asked,
        onward=onward,
        stream=None if asked.before or refused else desk.arriving("audit", (rows[0].id,) if rows else ()),
        filtered=bool(asked.about or asked.action or asked.first or asked.end),
    )


def read_asked(desk: Desk) -> AuditAsked:
    """Which rows the address asks for."""
    terms = desk.request.GET
    about = terms.get("q", "")[:ABOUT_LETTERS_MAX].replace("\0", "").strip()
    action = terms.get("action", "")
    return AuditAsked(
        # Nobody is called by their e-mail in the audit, and an address with one in it would be kept.
        about="" if "@" in about else about,
        action=action if action in deed_names(desk.locale) else "",
        first=_midnight(desk, 0),
        end=_midnight(desk, 1),
        before=read("aud", terms.get("before", "")),
    )


def read_instant(told: object) -> datetime | None:
    """An instant that a row tells of, which is shown as any other; None for what is none."""
    if not isinstance(told, str) or len(told) < INSTANT_LETTERS_MIN:
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _midnight(desk: Desk, days: int) -> datetime | None:
    """Where the asked days begin (0), or end (1), in the program's time zone."""
    day = desk.cut.last if days else desk.cut.first
    zone = ZoneInfo(desk.program.time_zone)
    return datetime.combine(day + timedelta(days=days), time(), zone) if day else None


def _open(desk: Desk, tx: Transaction, number: int) -> Opened:
    found = list_audit(tx, AuditAsked(before=number + 1), 1)
    if not found or found[0].id != number:
        raise Http404
    case = load_case(tx, (desk.program_id, desk.program.key), number, None)
    assert case is not None
    if not case.seals:
        return Opened(found[0], "waits")
    if check_case(case):
        return Opened(found[0], "broken")
    return Opened(found[0], "anchored" if case.anchor else "sealed")


def _people(tx: Transaction, rows: Iterable[AuditEntry]) -> dict[str, str]:
    """What the people are called who acted, or were acted for, by their ids as the audit writes them."""
    told = {name for row in rows for name in (row.actor, row.on_behalf_of or "", row.subject)}
    ids = {number: name for name in told if (number := read("per", name)) is not None}
    return {ids[number]: name for number, name in list_names(tx, list(ids)).items()}
