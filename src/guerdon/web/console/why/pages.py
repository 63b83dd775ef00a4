"""The screen that answers "why did I not get it?": a member is found, then the event, then its receipt.

Whoever sees a member sees their events. Members are found by their id here or in another system, or by their
exact e-mail; events of two years are shown, and any event by its id.
"""

from datetime import datetime, timedelta

from django.http import Http404, HttpResponse

from guerdon.engine.why.accounts import account_of, accounts_of
from guerdon.queries import members as member_rows
from guerdon.queries.why.events import WhyAsked, find_event, list_why, load_why
from guerdon.store.database import Transaction
from guerdon.store.persons import load_persons
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.masks import masked
from guerdon.web.console.why.stories import shown
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

ROWS = 50
FOUND_MAX = 20
LETTERS_MAX = 200
SHOWN_BACK = timedelta(days=731)


@staff_page
def why(desk: Desk) -> HttpResponse:
    """Find a member and their events."""
    asked, event = _typed(desk, "q"), _typed(desk, "event")
    number = read("evt", event) if event else None
    if number is not None and not asked:
        return _see(desk, number)
    before = read("evt", desk.request.GET.get("before", ""))
    with desk.transaction() as tx:
        found = _find(tx, asked) if asked else []
        known = {row.member_id for row in member_rows.list_rows(tx, desk.cut.unit, found)}
        found = [each for each in found if each in known]
        one = found[0] if len(found) == 1 else None
        if one is not None and event:
            number = number or find_event(tx, one, event)
            if number is not None:
                return _see(desk, number)
        rows = list_why(tx, WhyAsked(one, ROWS + 1, *_period(desk), before)) if one is not None else []
        accounts = accounts_of(rows[:ROWS], lambda version: room().playbook(tx, desk.program_id, version))
        persons = load_persons(tx, room().vault, desk.program_id, found)
    return desk.show(
        "console/why/search.html",
        "why",
        names=Namer(desk.program, desk.locale),
        asked=asked,
        event=event,
        found=found,
        person_names={member_id: masked(person.name) for member_id, person in persons.items()},
        accounts=[shown(account, desk.program, desk.locale) for account in accounts],
        paged=before is not None,
        onward=show("evt", rows[ROWS - 1].receipt.id) if len(rows) > ROWS else None,
    )


@staff_page
def receipt(desk: Desk, event: str) -> HttpResponse:
    """One event, with everything that led to its decision."""
    number = read("evt", event)
    if number is None:
        raise Http404
    with desk.transaction() as tx:
        row = load_why(tx, number)
        if row is None or not row.receipt.member_id:
            raise Http404
        account = account_of(row, room().playbook(tx, desk.program_id, row.receipt.version))
    return desk.show(
        "console/why/receipt.html",
        "why",
        names=Namer(account.program or desk.program, desk.locale),
        told=shown(account, desk.program, desk.locale),
    )


def _typed(desk: Desk, name: str) -> str:
    return desk.request.GET.get(name, "")[:LETTERS_MAX].replace("\0", "").strip()


def _see(desk: Desk, number: int) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": desk.address(f"why/{show('evt', number)}")})


def _find(tx: Transaction, asked: str) -> list[int]:
    own = read("mem", asked)
    return [own] if own is not None else member_rows.find_members(tx, room().vault, asked, FOUND_MAX)


def _period(desk: Desk) -> tuple[datetime, None]:
    return desk.now - SHOWN_BACK, None
