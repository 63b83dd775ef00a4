"""A member's invitations: the code to share, whom it brought, and the place to say by whose code one came.

The code is made when its member asks for it and not when the link is opened, which mail scanners do as well.
Members share it themselves: we write to nobody whom we do not know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from ipaddress import IPv6Address, ip_address
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.referrals.claiming import Claim, Origin, claim, note_origin
from guerdon.engine.referrals.codes import code_of, read_code, written
from guerdon.program.schemes import Scheme, Side
from guerdon.queries.referrals.own import OwnPair, list_own_pairs, locale_of_member, survivor_of
from guerdon.store.database import UNAVAILABLE, Transaction
from guerdon.store.referrals.codes import find_code, load_codes
from guerdon.text.catalogs import words
from guerdon.text.qr import Symbol, draw_qr
from guerdon.text.referrals import own_reason_said, state_said
from guerdon.values.ids import show
from guerdon.values.texts import Text
from guerdon.web.accounts.answers import page
from guerdon.web.brands.serving import branded
from guerdon.web.guesses import network_of
from guerdon.web.member.pages import Visit
from guerdon.web.member.views import missing_page, visit_of
from guerdon.web.rooms import room

ROWS = 50
AGENT_MAX, LANGUAGES_MAX = 200, 60
CODE_MAX = 40


@dataclass(frozen=True, slots=True)
class PairShown:
    """A friend, or oneself as one: when, what came of it, and why not."""

    brought: bool
    day: date
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class SchemeShown:
    """One way of bringing friends."""

    key: str
    name: Text
    promise: Mapping[Side, Text]
    code: str | None
    link: str
    qr: Symbol | None
    pairs: Sequence[PairShown]


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """Show a member's invitations; make their code, or take a claim of theirs."""
    visit = visit_of(request, token)
    if visit is None or visit.gift is not None or not visit.program.referrals:
        return missing_page(request)
    here = room()
    said, status = "", 200
    try:
        # A link of one of two contacts that became one is the link of who is left.
        with here.reading(visit.program_id) as tx:
            visit = replace(visit, member_id=survivor_of(tx, visit.program_id, visit.member_id))
        if request.method == "POST":
            scheme = visit.program.referrals.get(request.POST.get("scheme", ""))
            if scheme is None:
                return missing_page(request)
            said = _act(request, visit, scheme)
            if not said:
                return HttpResponse(status=303, headers={"Location": f"/r/{token}/invite"})
            status = 422 if said != "accepted" else 200
        with here.reading(visit.program_id, visit.member_id) as tx:
            found = locale_of_member(tx, visit.program_id, visit.member_id)
            if found is None:
                return missing_page(request)
            locale = "-".join(found)
            shown = [_shown(tx, visit, each, locale) for each in visit.program.referrals.values()]
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    return page(
        request,
        "member/invite.html",
        locale=locale,
        status=status,
        **branded(visit.program, locale),
        token=token,
        schemes=shown,
        notice=_notice(said, locale),
        accepted=said == "accepted",
    )


def origin_of(request: HttpRequest) -> Origin:
    """From where somebody asks: their network, and what their browser says there; unless it is a proxy's."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    return Origin(browser_of(request), network_of(address)) if is_of_world(address) else Origin()


def browser_of(request: HttpRequest) -> str:
    """The network that asks, and what a browser says of itself."""
    said = (
        request.headers.get("User-Agent", "")[:AGENT_MAX],
        request.headers.get("Accept-Language", "")[:LANGUAGES_MAX],
    )
    return "|".join((network_of(str(request.META.get("REMOTE_ADDR", ""))), *said))


def is_of_world(address: str) -> bool:
    """Whether an address tells visitors apart: a private one, or this machine's, is a proxy's, so all's."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_global


def _act(request: HttpRequest, visit: Visit, scheme: Scheme) -> str:
    """Do what the form says; what is to be told of it, or nothing."""
    here, whose = room(), (visit.program_id, scheme.key, visit.member_id)
    by = show("mem", visit.member_id)
    if request.POST.get("act") == "code":
        # The audit is no member's either.
        with here.reading(visit.program_id) as tx:
            # Once: who asks again and again, each time as another browser, leaves no more than that.
            if find_code(tx, *whose) is None and code_of(tx, here.vault, whose, by, visit.now):
                note_origin(tx, here.vault, whose, origin_of(request), visit.now)
        return ""
    # A member's own, apart from codes at the till: behind a proxy all of them have one network.
    who = f"claims:{visit.program_id}:{visit.member_id}"
    if here.wrong_codes.wait(who):
        return "wait"
    text = request.POST.get("code", "")[:CODE_MAX]
    # The inbox is no member's: it is written for the program.
    with here.reading(visit.program_id) as tx:
        given = Claim(visit.program_id, scheme, visit.member_id, text, origin_of(request), by, visit.now)
        came = claim(tx, here.vault, given)
        plain = read_code(text)
        known = load_codes(tx, visit.program_id, scheme.key, [plain]) if came == "accepted" else {}
    # Whether somebody has a code is told by what becomes of the claim; who tries many has to wait.
    if plain not in known:
        here.wrong_codes.wrong(who)
    return came


def _notice(said: str, locale: str) -> str:
    say = words(locale, "member").gettext
    return {
        "": "",
        "accepted": say("Thank you. In a moment it says below what became of it."),
        "repeated": say("You had told us this code before. Below it says what became of it."),
        "no_code": say("This is no code. It has twelve letters and digits."),
        "no_member": say("This cannot be taken right now. Try again later."),
        "wait": say("Too many tries. Come back in an hour."),
    }[said]


def _shown(tx: Transaction, visit: Visit, scheme: Scheme, locale: str) -> SchemeShown:
    code = find_code(tx, visit.program_id, scheme.key, visit.member_id)
    link = f"{room().settings.public_url}/i/{code}" if code else ""
    market = visit.program.markets.get(locale.partition("-")[2])
    zone = ZoneInfo(market.time_zone if market is not None else visit.program.time_zone)
    pairs = list_own_pairs(tx, visit.program_id, scheme.key, visit.member_id, ROWS)
    return SchemeShown(
        scheme.key,
        scheme.name,
        scheme.promise,
        written(code) if code else None,
        link,
        draw_qr(link) if code else None,
        [_pair(each, locale, zone) for each in pairs],
    )


def _pair(pair: OwnPair, locale: str, zone: ZoneInfo) -> PairShown:
    # Why a friend's does not count may say something of the friend; why one's own does not is one's own.
    why = own_reason_said(pair.reasons[0], locale) if pair.state == "refused" and not pair.brought else ""
    return PairShown(
        pair.brought, pair.claimed_at.astimezone(zone).date(), state_said(pair.state, locale), why
    )
