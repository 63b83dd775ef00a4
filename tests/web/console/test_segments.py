"""Segments in the console: sizes, members as far as one may see them, over time, live, for everybody."""

import dataclasses
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.access.people import hire_for_everything
from tests.attacks.serving import served
from tests.redeem.house import House
from tests.rooms import opened_room
from tests.wallet.house import House as Wallet
from tests.web.console.conftest import EMAIL, PASSWORD, Console
from tests.web.console.test_live import aside, run, scope_of, watching

from guerdon.config import Settings, read_settings
from guerdon.engine.library import Library
from guerdon.engine.publish import publish
from guerdon.engine.segments import follow_segments
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.queries.segments import load_history, load_sizes
from guerdon.store.database import connect, transaction
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web import live
from guerdon.web.accounts import migrate_accounts
from guerdon.web.console.desk import read_cut
from guerdon.web.console.regions import load_view, render_regions
from guerdon.web.console.watching.wanted import Wanted, read_wanted

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAM = Path(__file__).parents[2] / "api" / "program.yaml"
HOME = "/console/harbor_wallet/"
# A commit is seen within two seconds; the machine of the tests has more to do.
FOLLOWS_S = 10
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
VARIANTS = [
    (language, theme, width)
    for language, theme in (("en", "light"), ("ar", "dark"), ("de", "light"))
    for width in (360, 1440)
]
PATHS = ("segments", "segments/german", "segments/buyers?market=DE")


@dataclass
class Club:
    """A program with segments, and the console opened on it."""

    wallet: Wallet
    console: Console
    members: dict[str, int]

    def follow(self) -> None:
        with self.wallet.worker() as db:
            while follow_segments(db, Library(self.wallet.vault, {}), self.wallet.now):
                pass

    def text(self, path: str, language: str = "en") -> str:
        page = self.console.page(path, language)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))


@pytest.fixture
def club(database: str, secret: str, tmp_path: Path) -> Iterator[Club]:
    """Give a house with three members, one of whom bought something, and somebody signed in."""
    program = load_program(PROGRAM)
    assert isinstance(program, Program), program
    with connect(database, secret, "owner") as db:
        program_id = publish(db, program, "test", utc_now()).program_id
    wallet = Wallet(database, secret, program, program_id, utc_now())
    given = {"DATABASE_URL": database, "GUERDON_SECRET": secret, "GUERDON_HOME": str(tmp_path)}
    settings = read_settings(given)
    assert isinstance(settings, Settings)
    with opened_room(settings, partial(migrate_accounts, settings), _enroll):
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        hire_for_everything(database, secret, program_id, EMAIL)
        client = Client(
            enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"}
        )
        console = Console(House(database, secret, program, program_id), settings, client)
        members = {
            name: wallet.enroll(name, market=market)[0]
            for name, market in (("ada", "DE"), ("ben", "DE"), ("ole", "NO"))
        }
        wallet.tell("ada", "order.paid", order_no="1", amount=100)
        yield Club(wallet, console, members)
        wallet.check()


@pytest.fixture
def staff(club: Club) -> Club:
    """Sign in."""
    assert club.console.sign_in() == 302
    return club


def _enroll() -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    enroll_staff(EMAIL, "Ines Okafor", PASSWORD, waived=True)


def test_the_list_says_who_is_in_a_segment_and_how_many(staff: Club) -> None:
    assert staff.text("segments").count("is being counted") == 2
    staff.follow()
    text = staff.text("segments")
    assert "is being counted" not in text
    german, buyers = text.partition("In Germany")[2], text.partition("Buyers")[2]
    assert re.search(r"country is Germany 2 66\.7\W?%", german), german
    assert re.search(r" 1 33\.3\W?%", buyers), buyers
    # The largest stands first; one market is counted alone.
    assert text.index("In Germany") < text.index("Buyers")
    assert re.search(r"Buyers .* 0 0", staff.text("segments?market=NO"))


def test_a_segment_shows_its_members_its_markets_and_where_it_is_used(staff: Club) -> None:
    assert "Its members are being counted." in staff.text("segments/german")
    staff.follow()
    text = staff.text("segments/german")
    assert "2 members are in it." in text
    assert "Germany 2" in text
    assert "member.market == &#39;DE&#39;" in text
    assert "No rule asks for it." in text
    for name, inside in (("ada", True), ("ben", True), ("ole", False)):
        assert (show("mem", staff.members[name]) in text) == inside
    assert "1 member is in it." in staff.text("segments/buyers")
    assert show("mem", staff.members["ada"]) in staff.text("segments/buyers")
    assert staff.console.client.get(f"{HOME}segments/nobodys").status_code == 404


def test_the_size_over_time_carries_on_on_days_without_a_change(staff: Club) -> None:
    staff.follow()
    began = staff.wallet.now.date()
    staff.wallet.later(days=3)
    staff.wallet.enroll("eva", market="DE")
    staff.follow()
    with staff.wallet.web() as tx:
        found = load_history(tx, "german", None, (began - timedelta(days=5), staff.wallet.now.date()))
        assert load_sizes(tx, "NO") == {}
    assert [n for _, n in found] == [2, 2, 2, 3]
    assert "Members, by day" in staff.text("segments/german")


def test_updates_come_with_the_region_of_the_page(staff: Club) -> None:
    staff.follow()
    program = staff.wallet.program
    with staff.wallet.web() as tx:
        seen = load_view(tx, "segments", program, read_cut({}, program), utc_now())
    (region,) = render_regions(seen, "en").values()
    assert "66.7" in region
    page = staff.console.page("segments")
    assert 'id="segments"' in page
    assert "stream?view=segments" in page


def test_one_segment_follows_what_happens(staff: Club) -> None:
    staff.follow()
    address = "view=segment&about=german&market=DE"
    page = staff.console.page("segments/german?market=DE")
    assert 'data-stream="/console/harbor_wallet/stream?market=DE&amp;view=segment&amp;about=german"' in page
    # What lies further back stands still.
    later = staff.console.page(f"segments/german?after={show('mem', max(staff.members.values()))}")
    assert "data-stream" not in later

    async def story() -> None:
        async with watching(scope_of(staff.console, address)) as viewer:
            await viewer.until(lambda text: '<hx-partial id="segment_members">' in text)
            for name in ("segment_size", "segment_chart", "segment_members", "segment_markets"):
                assert f'id="{name}"' in page, name
                assert f'<hx-partial id="{name}">' in viewer.text
            before, eva = len(viewer.text), show("mem", max(staff.members.values()) + 1)
            assert eva not in viewer.text
            await aside(lambda: staff.wallet.enroll("eva", market="DE"))
            began = time.monotonic()
            await aside(staff.follow)
            await viewer.until(lambda text: eva in text[before:])
            assert time.monotonic() - began < FOLLOWS_S
            await viewer.until(lambda text: "3 members are in it." in text[before:])

    run(story())


@pytest.mark.usefixtures("club")
def test_a_stream_of_a_segment_is_for_those_who_see_its_page() -> None:
    def asked(query: bytes, login: str) -> Wanted | None:
        found = read_wanted(HOME.split("/")[2], query.decode(), login)
        return found[0] if found else None

    wanted = asked(b"view=segment&about=german", EMAIL)
    assert wanted is not None
    assert wanted.named == "german"
    assert asked(b"view=segment&about=nobodys", EMAIL) is None
    assert asked(b"view=segment", EMAIL) is None
    assert asked(b"view=segment&about=german", "nobody@example.com") is None
    # Of one that the next version does not have it says so.
    gone = dataclasses.replace(wanted, named="nobodys")
    assert "does not have this segment any more" in render_regions(live._load(gone), "en")["segment_size"]  # noqa: SLF001


def test_a_change_is_announced_to_whoever_looks(staff: Club) -> None:
    staff.follow()
    with connect(staff.wallet.url, staff.wallet.secret, "web") as db:
        db.execute("listen guerdon_live")
        staff.follow()
        assert list(db.notifies(timeout=0.2)) == []
        # What is audited is announced by its row, and what followed from it by itself.
        staff.wallet.enroll("eva", market="DE")
        assert [each.payload for each in db.notifies(timeout=1, stop_after=1)] == ["1"]
        staff.follow()
        assert [each.payload for each in db.notifies(timeout=1, stop_after=1)] == ["1"]


def test_staff_of_one_place_see_its_members_only(staff: Club) -> None:
    from guerdon.access.grants import Scope  # noqa: PLC0415
    from guerdon.queries.segments import list_segment_members  # noqa: PLC0415

    staff.follow()
    with (
        connect(staff.wallet.url, staff.wallet.secret, "web") as db,
        transaction(db, staff.wallet.program_id, scope=Scope(markets=("NO",))) as tx,
    ):
        assert list_segment_members(tx, "german", 9) == []
        assert load_sizes(tx) == {}


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_the_pages_speak_every_language(staff: Club, language: str) -> None:
    staff.follow()
    for path in PATHS:
        text = staff.text(path, language)
        for english in ("Who is in it", "Of all", "By market", "is in it", "Members, by day", "Segments"):
            assert english not in text or language == "fr", (path, english)
        assert "%(" not in text


@pytest.mark.parametrize(("language", "theme", "width"), VARIANTS)
def test_every_page_is_accessible_and_fits(
    club: Club, chromium: "Browser", language: str, theme: Any, width: int
) -> None:
    club.follow()
    viewport: Any = {"width": width, "height": 900}
    context = chromium.new_context(locale=language, color_scheme=theme, viewport=viewport)
    page = context.new_page()
    faults: list[str] = []
    with served() as port:
        address = f"http://127.0.0.1:{port}{HOME}"
        page.goto(address)
        page.fill("#email", EMAIL)
        page.fill("#password", PASSWORD)
        page.click("form button")
        page.wait_for_url("**/console/harbor_wallet/**")
        for path in PATHS:
            page.goto(address + path)
            page.evaluate(AXE)
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            faults += [f"{path}: {v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]
            if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
                faults.append(f"{path} is too wide")
        context.close()
    assert faults == []
