"""Who is signed in: by a cookie that names program and member, and a session that still holds.

A program has a cookie of its own, so that one browser may be signed in to several.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from guerdon.engine.sessions.keeping import IDLE, use_session
from guerdon.program.model import Program
from guerdon.queries.referrals.own import locale_of_member
from guerdon.store.database import UNAVAILABLE
from guerdon.values.app.sessions import Session, read_session, write_session
from guerdon.values.claims import KEY_PURPOSE, claim_token
from guerdon.values.clock import utc_now
from guerdon.values.money import Money
from guerdon.web.accounts.answers import TABS, page
from guerdon.web.brands.serving import branded
from guerdon.web.member.views import missing_page
from guerdon.web.rooms import room

HOSTS_OWN = "__Host-"


@dataclass(frozen=True, slots=True)
class Here:
    """Who is signed in, in which program, and how they read; `now` is the moment of the request."""

    program_id: int
    program: Program
    session: Session = field(repr=False)
    language: str
    market: str
    time_zone: str
    now: datetime

    @property
    def member_id(self) -> int:
        """The member's number."""
        return self.session.member_id

    @property
    def whose(self) -> tuple[int, int]:
        """Program and member."""
        return self.program_id, self.session.member_id

    @property
    def locale(self) -> str:
        """Language and market."""
        return f"{self.language}-{self.market}"

    @property
    def base(self) -> str:
        """The address of the app's first page."""
        return base_of(self.program)

    @property
    def units(self) -> dict[str, int]:
        """How many digits of each unit stand after the point."""
        return {unit.key: unit.digits for unit in self.program.units.values()}

    def digits(self, unit: str) -> int:
        """How many digits of a unit stand after the point."""
        known = self.program.units.get(unit)
        return known.digits if known is not None else 2

    def is_money(self, unit: str) -> bool:
        """Whether a unit is money, which is taken whole."""
        known = self.program.units.get(unit)
        return known is None or known.kind == "money"

    def local(self, instant: datetime) -> date:
        """The member's calendar day of an instant."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date()

    def last_day(self, expires_at: datetime) -> date:
        """The last day on which something can be used: its end is the first moment that is too late."""
        return self.local(expires_at - timedelta(microseconds=1))

    def link(self, reward_id: int) -> str:
        """The link to the pages of a reward; of none, to those that are the member's alone."""
        dated = self.program.catalog.claim_links.open_days is not None
        day = self.now.astimezone(UTC).date() if dated else None
        key = room().vault.key(KEY_PURPOSE)
        return f"/r/{claim_token(key, self.program_id, self.member_id, reward_id, day)}"

    def shows(self, amount: Money) -> bool:
        """Whether there is any of it."""
        return amount.amount_minor > 0


View = Callable[..., HttpResponse]


def base_of(program: Program) -> str:
    """The address of a program's app."""
    return f"/m/{program.key}"


def program_named(key: str) -> tuple[int, Program] | None:
    """A live program by its key."""
    return next(((number, each) for number, each in room().programs().items() if each.key == key), None)


def signed_in(view: View) -> View:
    """Let a page be reached only by whoever is signed in to its program; others are led to the sign-in."""

    @wraps(view)
    def through(request: HttpRequest, key: str, **named: Any) -> HttpResponse:
        found = program_named(key)
        if found is None:
            return missing_page(request)
        try:
            here = member_here(request, *found)
            if here is None:
                return lead_to(f"{base_of(found[1])}/sign-in")
            return view(request, here, **named)
        except UNAVAILABLE:
            return missing_page(request, "later", 503)

    return through


def member_here(request: HttpRequest, program_id: int, program: Program) -> Here | None:
    """Who is signed in to a program in this browser."""
    session = read_session(request.COOKIES.get(cookie_name(program), ""))
    if session is None or session.program_id != program_id:
        return None
    now = utc_now()
    with room().reading(program_id, session.member_id) as tx:
        found = locale_of_member(tx, program_id, session.member_id)
        if found is None or not use_session(tx, session, now):
            return None
    language, market = found
    own = program.markets.get(market)
    zone = own.time_zone if own is not None else program.time_zone
    return Here(program_id, program, session, language, market, zone, now)


def note_tabs(request: HttpRequest, program_id: int, program: Program, member_id: int) -> None:
    """Have a page that is a member's by its link lead back to the app, where they are signed in to it."""
    if cookie_name(program) not in request.COOKIES:
        return
    with suppress(*UNAVAILABLE):
        here = member_here(request, program_id, program)
        if here is not None and here.member_id == member_id:
            request.META[TABS] = here.base


def cookie_name(program: Program) -> str:
    """What the cookie of a program's session is called."""
    return f"{HOSTS_OWN if settings.CSRF_COOKIE_SECURE else ''}member-{program.key}"


def keep_session(answer: HttpResponse, program: Program, session: Session | None) -> HttpResponse:
    """Have a browser keep a session, or keep none any more."""
    name, secure = cookie_name(program), bool(settings.CSRF_COOKIE_SECURE)
    if session is None:
        answer.set_cookie(name, "", max_age=0, path="/", samesite="Lax", secure=secure, httponly=True)
    else:
        # It is longer there than the session holds unused: that one is asked at every visit.
        kept_s = 12 * int(IDLE.total_seconds())
        text = write_session(session)
        answer.set_cookie(name, text, kept_s, path="/", samesite="Lax", secure=secure, httponly=True)
    return answer


def lead_to(address: str) -> HttpResponse:
    """Lead on to another page."""
    return HttpResponse(status=303, headers={"Location": address})


def app_page(
    request: HttpRequest, here: Here, template: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Answer with a page of the app; `template` is one of `app/`, by its name."""
    request.META[TABS] = here.base
    return page(
        request,
        f"app/{template}.html",
        locale=here.locale,
        status=status,
        **branded(here.program, here.locale),
        here=here,
        base=here.base,
        **context,
    )
