"""The inbox: what lies in the app for a member, on a page that also works without script.

A link shows a button and changes nothing; the form behind it gives the browser its cookie. A notice leads
on by a form too, so no page and no stream holds the link of a reward; what that link asks for it asks here
as well.
"""

from collections.abc import Sequence
from datetime import UTC
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guerdon.engine.messages.noticing import note_opened
from guerdon.store.database import UNAVAILABLE
from guerdon.store.messages.inapp import (
    ROWS_MAX,
    list_notices,
    load_shelf,
    mark_opened,
    mark_seen,
    mark_seen_until,
)
from guerdon.store.messages.opened import Looked
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.accounts.answers import CONTACT, page
from guerdon.web.accounts.languages import locale_of
from guerdon.web.brands.serving import branded
from guerdon.web.member.contact.opening import choices_of
from guerdon.web.member.entering import note_tabs
from guerdon.web.member.inbox.cookies import Reader, keep, read_cookie, read_link, still_holds
from guerdon.web.member.inbox.writing import Said, write_notices
from guerdon.web.member.views import missing_page
from guerdon.web.rooms import room

# As many as one page shows.
MARKED_MAX = ROWS_MAX
DIGITS_MAX = 18


@require_http_methods(["GET", "HEAD", "POST"])
def open_inbox(request: HttpRequest, token: str) -> HttpResponse:
    """Show where a link leads; a form sent there opens the inbox in this browser."""
    reader = read_link(token)
    if reader is None:
        return missing_page(request)
    try:
        with room().reading(reader.program_id, reader.member_id) as tx:
            holds = still_holds(tx, reader)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if not holds:
        return missing_page(request)
    if request.method == "POST":
        return keep(_to_inbox(), reader)
    locale = locale_of(request)
    brand = branded(reader.program, locale)
    return page(request, "member/inbox_link.html", locale=locale, token=token, **brand)


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What lies there, the newest first; what was not in view yet is marked so."""
    reader = read_cookie(request.headers.get("cookie", ""))
    if reader is None:
        return missing_page(request)
    before, now = _position(request.GET.get("before", "")), utc_now()
    try:
        with room().reading(reader.program_id, reader.member_id) as tx:
            shelf = load_shelf(tx, reader.program_id, reader.member_id)
            if shelf is None or not still_holds(tx, reader):
                return missing_page(request)
            rows = list_notices(tx, reader.program_id, reader.member_id, before, ROWS_MAX + 1)
            said = write_notices(tx, reader.program_id, rows[:ROWS_MAX], now)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    locale = f"{shelf.language}-{shelf.market}"
    note_tabs(request, reader.program_id, reader.program, reader.member_id)
    request.META[CONTACT] = choices_of(reader.program_id, reader.member_id, reader.generation)
    return page(
        request,
        "member/inbox.html",
        locale=locale,
        **branded(reader.program, locale),
        days=_by_day(said),
        unseen=shelf.unseen,
        last=shelf.last,
        first=before is None,
        earlier=said[-1].position if len(rows) > ROWS_MAX else None,
        whose=show("mem", reader.member_id),
    )


@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """Write that notices were in view: these by their positions, or all up to one."""
    reader = read_cookie(request.headers.get("cookie", ""))
    if reader is None:
        return missing_page(request)
    until = _position(request.POST.get("until", ""))
    positions = [_position(each) for each in request.POST.getlist("position")[:MARKED_MAX]]
    known = [each for each in positions if each is not None]
    whose = (reader.program_id, reader.member_id)
    try:
        with room().reading(*whose) as tx:
            if not still_holds(tx, reader):
                return missing_page(request)
            fresh: list[int] = []
            if until is not None:
                fresh = mark_seen_until(tx, *whose, until, utc_now())
            elif known:
                fresh = mark_seen(tx, *whose, known, utc_now())
        _open(reader, fresh)
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    # The page's script asks in the background; a form wants to see the page again.
    return HttpResponse(status=204) if until is None else _to_inbox()


@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """Lead on to what a notice is about, by a link made now; it is opened by that."""
    reader = read_cookie(request.headers.get("cookie", ""))
    position = _position(request.POST.get("position", ""))
    if reader is None:
        return missing_page(request)
    if position is None:
        return _to_inbox()
    now = utc_now()
    try:
        with room().reading(reader.program_id, reader.member_id) as tx:
            if not still_holds(tx, reader):
                return missing_page(request)
            found = mark_opened(tx, reader.program_id, reader.member_id, position, now)
            said = write_notices(tx, reader.program_id, [found], now) if found else []
        _open(reader, [found.id] if found else [])
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    if not said or found is None or found.reward is None or said[0].leads not in {"claim", "catalog"}:
        # It was taken back meanwhile, or leads nowhere that we know; an address is followed by itself.
        return _to_inbox()
    dated = reader.program.catalog.claim_links.open_days is not None
    issued_on = now.astimezone(UTC).date() if dated else None
    key, ids = room().vault.key(KEY_PURPOSE), (reader.program_id, reader.member_id, found.reward.id)
    onward = "/catalog" if said[0].leads == "catalog" else ""
    token = claim_token(key, *ids, issued_on)
    return HttpResponse(status=303, headers={"Location": f"/r/{token}{onward}"})


def _open(reader: Reader, messages: Sequence[int]) -> None:
    """What was in view was opened, over whichever channel it went besides; notes of that are no member's."""
    if messages:
        with room().reading(reader.program_id) as tx:
            note_opened(tx, Looked(reader.program_id, reader.member_id, None, messages), utc_now())


def _to_inbox() -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": "/inbox"})


def _position(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX else None


def _by_day(said: Sequence[Said]) -> list[tuple[str, list[Said]]]:
    return [(day, list(found)) for day, found in groupby(said, lambda each: each.day)]
