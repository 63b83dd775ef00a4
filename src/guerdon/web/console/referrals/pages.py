"""All referrals in figures, the pairs behind them, and one pair with both sides beside each other.

What is held is released or refused by somebody who gains nothing by it, with a reason, which the audit keeps.
"""

from typing import get_args

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.referrals.settling import Verdict, Word, settle
from guerdon.queries.referrals.standing import STATES, load_pair, load_sides
from guerdon.values.ids import read, show
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.referrals.sayings import pair_words, refusal_said
from guerdon.web.console.referrals.standing import ALL, VIEW, load_referrals, read_state
from guerdon.web.console.regions import region_context
from guerdon.web.rooms import room

PATH = "referrals"
# What the desk hands to a page itself.
OWNED = ("program", "cut", "zone", "address")
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@staff_page
def referrals(desk: Desk) -> HttpResponse:
    """Show the figures of each scheme, and pairs: first of all those that people should look at."""
    state = read_state(desk.request.GET.get("state", "held"))
    after = read("ref", desk.request.GET.get("after", ""))
    with desk.transaction() as tx:
        seen = load_referrals(tx, desk.program, desk.cut, (state, after), desk.now)
    # Pages further on stand still: what comes would move their rows.
    stream = desk.address("stream", view=VIEW, about=state or ALL) if after is None else ""
    context = region_context(seen, desk.locale)
    for owned in OWNED:
        del context[owned]
    return desk.show("console/referrals/list.html", "referrals", stream=stream, states=STATES, **context)


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
        refused=refusal_said(refused, desk.locale),
        shown=show,
        **pair_words(desk.locale),
    )
    answer.status_code = 422 if refused else 200
    return answer
