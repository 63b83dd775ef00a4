"""Where a member's link leads a friend: the brand's own page, and on from there with the code.

It is the same page for every code, whether somebody has it or not, so nobody learns from it which codes there
are; a visit is counted only where somebody has the code, and who visits is kept as a hash for a week.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.engine.referrals.codes import Of, mark_of, read_code, scheme_of, written
from guerdon.store.database import UNAVAILABLE
from guerdon.store.referrals.codes import record_visit
from guerdon.values.clock import utc_now
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.languages import locale_of
from guerdon.web.brands.serving import branded
from guerdon.web.guesses import network_of
from guerdon.web.member.inviting import browser_of, is_of_world
from guerdon.web.member.views import missing_page
from guerdon.web.rooms import room


@require_safe
def invited(request: HttpRequest, code: str) -> HttpResponse:
    """Show a friend what both get, and lead on."""
    here = room()
    plain = read_code(code)
    address = str(request.META.get("REMOTE_ADDR", ""))
    ours = not is_of_world(address)
    # A proxy's address is everybody's: there nobody is shut out, but of one link only so many are counted.
    who = "code:" + plain if ours else network_of(address)
    wait = here.invited.wait(who)
    if wait and not ours:
        answer = missing_page(request, "later", 429)
        answer.headers["Retry-After"] = str(wait)
        return answer
    here.invited.wrong(who)
    of = scheme_of(here.vault, here.programs(), plain) if plain else None
    if of is None:
        return missing_page(request)
    if request.method == "GET" and not wait:
        _count(request, of, plain)
    locale = locale_of(request)
    return page(
        request,
        "member/invited.html",
        locale=locale,
        **branded(of.program, locale),
        name=of.scheme.name,
        promise=of.scheme.promise["friend"],
        code=written(plain),
        onward=_onward(of.scheme.landing, plain),
    )


def _count(request: HttpRequest, of: Of, code: str) -> None:
    here = room()
    visitor = mark_of(here.vault, of.program_id, "visitor", f"{code}|{browser_of(request)}")
    try:
        with here.reading(of.program_id) as tx:
            record_visit(tx, of.program_id, of.scheme.key, code, visitor, utc_now().date())
    except UNAVAILABLE:
        # The page is there all the same: only the count is one short.
        return


def _onward(landing: str | None, code: str) -> str | None:
    """The address to go on to, which is told the code."""
    if landing is None:
        return None
    parts = urlsplit(landing)
    asked = [*parse_qsl(parts.query, keep_blank_values=True), ("code", code)]
    return parts._replace(query=urlencode(asked)).geturl()
