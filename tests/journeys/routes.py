"""Which address of the brand stands for each route of the register, and who looks at it; or why nobody does.

Pages are found as people find them, by links; those that a link in a mail, a sign-in or a mistake leads to
are made here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.journeys.browser import Rooms
from tests.journeys.house import HERE, Brand, Member

from guerdon.cli.screens.finding import Page as Linked
from guerdon.cli.screens.finding import find_pages
from guerdon.cli.screens.staging import deeds
from guerdon.engine.messages.links import Links
from guerdon.store.sealing import Vault
from guerdon.values.app.visits import KEY_PURPOSE as VISITS
from guerdon.values.app.visits import Visit, write_visit
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.routes import CONSOLE, LOCATION, ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

HREF = re.compile(r'<a\b[^>]*?\bhref="([^"]+)"')
CLAIM = r"\Ar/(?P<token>[^/]*)/"
# Machines' doors: no browser opens a page there.
DOORS = frozenset({"key", "signature"})
FORM, FILE, LEADS_ON = "takes a form", "is a file", "leads on to another page"
NO_TABLES = "this program has no tables: tests/editing/test_in_a_browser.py"
# Routes that have no page of their own to look at here, each with the reason.
LEFT_OUT: Mapping[str, str] = {
    "": LEADS_ON,
    "console/": LEADS_ON,
    "setup": LEADS_ON,
    "m": LEADS_ON,
    CLAIM + r"contact\Z": LEADS_ON,
    "connect/<slug:key>/hubspot": "is where HubSpot leads back to, with a code of its own",
    "account/single-sign-on": LEADS_ON,
    "account/single-sign-on/return": LEADS_ON,
    "account/second-factor": "is between two steps of signing in: tests/web/console/test_in_a_browser.py",
    "account/second-factor/new": "is between two steps of signing in: tests/web/console/test_in_a_browser.py",
    "account/second-factor/passkey": FORM,
    "account/sign-in/passkey": FORM,
    "account/sign-in/passkey/challenge": FORM,
    "account/passkeys/challenge": FORM,
    "account/preferences": FORM,
    "account/kept/<int:number>": "follows a session that ended in a form: tests/attacks/test_typed_again.py",
    "account/sign-out": FORM,
    "m/<slug:key>/sign-out": FORM,
    "m/<slug:key>/sign-in/passkey": FORM,
    "m/<slug:key>/sign-in/passkey/challenge": FORM,
    "m/<slug:key>/you/passkeys/challenge": FORM,
    "static/<slug:version>/<path:name>": FILE,
    "brand/<slug:key>/<slug:mark>.css": FILE,
    "brand/<slug:key>/files/<slug:mark>.<slug:ending>": FILE,
    CONSOLE + "program/drafts/<slug:draft>/brand/<slug:mark>.css": FILE,
    CONSOLE + "program/drafts/<slug:draft>/brand/files/<slug:mark>.<slug:ending>": FILE,
    CONSOLE + "imports/<slug:run>": "is begun by a file: tests/operator/test_confirmed_imports.py",
    CONSOLE + "imports/<slug:run>/<str:file>": FILE,
    LOCATION
    + "/customers/<slug:member>": "is of somebody who was there: tests/location/test_in_a_browser.py",
    "m/<slug:key>/manifest.webmanifest": FILE,
    "m/<slug:key>/icon.svg": FILE,
    "m/<slug:key>/snapshot": FILE,
    r"\Adevices/worker\.js\Z": FILE,
    r"\Aimages/(?P<hash>[0-9a-f]{64})\Z": FILE,
    "api/<path:rest>": FILE,
    "api/v1/openapi.json": FILE,
    CONSOLE + "stream": "is a stream of regions of pages",
    "inbox/live": "is a stream of regions of a page",
    r"\Ainbox/seen\Z": FORM,
    r"\Ainbox/follow\Z": FORM,
    CONSOLE + "exports/<str:file>": FILE,
    CONSOLE + "reports/<str:file>": FILE,
    CONSOLE + "messages/figures.csv": FILE,
    CONSOLE + "reconciliation/differences.csv": FILE,
    CONSOLE + "members/<slug:member>/privacy/certificate": FILE,
    CONSOLE + "delivery/table": FILE,
    CONSOLE + "delivery/rewards": FILE,
    CONSOLE + "messages/<str:message>/mail": "is a mail, shown in a frame of a page: tests/text/letters",
    CONSOLE + "program/drafts/<slug:draft>/rules/<slug:rule>/table": NO_TABLES,
    CONSOLE + "program/drafts/<slug:draft>/tables/<slug:table>": NO_TABLES,
    **{f"{CLAIM}{deed}\\Z": FORM for deed in ("choose", "wait", "here", "renew", "take", "seen", "devices")},
    CLAIM + r"prove\Z": "asks only above an amount that this program does not name: tests/gifts",
    CLAIM + r"catalog/(?P<itm>[^/]*)/favorite\Z": FORM,
    CLAIM + r"orders/(?P<ord>[^/]*)/(?P<deed>seen|resend|case|cancel)\Z": FORM,
    CLAIM + r"orders/(?P<ord>[^/]*)/pass/(?P<wallet>apple|google)\Z": FILE,
}
LANGUAGES = ("en", "ar")
WALKERS = ("everything", "compliance", "finance")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one looks at a route, and as whom: somebody of the staff, or whose phone it is."""

    path: str
    who: str = ""
    cookie: tuple[str, str] = ("", "")


def wanted() -> tuple[str, ...]:
    """The routes that a browser opens a page at."""
    return tuple(route for route, row in ROUTES.items() if row.who not in DOORS and route not in LEFT_OUT)


def places_of(rooms: Rooms) -> dict[str, dict[str, Place]]:
    """An address for each route that has a page, by language; what nobody finds is missing.

    What is a member's own speaks their language, so two members have these pages.
    """
    brand = rooms.brand
    members = {
        language: brand.joins("Paula Place", language=language, location=HERE) for language in LANGUAGES
    }
    first = members["en"]
    own = {language: _of_member(rooms, each, claim_of(brand, each)) for language, each in members.items()}
    with rooms.alone(storage_state=rooms.signed_in("everything")) as page:
        _begin(page, brand, first)
        found = {**_plain(rooms), **_made(brand), **_differing(rooms)}
        left = tuple(each for each in wanted() if each.startswith(CONSOLE) and each not in own["en"])
        home = urlsplit(brand.console).path
        linked = find_pages(tuple(ROUTES), left, [home], _looking(page.context, brand)).pages
    found = {route: Place(path, "everything") for route, path in linked.items()} | found
    mem, parked = f"{home}members/{first.number}", CONSOLE + "events/quarantine/<slug:parked>"
    question = "select id from rewards where member_id = %(m)s and state = 'ready'"
    reward_id = brand.rows(question, m=first.id)[0][0]
    reward, clock = show("rwd", reward_id), CONSOLE + "delivery/<slug:member>/<slug:reward>"
    # The clock of a reward is there once the worker followed it.
    brand.eventually("select 1 from delivery_marks where id = %(r)s and kind = 'reward'", r=reward_id)
    found |= {
        clock: Place(f"{home}delivery/{first.number}/{reward}", "everything"),
        CONSOLE + "members/<slug:member>/unmask": Place(f"{mem}/unmask", "compliance"),
        CONSOLE + "members/<slug:member>/privacy": Place(f"{mem}/privacy", "compliance"),
        CONSOLE + "members/<slug:member>/rewards/<slug:reward>": Place(f"{mem}/rewards/{reward}", "finance"),
        parked + "/raw": Place(f"{found[parked].path}/raw", "compliance"),
    }
    return {
        route: {language: own[language].get(route) or found[route] for language in LANGUAGES}
        for route in wanted()
        if route in own["en"] or route in found
    }


def _begin(page: "Page", brand: Brand, member: Member) -> None:
    """Fill in forms by which somebody begins something that then has a page."""
    for deed in deeds(member.number):
        # What only tries a file begins nothing.
        if deed.path == "imports":
            continue
        page.goto(f"{brand.console}{deed.path}")
        for field, text in deed.writes.items():
            page.fill(field, text)
        with page.expect_navigation():
            page.locator("form", has=page.locator(deed.field)).locator("button.button").last.click()
        assert page.locator("[role=alert]").count() == 0, deed.path


def _plain(rooms: Rooms) -> dict[str, Place]:
    """Routes that stand for one address each, of whichever of the walkers opens it first."""
    key, found = rooms.brand.program.key, {}
    asking = {who: rooms.request_of(who) for who in (*WALKERS, "manager")}
    for route in wanted():
        path = "/" + route.replace("<slug:key>", key).replace("<slug:location>", HERE)
        path = path.replace("<slug:connection>", "hubspot_eu")
        row = ROUTES[route]
        if "<" in path or "\\" in path or row.who not in {"staff", "location"}:
            continue
        for who in WALKERS if row.who == "staff" else ("manager",):
            answer = asking[who].get(rooms.brand.url + path)
            if answer.ok and answer.headers.get("content-type", "").startswith("text/html"):
                found[route] = Place(path, who)
                break
    return found


def _of_member(rooms: Rooms, member: Member, claim: str) -> dict[str, Place]:
    """Pages of somebody who invited a friend, chose something and reads what lies in the app for them."""
    brand, links = rooms.brand, _links(rooms.brand)
    program_id = brand.house.program_id
    cookie, _ = brand.phone(member)
    found = {
        route: Place("/" + route.replace("<slug:key>", brand.program.key), cookie=cookie)
        for route, row in ROUTES.items()
        if route.startswith("m/") and row.who == "member" and "<slug:evt>" not in route
    }
    event = brand.rows("select id from events where member_id = %(m)s order by id", m=member.id)[0][0]
    receipt = f"{urlsplit(brand.app).path}/activity/{show('evt', event)}"
    with rooms.alone() as page:
        page.goto(f"{brand.url}{claim}/invite")
        page.locator("form:has([name=scheme]) button[value=code]").click()
        code = page.locator(".code code").inner_text()
        page.goto(f"{brand.url}{claim}/catalog")
        page.locator(".pick").first.click()
        item = urlsplit(page.url).path
        page.locator(".take button").first.click()
        page.wait_for_url("**/orders/**")
        order = urlsplit(page.url).path
        page.goto(f"{brand.url}{links.member_url('inbox', program_id, member.id, 0)}")
        page.locator("main form button").click()
        page.wait_for_url("**/inbox")
        kept = next(each for each in page.context.cookies() if "inbox" in str(each.get("name")))
        friend = brand.joins("Fred Friend")
        page.goto(f"{brand.url}{claim_of(brand, friend)}/invite")
        page.locator("details.block summary").click()
        page.locator("details.block input.input").fill(code)
        page.locator("details.block button").click()
        page.locator(".notice").wait_for()
    pair = show("ref", brand.rows("select id from referral_pairs where member_id = %(m)s", m=friend.id)[0][0])
    about = program_id, member.id, 0
    brand.agrees(member, "offers", "email")
    return {route: place for route, place in found.items() if route in wanted()} | {
        "m/<slug:key>/activity/<slug:evt>": Place(receipt, cookie=cookie),
        r"\Ainbox\Z": Place("/inbox", cookie=(str(kept.get("name")), str(kept.get("value")))),
        r"\Ar/(?P<token>[^/]*)/why\Z": Place(f"{claim}/why"),
        r"\Ar/(?P<token>[^/]*)/give\Z": Place(f"{claim}/give"),
        r"\Ar/(?P<token>[^/]*)/invite\Z": Place(f"{claim}/invite"),
        r"\Ar/(?P<token>[^/]*)/catalog\Z": Place(f"{claim}/catalog"),
        r"\Ar/(?P<token>[^/]*)/catalog/(?P<itm>[^/]*)\Z": Place(item),
        r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)\Z": Place(order),
        r"(?s)\Ar/(?P<token>.*)\Z": Place(claim),
        r"(?s)\Ai/(?P<code>.*)\Z": Place(f"/i/{code}"),
        r"(?s)\An/(?P<token>.*)\Z": Place(links.member_url("inbox", *about)),
        r"(?s)\Ap/(?P<token>.*)\Z": Place(links.member_url("preferences", *about)),
        r"(?s)\Au/(?P<token>.*)\Z": Place(links.member_url("unsubscribe", *about, "offers|email")),
        r"(?s)\Ac/(?P<token>.*)\Z": Place(links.member_url("confirm", *about, "offers|email")),
        CONSOLE + "referrals/<slug:pair>": Place(
            f"{urlsplit(brand.console).path}referrals/{pair}", "everything"
        ),
        LOCATION + "/visits/<slug:visit>": Place(_visit(brand, member), "manager"),
    }


def _visit(brand: Brand, member: Member) -> str:
    """The path of a visit of which nothing is confirmed yet."""
    visit = Visit(brand.house.program_id, HERE, member.id, utc_now().replace(microsecond=0))
    key = Vault(brand.house.opened.settings.secret).key(VISITS)
    return f"{urlsplit(brand.counter()).path}/visits/{write_visit(key, visit)}"


def _differing(rooms: Rooms) -> dict[str, Place]:
    """A supplier's statement has something that we do not: finance brings it, and one difference is open."""
    brand = rooms.brand
    with rooms.alone(storage_state=rooms.signed_in("finance")) as page:
        page.goto(f"{brand.console}reconciliation")
        bring_statement(page, "T-place")
        link = page.locator("a[href*='/reconciliation/dif_']").first
        return {
            CONSOLE + "reconciliation/<slug:difference>": Place(
                urlsplit(link.get_attribute("href") or "").path, "finance"
            )
        }


def bring_statement(page: "Page", their_id: str) -> None:
    """Send a supplier's statement with a line that is not ours by the form of the page."""
    at = utc_now() - timedelta(days=1)
    line = f"{their_id},none,placed,EUR,25.00,{at.isoformat()},25.00,EUR\n"
    text = f"their_id,ref,state,currency,amount,at,cost,cost_currency\n{line}"
    page.locator("form:has(#file) select").select_option("runa_eu")
    page.fill("#first", (at - timedelta(days=1)).date().isoformat())
    page.fill("#last", utc_now().date().isoformat())
    page.set_input_files("#file", {"name": "runa.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.locator("form:has(#file) button").click()
    page.locator("a[href*='/reconciliation/dif_']").first.wait_for()


def claim_of(brand: Brand, member: Member) -> str:
    """The path that a mail about a new reward leads to."""
    reward = brand.reward_of(member)
    brand.reward_of(member, "booking.confirmed")
    return _links(brand).claim_url(brand.house.program_id, member.id, reward, utc_now().date())


def _links(brand: Brand) -> Links:
    return Links(Vault(brand.house.opened.settings.secret), "")


def _made(brand: Brand) -> dict[str, Place]:
    """Addresses that are nobody's, and to which no link of a page leads."""
    key = brand.program.key
    return {
        "account/sign-in": Place("/account/sign-in"),
        "account/signed-out": Place("/account/signed-out"),
        "account/passkeys": Place("/account/passkeys", "vp"),
        "account/invitation/<str:token>": Place("/account/invitation/none"),
        "account/first/<str:token>": Place("/account/first/none"),
        "m/<slug:key>/sign-in": Place(f"/m/{key}/sign-in"),
        "m/<slug:key>/offline": Place(f"/m/{key}/offline"),
    }


def _looking(context: "BrowserContext", brand: Brand) -> "Callable[[str], Linked]":
    def look(path: str) -> Linked:
        answer = context.request.get(brand.url + path)
        if not (answer.ok and answer.headers.get("content-type", "").startswith("text/html")):
            return Linked(is_page=False)
        links = [unescape(each).removeprefix(brand.url) for each in HREF.findall(answer.text())]
        return Linked(is_page=True, links=[each for each in links if each.startswith("/")])

    return look
