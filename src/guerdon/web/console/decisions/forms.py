"""The forms for a role and for money between budgets: what they offer, and what was typed as a content.

One is opened from the people, the other from a budget. Neither offers a person, a place or a budget that its
reader may not see; what is wrong with either has a sentence for people, not the engine's own.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import Http404

from guerdon.access.grants import Target
from guerdon.access.roles import ROLES
from guerdon.engine.approvals.wishes import GrantWish, MoveWish, grant_by_hand, move_by_hand
from guerdon.ledger.chart import FUNDING
from guerdon.ledger.contents import Content
from guerdon.queries.budgets import BudgetLine, load_tree
from guerdon.queries.people import list_people
from guerdon.store.database import Transaction
from guerdon.text.catalogs import words
from guerdon.values.ids import show
from guerdon.values.problems import Problem
from guerdon.web.console.desk import Desk

LOCATIONS_SHOWN = 1_000
NEIGHBORS_SHOWN = 500
BUDGET = "budget:"
FIELDS = ("person", "role", "market", "location", "from", "to", "account", "other", "way")


def grant_wished(desk: Desk, tx: Transaction) -> Content | list[Problem]:
    """The role that was asked for."""
    given = desk.request.POST
    person = given.get("person", "")
    # Somebody who works elsewhere is as unknown as one there is not.
    if person not in {name for name, _ in _people(desk, tx)}:
        return [Problem("person", None, "nobody of this id works here")]
    return grant_by_hand(
        desk.program,
        GrantWish(
            person,
            *(given.get(name, "").strip() for name in ("role", "market", "location", "amount", "unit")),
            *(given.get(name, "").strip() for name in ("from", "to")),
        ),
        desk.now,
    )


def move_wished(desk: Desk, tx: Transaction) -> Content | list[Problem]:
    """The money that is to move."""
    given = desk.request.POST
    line = _line(_seen(desk, tx), given.get("account", ""))
    wish = MoveWish(line.account, given.get("other", ""), given.get("amount", ""), given.get("way") == "in")
    return move_by_hand(tx, desk.program_id, desk.program, wish)


def grant_choices(desk: Desk, tx: Transaction) -> dict[str, Any]:
    """What the form for a role offers."""
    return {
        "people": _people(desk, tx),
        "roles": ROLES,
        "markets": [key for key in desk.program.markets if _gives_at(desk, key, None)],
        "locations": [
            place for place in desk.program.locations.values() if _gives_at(desk, place.market, place.key)
        ][:LOCATIONS_SHOWN],
        "whole": _gives_at(desk, None, None),
    }


def move_choices(desk: Desk, tx: Transaction, account: str) -> dict[str, Any]:
    """What the form for a move offers: the budget and its neighbors in the tree, with what each has free."""
    lines = _seen(desk, tx)
    line = _line(lines, account)
    free = {each.account: each.own.free for each in lines}
    parent = line.parent or FUNDING
    below = [each.account for each in lines if each.parent == line.account][:NEIGHBORS_SHOWN]
    # What funds the program has no bottom, and one that the reader may not see is named without what it has.
    return {"line": line, "neighbors": [(name, free.get(name)) for name in (parent, *below)]}


def fault_said(problem: Problem, locale: str) -> str:
    """What is wrong with either form, by the field it is in."""
    say = words(locale, "console").gettext
    ends = say("Money moves between a budget and the one that feeds it, or one that it feeds.")
    amount = say("An amount is more than nothing, written like 250.00, in a unit of the program.")
    days = say("Give days to come, the last not before the first.")
    said: Mapping[str, str] = {
        "person": say("Choose somebody who works here."),
        "role": say("This role is given for a narrower place. Choose a market or a location for it."),
        "market": say("There is no such market."),
        "location": say("There is no such location in this market."),
        **dict.fromkeys(("from", "to"), ends),
        **dict.fromkeys(("amount", "amount_max", "unit"), amount),
        **dict.fromkeys(("valid_from", "valid_to"), days),
    }
    return said.get(problem.where, str(problem))


def _people(desk: Desk, tx: Transaction) -> list[tuple[str, str]]:
    """Who may be given a role: everybody who is seen, but nobody asks for themselves."""
    return [
        (show("per", number), name) for number, name, _ in list_people(tx) if number != desk.person.person_id
    ]


def _gives_at(desk: Desk, market: str | None, location: str | None) -> bool:
    return desk.rights.allows("people", "write", Target(desk.program_id, market, location))


def _seen(desk: Desk, tx: Transaction) -> list[BudgetLine]:
    return load_tree(tx, desk.program, desk.today, committed=False) if desk.may("budgets", "write") else []


def _line(lines: Iterable[BudgetLine], account: str) -> BudgetLine:
    found = next((each for each in lines if each.account == BUDGET + account), None)
    if found is None:
        raise Http404
    return found
