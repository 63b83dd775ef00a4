"""`./guerdon screens FOLDER`: a picture of every page, of a demo of its own, as different people see it.

Pages are found by their links, so a page that nobody can reach is missed, and said. It needs what developers
have: Playwright for Python, and Chromium. The demo is gone afterwards.
"""

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from guerdon.cli.bounds import whole_number
from guerdon.cli.demo import LAST_ABOVE, claim_url, demo_ports
from guerdon.cli.demo.agreeing import agree_to_offers
from guerdon.cli.demo.filling import fill
from guerdon.cli.demo.house import STAFF, DemoHouse, Order, demo_house, tell
from guerdon.cli.installation import Refused, refusing
from guerdon.cli.screens.browser import Missing, look_for_browser, open_browser
from guerdon.cli.screens.finding import Found, Page, file_name, find_pages
from guerdon.cli.screens.rows import NO_PAGES
from guerdon.cli.screens.staging import do_all
from guerdon.cli.up import stop_as_by_interrupt
from guerdon.engine.sessions.keeping import begin_session
from guerdon.queries.demo import find_ready_reward
from guerdon.store.database import transaction
from guerdon.values.app.sessions import write_session
from guerdon.values.clock import utc_now
from guerdon.web.routes import CONSOLE, ROUTES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, FloatRect
    from playwright.sync_api import Page as Tab

HELP = "make pictures of every page of a demo: three languages, light and dark, wide and narrow"
PORT = 8750
HEIGHT_PX = 900
# The whole of a page, unless it has no end.
TALLEST_PX = 6_000
LINKS = "() => [...document.querySelectorAll('a[href]')].map(each => each.href)"


@dataclass(frozen=True, slots=True)
class Variant:
    """How somebody looks at pages."""

    language: str
    theme: Literal["light", "dark"]
    width_px: int

    @property
    def name(self) -> str:
        """As it ends the name of a picture."""
        return f"{self.language}.{self.theme}.{self.width_px}"


VARIANTS = (
    Variant("en", "light", 1440),
    Variant("de", "dark", 1440),
    Variant("ar", "light", 1440),
    Variant("en", "light", 390),
)


@dataclass(frozen=True, slots=True)
class Walk:
    """Pages that one person walks through: where they begin, and which rows of the routes are theirs.

    `email`: as whom of the staff they sign in; `cookie`: what their browser has kept. Empty: nobody, nothing.
    """

    name: str
    begins: str
    rows: tuple[str, ...]
    email: str = ""
    cookie: tuple[str, str] = ("", "")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the pictures go")
    parser.add_argument(
        "--customers", type=whole_number(1, 20_000), default=300, metavar="N", help="default 300"
    )
    parser.add_argument(
        "--events", type=whole_number(1, 50_000), default=900, metavar="N", help="default 900"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all that is invented; default 1")
    parser.add_argument("--only", metavar="WORD", help="only pages whose name has this word in it")
    parser.add_argument(
        "--port",
        type=whole_number(1, 65_535 - LAST_ABOVE),
        default=PORT,
        metavar="N",
        help=f"the demo's web (default {PORT}); its other parts take those above it",
    )


def run(args: argparse.Namespace) -> int:
    """Make them; 1 where pages were not found, 2 where there is nothing to make them with."""
    stop_as_by_interrupt()
    order = Order(demo_ports(args.port), args.customers, args.seed, args.customers)
    home = Path(tempfile.mkdtemp(prefix="gd-screens-"))
    try:
        look_for_browser()
        with demo_house(home, order) as house:
            agree_to_offers(house)
            fill(house, args.events)
            with open_browser() as opened:
                made, missing = draw(opened, house, args.folder, args.only or "")
    except Missing as fault:
        print(f"guerdon screens: {fault}", file=sys.stderr)
        return 2
    except Refused as fault:
        return refusing("screens", fault)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"{made} pictures in {args.folder}")
    for row in missing:
        print(f"no page was found for {row}", file=sys.stderr)
    return 1 if missing else 0


def draw(opened: "Browser", house: DemoHouse, folder: Path, only: str) -> tuple[int, list[str]]:
    """Make the pictures, `console-members.en.light.1440.png`; how many, and rows without a page."""
    folder.mkdir(parents=True, exist_ok=True)
    made, missing = 0, list[str]()
    _stage(opened, house)
    for walks in _walks(house):
        left = walks[0].rows
        for walk in walks:
            # Who comes later is asked for what those before them may not see.
            mine = replace(walk, rows=left)
            tell(f"following the links of {walk.name} ...")
            context, tab = _opened(opened, house, mine, VARIANTS[0])
            found = _pages_of(tab, house, mine)
            context.close()
            named = {file_name(row): path for row, path in found.pages.items() if only in file_name(row)}
            tell(f"{len(named)} pages of {walk.name} ...")
            for variant in VARIANTS if named else ():
                context, tab = _opened(opened, house, mine, variant)
                for name, path in named.items():
                    tab.goto(house.base_url + path)
                    _draw(tab, folder / f"{name}.{variant.name}.png")
                    made += 1
                context.close()
            left = tuple(found.missing)
        missing += left
    return made, missing


def _stage(opened: "Browser", house: DemoHouse) -> None:
    home = f"/console/{house.program.key}/"
    context, tab = _opened(opened, house, Walk("", home, (), STAFF["everything"].email), VARIANTS[0])
    tab.goto(f"{house.base_url}{home}members")
    link = tab.locator("a[href*='/members/mem_']").first.get_attribute("href") or ""
    do_all(tab, house.base_url + home, link.rpartition("/")[2])
    context.close()


def _walks(house: DemoHouse) -> list[list[Walk]]:
    """Who walks where; of people at the same desk the first sees most."""
    home, claim = f"/console/{house.program.key}/", urlsplit(claim_url(house)).path
    staff = _rows("staff", CONSOLE)
    app = f"/m/{house.program.key}"
    return [
        [Walk(what, home, staff, STAFF[what].email) for what in ("everything", "compliance", "finance")],
        [Walk("a member", claim, _rows("member", r"\Ar/", r"(?s)\Ar/", r"(?s)\Ap/"))],
        [Walk("a member in the app", app, _rows("member", "m/"), cookie=_signed_in(house))],
    ]


def _signed_in(house: DemoHouse) -> tuple[str, str]:
    """A session in the app of the member whose link is shown: name and value of its cookie."""
    now = utc_now()
    with house.opened.connect("worker") as db:
        found = find_ready_reward(db, house.program_id, now)
    if found is None:
        raise Refused("nobody has a reward")
    with house.opened.connect("web") as db, transaction(db, house.program_id) as tx:
        session = begin_session(tx, house.program_id, found[0], "phone", now)
    assert session is not None, "whoever has a reward is there"
    return f"member-{house.program.key}", write_session(session)


def _rows(who: str, *beginnings: str) -> tuple[str, ...]:
    return tuple(
        pattern
        for pattern, row in ROUTES.items()
        if row.who == who and pattern.startswith(beginnings) and pattern not in NO_PAGES
    )


def _opened(
    opened: "Browser", house: DemoHouse, walk: Walk, variant: Variant
) -> "tuple[BrowserContext, Tab]":
    context = opened.new_context(
        locale=variant.language,
        color_scheme=variant.theme,
        viewport={"width": variant.width_px, "height": HEIGHT_PX},
        reduced_motion="reduce",
    )
    tab = context.new_page()
    name, kept = walk.cookie
    if name:
        context.add_cookies([{"name": name, "value": kept, "url": house.base_url}])
    if walk.email:
        tab.goto(f"{house.base_url}/account/sign-in")
        tab.fill("#email", walk.email)
        tab.fill("#password", house.password)
        tab.click("form button")
        tab.wait_for_url("**/console/**")
    return context, tab


def _pages_of(tab: "Tab", house: DemoHouse, walk: Walk) -> Found:
    def look(path: str) -> Page:
        answer = tab.context.request.get(house.base_url + path)
        if not (answer.ok and answer.headers.get("content-type", "").startswith("text/html")):
            return Page(is_page=False)
        tab.goto(house.base_url + path)
        links: list[str] = tab.evaluate(LINKS)
        ours = [link.removeprefix(house.base_url) for link in links if link.startswith(house.base_url)]
        return Page(is_page=True, links=ours)

    return find_pages(tuple(ROUTES), walk.rows, [walk.begins], look)


def _draw(tab: "Tab", path: Path) -> None:
    height: int = tab.evaluate("() => document.documentElement.scrollHeight")
    if height > TALLEST_PX:
        width: int = tab.evaluate("() => innerWidth")
        clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": TALLEST_PX}
        tab.screenshot(path=path, full_page=True, clip=clip)
    else:
        tab.screenshot(path=path, full_page=True)
