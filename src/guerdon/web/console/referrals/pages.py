"""All referrals in figures, the pairs behind them, and one pair with both sides beside each other.

What is held is released or refused by somebody who gains nothing by it, with a reason, which the audit keeps.
"""

from typing import get_args

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.referrals.codes import written
from guerdon.engine.referrals.settling import Verdict, Word, settle
from guerdon.queries.referrals.standing import (
    STATES,
    Funnel,
    list_funnels,
    list_pairs,
    load_pair,
    load_sides,
)
from guerdon.text.catalogs import words
from guerdon.text.referrals import reason_said, state_said
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.rooms import room

PATH = "referrals"
ROWS_SHOWN = 50
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@staff_page
def referrals(desk: Desk) -> HttpResponse:
    """Show the figures of each scheme, and pairs: first of all those that people should look at."""
    state = desk.request.GET.get("state", "held")
    chosen = state if state in STATES else None
    after = read("ref", desk.request.GET.get("after", ""))
    with desk.transaction() as tx:
        funnels = list_funnels(tx)
        rows = list_pairs(tx, chosen, ROWS_SHOWN + 1, after, doubted=chosen == "held")
    return desk.show(
        "console/referrals/list.html",
        "referrals",
        funnels=[
            (scheme.name, funnels.get(key) or Funnel(key, 0, 0, 0, 0, 0, 0, 0))
            for key, scheme in desk.program.referrals.items()
        ],
        pairs=rows[:ROWS_SHOWN],
        onward=show("ref", rows[ROWS_SHOWN - 1].id) if len(rows) > ROWS_SHOWN else None,
        chosen=chosen or "",
        states=STATES,
        **_words(desk),
    )


@staff_page
def pair(desk: Desk, pair: str) -> HttpResponse:
    """Show one pair, or say what is to become of it."""
    number = read("ref", pair)
    if number is None:
        raise Http404
    if desk.request.method != "POST":
        return _shown(desk, number)
    verdict = next((each for each in VERDICTS if each == desk.request.POST.get("act")), None)
    if verdict is None:
        raise Http404
    if not desk.scope.whole:
        # A pair may be of two places.
        raise PermissionDenied
    own = desk.person.memberships.get(desk.program_id)
    word = Word(
        number,
        verdict,
        desk.request.POST.get("reason", ""),
        desk.actor,
        [] if own is None else [own],
        desk.now,
    )
    with desk.transaction() as tx:
        refused = settle(tx, room().vault, (desk.program_id, desk.program), word)
    if refused == "missing":
        raise Http404
    if refused is not None:
        return _shown(desk, number, refused)
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{pair}")})


def _shown(desk: Desk, number: int, refused: str = "") -> HttpResponse:
    with desk.transaction() as tx:
        found = load_pair(tx, number)
        if found is None:
            raise Http404
        sides = load_sides(tx, found)
    scheme = desk.program.referrals.get(found.scheme)
    answer = desk.show(
        "console/referrals/one.html",
        "referrals",
        pair=found,
        scheme_name=scheme.name if scheme is not None else None,
        sides=[sides.get(each or 0) for each in (found.referrer_id, found.member_id)],
        settles=found.state == "held" and desk.may("rewards", "approve") and desk.scope.whole,
        refused=_refusal(refused, desk.locale),
        **_words(desk),
    )
    answer.status_code = 422 if refused else 200
    return answer


def _refusal(why: str, locale: str) -> str:
    say = words(locale, "console").gettext
    return {
        "": "",
        "reason": say("Nothing was done: a reason is needed."),
        "state": say("Nothing was done: somebody has settled it already."),
        "own": say("Nothing was done: you are one of the two yourself."),
        "one": say("Nothing was done: both are one member by now, so it can only be refused."),
        "scheme": say("Nothing was done: the program has no such scheme any more."),
    }[why]


def _words(desk: Desk) -> dict[str, object]:
    say = words(desk.locale, "console").gettext
    return {
        "shown": show,
        "written": written,
        "reason_said": lambda reason: reason_said(reason, desk.locale),
        "state_said": lambda state: state_said(state, desk.locale),
        "kind_said": lambda kind: {
            "device": say("Device"),
            "network": say("Network"),
            "payment": say("Means of payment"),
            "address": say("Address"),
            "vehicle": say("Vehicle"),
        }[kind],
    }
