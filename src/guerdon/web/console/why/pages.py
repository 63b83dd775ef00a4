"""The screen that answers "why did I not get it?": a member is found, then the event, then its receipt.

Whoever sees a member sees their events. Members are found by what is typed into a form, which leads to an
address with their own id; events of two years are shown, and any event by its id.
"""

from datetime import datetime, timedelta

from django.http import Http404, HttpResponse

from guerdon.engine.why.accounts import account_of, accounts_of
from guerdon.queries import members as member_rows
from guerdon.queries.why.events import WhyAsked, find_event, list_why, load_why
from guerdon.store.persons import load_persons
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.finding.members import find_typed, is_telling, typed
from guerdon.web.console.masks import masked
from guerdon.web.console.why.stories import shown
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room

ROWS = 50
FOUND_MAX = 20
SHOWN_BACK = timedelta(days=731)


@staff_page
def why(desk: Desk) -> HttpResponse:
    """Find a member and their events."""
    if desk.request.method == "POST":
        return _find(desk)
    terms = desk.request.GET
    asked, event = typed(terms, "member") or typed(terms, "q"), typed(terms, "event")
    if is_telling(asked) or is_telling(event, "evt"):
        return _shown(desk, refused=True)
    number = read("evt", event)
    if number is not None:
        return _see(desk, f"why/{show('evt', number)}")
    member = read("mem", asked)
    return _shown(desk, [] if member is None else [member], asked=asked)


def _find(desk: Desk) -> HttpResponse:
    """Lead to whom or what was typed; whom it could mean, if that are several."""
    asked, event = typed(desk.request.POST, "q"), typed(desk.request.POST, "event")
    number = read("evt", event)
    if number is not None:
        return _see(desk, f"why/{show('evt', number)}")
    found = find_typed(desk, asked, FOUND_MAX) if asked else []
    if len(found) != 1:
        return _shown(desk, found, asked=asked, event=event)
    if not event:
        return _see(desk, "why", member=show("mem", found[0]))
    with desk.transaction() as tx:
        number = find_event(tx, found[0], event)
    if number is not None:
        return _see(desk, f"why/{show('evt', number)}")
    return _shown(desk, found, asked=asked, event=event)


def _shown(
    desk: Desk, found: list[int] | None = None, *, asked: str = "", event: str = "", refused: bool = False
) -> HttpResponse:
    before = read("evt", desk.request.GET.get("before", ""))
    with desk.transaction() as tx:
        known = [row.member_id for row in member_rows.list_rows(tx, desk.unit.key, found or [])]
        one = known[0] if len(known) == 1 else None
        rows = list_why(tx, WhyAsked(one, ROWS + 1, *_period(desk), before)) if one is not None else []
        accounts = accounts_of(rows[:ROWS], lambda version: room().playbook(tx, desk.program_id, version))
        persons = load_persons(tx, room().vault, desk.program_id, known)
    return desk.show(
        "console/why/search.html",
        "why",
        names=Namer(desk.program, desk.locale),
        status=400 if refused else 200,
        refused=refused,
        asked=asked,
        event=event,
        found=known,
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


def _see(desk: Desk, path: str, **terms: object) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": desk.address(path, **terms)})


def _period(desk: Desk) -> tuple[datetime, None]:
    return desk.now - SHOWN_BACK, None
