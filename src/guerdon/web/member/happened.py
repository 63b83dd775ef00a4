"""What happened to a member, behind their link: each event with a plain sentence of what came of it.

Read under row security for that one member, so nobody else's can be among it. Events that no rule was asked
about, like a change of an address, are none of it; and what a program has no words for is called by its day.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.engine.why.accounts import Account, accounts_of
from guerdon.engine.why.telling import Teller
from guerdon.program.model import Program
from guerdon.program.sentences import Naming
from guerdon.queries.claims import load_reward
from guerdon.queries.why.events import WhyAsked, list_why
from guerdon.store.database import UNAVAILABLE
from guerdon.values.ids import read, show
from guerdon.web.accounts.answers import page
from guerdon.web.brands.serving import branded
from guerdon.web.member.views import missing_page, visit_of
from guerdon.web.rooms import room

ROWS = 30


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, as its member reads it; without a name where the program has no words for it."""

    name: str
    happened_at: datetime
    day: date
    said: str


@require_safe
def happened(request: HttpRequest, token: str) -> HttpResponse:
    """Show the events of the member whose link it is, newest first."""
    visit = visit_of(request, token)
    if visit is None or visit.gift is not None:
        return missing_page(request)
    before = read("evt", request.GET.get("before", ""))
    here, program_id = room(), visit.program_id
    try:
        with here.reading(program_id, visit.member_id) as tx:
            reward = load_reward(tx, program_id, visit.member_id, visit.reward_id, visit.now)
            if reward is None:
                return missing_page(request)
            rows = list_why(tx, WhyAsked(visit.member_id, ROWS + 1, before=before, own=False, idle=False))
            accounts = accounts_of(rows[:ROWS], lambda version: here.playbook(tx, program_id, version))
    except UNAVAILABLE:
        return missing_page(request, "later", 503)
    locale = f"{reward.language}-{reward.market}"
    market = visit.program.markets.get(reward.market)
    zone = market.time_zone if market is not None else visit.program.time_zone
    return page(
        request,
        "member/happened.html",
        locale=locale,
        **branded(visit.program, locale),
        token=token,
        zone=zone,
        happenings=[happening_of(account, visit.program, locale, zone) for account in accounts],
        onward=show("evt", rows[ROWS - 1].receipt.id) if len(rows) > ROWS else None,
    )


def happening_of(account: Account, program: Program, locale: str, zone: str) -> Happening:
    """An explained event as its member reads it."""
    known, kind = account.program or program, account.receipt.type
    names = (Naming(each, kind, locale).event_label(kind) for each in (known, program))
    at = account.happened_at
    day, said = at.astimezone(ZoneInfo(zone)).date(), Teller(known, locale).member_line(account)
    return Happening(next(filter(None, names), ""), at, day, said)
