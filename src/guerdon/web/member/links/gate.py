"""What every page behind a claim link passes: whether the link still opens by itself, and in which browser.

A program without `claim_links` has neither, and nothing is asked then. Opening changes nothing here either:
the first form that a browser sends keeps the link for it; of two at one moment the other gives a code.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from guerdon.engine.gifts.holding import Held, hold, where_held
from guerdon.queries.orders.orders import load_order
from guerdon.store.database import UNAVAILABLE
from guerdon.values.ids import read
from guerdon.web.accounts.answers import CONTACT, page
from guerdon.web.accounts.languages import locale_of
from guerdon.web.brands.serving import branded
from guerdon.web.member.entering import note_tabs
from guerdon.web.member.links.browsers import keep_browser, know_browser, mark_here
from guerdon.web.member.links.opening import open_page
from guerdon.web.member.links.proving import ask_proof
from guerdon.web.member.pages import Visit
from guerdon.web.member.views import missing_page, see_other, visit_of
from guerdon.web.rooms import room

# A page behind a link: it is asked with the token, and with what else its address names.
Page = Callable[..., HttpResponse]


def gate(view: Page, *, forms: bool = False, codes: bool = False, proves: bool = False) -> Page:
    """Let a page be reached only through a link that opens here.

    `forms`: a form sent there gives the link to its browser, unless a code is asked for first. `codes`: it
    shows what was ordered, so that looking is not enough where nobody has the link yet. `proves`: there a
    browser gives the code by which it gets the link.
    """

    @wraps(view)
    def through(request: HttpRequest, token: str, **named: Any) -> HttpResponse:
        visit = visit_of(request, token)
        if visit is None or visit.gift is not None:
            return view(request, token, **named)
        if not visit.program.catalog.claim_links.one_time:
            return (
                ended_page(request, token, visit)
                if visit.has_ended
                else _shown(view, request, token, named, visit if forms else None)
            )
        know_browser(request)
        asked = None
        try:
            held = _held(request, visit)
            if held == "free" and forms and request.method == "POST" and not visit.has_ended:
                asked = ask_proof(request, token, visit)
                held = held if asked is not None else _held(request, visit, takes=True)
        except UNAVAILABLE:
            return missing_page(request, "later", 503)
        if asked is not None:
            answer = asked
        elif visit.has_ended and held != "here":
            answer = ended_page(request, token, visit)
        elif held == "elsewhere" and not proves:
            answer = see_other(f"{token}/prove")
        elif held == "free" and codes:
            answer = _confirm_page(request, token, visit, named["ord"])
        else:
            answer = (
                view(request, token, **named)
                if held == "elsewhere"
                else _shown(view, request, token, named, visit if forms else None)
            )
        return keep_browser(request, answer)

    return through


def _shown(
    view: Page, request: HttpRequest, token: str, named: dict[str, Any], sends: Visit | None
) -> HttpResponse:
    """A page for the member themselves, which leads on to what they are written.

    `sends`: whose it is where forms of the page come in. Whoever sends one has opened what led there.
    """
    request.META[CONTACT] = f"/r/{token}/contact"
    _note_tabs(request, token)
    answer = view(request, token, **named)
    if sends is not None and request.method == "POST":
        # What the form asked for was done or not, whether or not this can be written as well.
        with suppress(*UNAVAILABLE):
            open_page(sends)
    return answer


def _note_tabs(request: HttpRequest, token: str) -> None:
    """Where the member of the link is signed in to the app here, its tabs lead back there."""
    visit = visit_of(request, token)
    if visit is not None:
        note_tabs(request, visit.program_id, visit.program, visit.member_id)


def ended_page(request: HttpRequest, token: str, visit: Visit, *, renewed: bool = False) -> HttpResponse:
    """Say that a link opens by itself no more, and nothing of what is behind it; offer another."""
    locale = locale_of(request)
    return page(
        request,
        "member/ended.html",
        locale=locale,
        status=200 if renewed else 410,
        **branded(visit.program, locale),
        token=token,
        days=visit.program.catalog.claim_links.open_days,
        renewed=renewed,
    )


def _held(request: HttpRequest, visit: Visit, *, takes: bool = False) -> Held:
    whose = (visit.program_id, visit.member_id, visit.reward_id)
    mark = mark_here(request, visit)
    with room().reading(*whose[:2]) as tx:
        return hold(tx, whose, mark, visit.now) if takes else where_held(tx, whose, mark)


def _confirm_page(request: HttpRequest, token: str, visit: Visit, ord_said: str) -> HttpResponse:
    """Ask a browser whether the link is to open in it: with that it shows what was ordered."""
    here, number = room(), read("ord", ord_said)
    try:
        with here.reading(visit.program_id, visit.member_id) as tx:
            whose = (visit.program_id, visit.member_id, number or 0)
            found = load_order(tx, here.vault, *whose)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if found is None or not visit.shows(found):
        return missing_page(request)
    locale = locale_of(request)
    return page(
        request,
        "member/here.html",
        locale=locale,
        **branded(visit.program, locale),
        token=token,
        ord=ord_said,
    )
