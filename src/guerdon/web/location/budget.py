"""Budget: what a location was given, what of it is used, until when the rest lasts, and asking for more."""

from collections.abc import Sequence

from django.http import HttpResponse

from guerdon.access.grants import Target
from guerdon.engine.approvals.acting import PlaceActing, Refused
from guerdon.engine.approvals.more import ask_for_more
from guerdon.queries.decisions import list_of_location
from guerdon.queries.locations.budgets import PlaceBudget, load_place_budgets
from guerdon.store.approvals.requests import RequestRow
from guerdon.text.catalogs import words
from guerdon.values.ids import show
from guerdon.web.location.place import Here, at_location
from guerdon.web.refusals import OF_RIGHTS, REQUEST, note_refusal
from guerdon.web.rooms import room

ASKED_SHOWN = 10
LETTERS_MAX = 80
UNUSABLE = 422


@at_location
def budget(here: Here) -> HttpResponse:
    """Show its budgets, or ask for more of one."""
    if here.desk.request.method != "POST":
        return _page(here)
    desk, said = here.desk, here.desk.request.POST
    account, amount = (said.get(name, "")[:LETTERS_MAX].strip() for name in ("account", "amount"))
    with room().reading(desk.program_id) as tx:
        came = ask_for_more(tx, _acting(here), account, amount, said.get("reason", "").strip())
    if not isinstance(came, Refused):
        return HttpResponse(status=303, headers={"Location": f"{here.base}/budget#asked"})
    if came.reason in OF_RIGHTS:
        note_refusal(desk.program_id, desk.actor, REQUEST, "requests", because=came.reason, act="more")
    return _page(here, came, account)


def budgets_here(here: Here) -> Sequence[PlaceBudget]:
    """The budgets of a location, for whoever may see them."""
    desk = here.desk.seeing("budgets") if here.sees_budgets else None
    if desk is None:
        return ()
    with desk.transaction() as tx:
        found = load_place_budgets(tx, desk.program, desk.today, here.place.key)
    return found.get(here.place.key, ())


def _page(here: Here, refused: Refused | None = None, account: str = "") -> HttpResponse:
    desk, place = here.desk, here.place
    movable = desk.rights.allows("budgets", "write", Target(desk.program_id, place.market, place.key))
    with room().reading(desk.program_id) as tx:
        asked = list_of_location(tx, "budget", place.key, ASKED_SHOWN)
    said = desk.request.POST if refused else {}
    return here.show(
        "budget",
        UNUSABLE if refused else 200,
        budgets=budgets_here(here),
        # Whoever moves budgets anyway does so in the console, where they see what the others have.
        movable=movable,
        asks=here.scans and not movable,
        asked=[(show("apr", each.id), _standing(here, each), each) for each in asked],
        problem=_problem(here, refused) if refused else "",
        wrong=account,
        typed={name: said.get(name, "") for name in ("amount", "reason")},
    )


def _acting(here: Here) -> PlaceActing:
    desk, place = here.desk, here.place
    return PlaceActing(
        *(desk.program_id, desk.program, desk.person, room().vault, desk.now),
        market=place.market,
        location=place.key,
    )


def _problem(here: Here, refused: Refused) -> str:
    say = words(here.desk.locale, "location").gettext
    at = refused.problems[0].where if refused.problems else ""
    return {
        "reason": say("Say why, for whoever signs it."),
        "budget": say("There is not so much left in the budget that feeds this one. Ask for less."),
        "role": say("This is not yours to ask for."),
        "wrong": say("Write an amount like 250.00.")
        if at == "amount"
        else say("This budget is not there any more. Look again."),
    }.get(refused.reason, say("This could not be asked for. Look again."))


def _standing(here: Here, request: RequestRow) -> str:
    say = words(here.desk.locale, "location").gettext
    return {
        "open": say("Waits for a second person"),
        "returned": say("Asked back"),
        "approved": say("Signed, being carried out"),
        "done": say("Given"),
        "rejected": say("Not given"),
        "withdrawn": say("Taken back"),
        "expired": say("Nobody signed in time"),
        "failed": say("Could not be carried out"),
    }.get(request.state, request.state)
