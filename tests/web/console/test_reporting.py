"""Figures of several units in the one that a reader chose, by imported rates alone; a member's statements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from tests.access.people import hire_for_everything
from tests.attacks.serving import served
from tests.redeem.house import House
from tests.rooms import opened_room
from tests.wallet.house import House as Wallet
from tests.web.console.conftest import EMAIL, PASSWORD, Console

from guerdon.config import Settings, read_settings
from guerdon.engine.publish import publish
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import connect, transaction
from guerdon.store.rates import RateRow, record_rates
from guerdon.text.formats import money
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.accounts import migrate_accounts
from guerdon.web.console.desk import read_cut
from guerdon.web.console.regions import load_view, render_regions

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAM = Path(__file__).with_name("several.yaml")
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
# Each rate as it is in the file: the krone's pair is there the other way round only.
KRONER_A_EURO, EUROS_A_YEN = Decimal("11.5"), Decimal("0.00613")
HOME = "/console/fjord_club/"
VARIANTS = [
    (language, theme, width) for language, theme in (("en", "light"), ("ar", "dark")) for width in (360, 1440)
]


@dataclass
class Club:
    """A program with value in several units, and the console opened on it."""

    wallet: Wallet
    console: Console
    members: dict[str, int]

    @property
    def today(self) -> date:
        return utc_now().astimezone(ZoneInfo("Europe/Berlin")).date()

    def import_rate(self, days_ago: int, pair: tuple[str, str], rate: Decimal) -> date:
        """A rate of so many days ago; its day."""
        day = self.today - timedelta(days=days_ago)
        with self.wallet.worker() as db, transaction(db, self.wallet.program_id) as tx:
            record_rates(tx, self.wallet.program_id, [RateRow(day, *pair, rate, "test")], utc_now())
            record_audit(tx, self.wallet.program_id, "test", "rates.imported", "rates", utc_now())
        return day

    def sums(self, statement: str) -> dict[str, int]:
        return {unit: int(amount) for unit, amount in self.wallet.rows(statement)}

    def text(self, path: str, language: str = "en") -> str:
        page = self.console.page(path, language)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))

    def member(self, contact: str) -> str:
        return "members/" + show("mem", self.members[contact])


@pytest.fixture
def club(database: str, secret: str, tmp_path: Path) -> Iterator[Club]:
    """Give a house of several units, with value in all of them, and somebody signed in."""
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
        made = Club(wallet, console, _give(wallet))
        yield made
        wallet.check()


@pytest.fixture
def staff(club: Club) -> Club:
    """Sign in."""
    assert club.console.sign_in() == 302
    return club


def _enroll() -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    enroll_staff(EMAIL, "Ines Okafor", PASSWORD, waived=True)


def _give(wallet: Wallet) -> dict[str, int]:
    (ada,), (ole,), (yui,) = (
        wallet.enroll(contact, market=market)
        for contact, market in (("ada", "DE"), ("ole", "NO"), ("yui", "JP"))
    )
    for kind in ("euro", "krone", "krone", "yen"):
        wallet.tell("ada", f"{kind}.given")
    for _ in range(5):
        wallet.tell("ole", "krone.given")
    wallet.tell("yui", "yen.given")
    for amount in range(100, 112):
        wallet.tell("ada", "order.paid", amount=amount)
    return {"ada": ada, "ole": ole, "yui": yui}


def rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def in_euros(sums: dict[str, int], *, yen: bool = False) -> int:
    """The sum in cents, worked out here: kroner have two digits as euros have, yen have none."""
    found = sums.get("EUR", 0) + rounded(sums.get("NOK", 0) / KRONER_A_EURO)
    return found + (rounded(sums.get("JPY", 0) * EUROS_A_YEN * 100) if yen else 0)


def shown(cents: int) -> str:
    return money(cents, "EUR", 2, "en", exact=True)


def day_shown(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


OWED = "select unit, sum(remaining) from rewards group by unit"


def test_what_is_owed_is_added_up_in_the_chosen_unit_and_what_is_not_is_named(staff: Club) -> None:
    of = staff.import_rate(2, ("EUR", "NOK"), KRONER_A_EURO)
    owed = staff.sums(OWED)
    assert set(owed) == {"EUR", "NOK", "JPY", "PTS"}
    text = staff.text("owed?in=EUR").partition("In EUR, by month")[0]
    assert f"All together in EUR Owed {shown(in_euros(owed))} " in text
    assert f"1 NOK = 0.08695652 EUR rate of {day_shown(of)}" in text
    assert f"No rate for JPY on {day_shown(staff.today)} : not in the total." in text
    assert "PTS : not converted." in text
    # The rate of another day than today's comes in, and the yen is in the sum, too.
    staff.import_rate(0, ("JPY", "EUR"), EUROS_A_YEN)
    text = staff.text("owed?in=EUR").partition("In EUR, by month")[0]
    assert f"All together in EUR Owed {shown(in_euros(owed, yen=True))} " in text
    assert "1 JPY = 0.00613 EUR" in text
    assert "No rate" not in text


def test_without_a_chosen_unit_nothing_is_added_up(staff: Club) -> None:
    for path in ("owed", "budgets", f"ledger?member={show('mem', staff.members['ada'])}"):
        page = staff.console.page(path)
        assert "All together" not in page, path
        for key in ("EUR", "NOK", "JPY"):
            assert f"in={key}" in page, path
        assert "in=PTS" not in page, path


def test_a_market_is_added_up_alone_and_the_choice_stays(staff: Club) -> None:
    staff.import_rate(0, ("EUR", "NOK"), KRONER_A_EURO)
    page = staff.console.page("owed?in=EUR&market=NO")
    assert "owed?market=NO&amp;in=NOK" in page
    assert "owed?market=DE&amp;in=EUR" in page
    assert f"{shown(rounded(5 * 33_333 / KRONER_A_EURO))}" in page.partition("<table")[0]


def test_a_rate_that_is_older_than_a_week_is_none(staff: Club) -> None:
    staff.import_rate(8, ("EUR", "NOK"), KRONER_A_EURO)
    text = staff.text("owed?in=EUR").partition("In EUR, by month")[0]
    assert f"Owed {shown(staff.sums(OWED)['EUR'])} " in text
    assert f"No rate for NOK on {day_shown(staff.today)} : not in the total." in text


def test_the_trial_balance_balances_in_the_chosen_unit(staff: Club) -> None:
    staff.import_rate(0, ("EUR", "NOK"), KRONER_A_EURO)
    staff.import_rate(0, ("JPY", "EUR"), EUROS_A_YEN)
    debits = staff.sums("select unit, -sum(posted) from accounts where posted < 0 group by unit")
    total = shown(in_euros(debits, yen=True))
    text = staff.text("owed?in=EUR").partition("Trial balance in")[2]
    assert f"All together in EUR Debit {total} Credit {total} " in text


def test_budgets_are_added_up_from_the_top_and_go_on_live(staff: Club) -> None:
    staff.import_rate(1, ("EUR", "NOK"), KRONER_A_EURO)
    page = staff.console.page("budgets?in=EUR")
    assert "stream?in=EUR&amp;view=budgets" in page
    limit = in_euros({"EUR": 9_000_000, "NOK": 7_000_000})
    free = in_euros({"EUR": 9_000_000 - 20_005, "NOK": 7_000_000 - 7 * 33_333})
    committed = in_euros({"EUR": 20_005, "NOK": 7 * 33_333})
    wanted = f"Limit {shown(limit)} Committed {shown(committed)} Held €0.00 Spent €0.00 Free {shown(free)} "
    text = staff.text("budgets?in=EUR")
    assert f"All together in EUR {wanted}" in text
    assert f"No rate for JPY on {day_shown(staff.today)} : not in the total." in text
    # The stream renders the same region from the same choice.
    program = staff.wallet.program
    with staff.wallet.web() as tx:
        seen = load_view(tx, "budgets", program, read_cut({"in": "EUR"}, program), utc_now())
    assert shown(free) in render_regions(seen, "en")["tree"]
    # Of a market there are its own nodes alone, and they are their own top.
    assert "Limit €50,000.00" in staff.text("budgets?in=EUR&market=DE")


def test_the_ledger_adds_up_what_a_member_has_by_the_rate_of_that_day(staff: Club) -> None:
    staff.import_rate(0, ("EUR", "NOK"), KRONER_A_EURO)
    ada = show("mem", staff.members["ada"])
    text = staff.text(f"ledger?member={ada}&in=EUR")
    assert f"All together in EUR Has now {shown(in_euros({'EUR': 20_005, 'NOK': 66_666}))} " in text
    # Before the rate's day there is none.
    before = staff.today - timedelta(days=3)
    text = staff.text(f"ledger?member={ada}&in=NOK&to={before}")
    assert "All together in NOK Had at the end of" in text
    assert "rate of" not in text


@pytest.mark.parametrize("said", ["XXX", "PTS", "eur", "EUR%00", "E" * 5000])
@pytest.mark.parametrize("path", ["owed", "budgets", "ledger"])
def test_a_unit_that_nothing_can_be_added_up_in_is_told(staff: Club, path: str, said: str) -> None:
    answer = staff.console.client.get(f"{HOME}{path}?in={said}")
    assert answer.status_code == 404
    assert "There is no such reporting unit." in answer.content.decode()


def test_a_member_has_a_statement_in_each_of_their_units(staff: Club) -> None:
    path = staff.member("ada")
    page = staff.console.page(path)
    tabs = page.partition('<nav class="tabs"')[2].partition("</nav>")[0]
    assert re.findall(r"unit=(\w+)#statement", tabs) == ["EUR", "NOK", "JPY", "PTS"]
    assert re.findall(r'aria-current="page"><bdi>(\w+)', tabs) == ["EUR"]
    assert "Can be spent €200.05" in staff.text(path)
    assert "Euros" in staff.text(path)
    kroner = staff.text(f"{path}?unit=NOK")
    assert "Can be spent NOK666.66" in kroner
    assert kroner.partition("What happened")[0].count("+NOK") == 2
    # A unit that the member never had is left out, like everything that an address says wrongly.
    assert staff.text(f"{path}?unit=XXX") == staff.text(path)


def test_a_member_with_one_unit_has_no_tabs_and_one_with_none_no_statement(staff: Club) -> None:
    page = staff.console.page(staff.member("ole"))
    assert 'id="statement"' in page
    assert "Unit of the statement" not in page
    (nobody,) = staff.wallet.enroll("eve")
    assert 'id="statement"' not in staff.console.page("members/" + show("mem", nobody))


def test_a_statement_goes_on_where_its_page_ended(staff: Club) -> None:
    path = staff.member("ada") + "?unit=PTS"
    first = staff.console.page(path)
    (onward,) = re.findall(r'class="button" href="/console/fjord_club/([^"]+)#statement"', first)
    pages = [
        staff.text(each).partition("Balance after it")[2] for each in (path, onward.replace("&amp;", "&"))
    ]
    amounts = [re.findall(r"\+(\d+)", page.partition("What happened")[0]) for page in pages]
    assert [len(each) for each in amounts] == [10, 2]
    assert sorted(int(each) for page in amounts for each in page) == list(range(100, 112))


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_the_pages_speak_every_language(staff: Club, language: str) -> None:
    staff.import_rate(2, ("EUR", "NOK"), KRONER_A_EURO)
    for path in ("owed?in=EUR", "budgets?in=EUR", staff.member("ada")):
        text = staff.text(path, language)
        for english in ("together", "Together", "No rate", "not converted", "Can be spent", "Unit by unit"):
            assert english not in text, (path, english)
        assert "%(" not in text


def pages_of(club: Club) -> list[str]:
    ada = show("mem", club.members["ada"])
    return ["owed?in=EUR", "budgets?in=EUR", f"ledger?member={ada}&in=EUR", f"members/{ada}?unit=NOK"]


@pytest.fixture
def address(club: Club) -> Iterator[str]:
    """Serve the whole front on a port of this machine."""
    club.import_rate(2, ("EUR", "NOK"), KRONER_A_EURO)
    with served() as port:
        yield f"http://127.0.0.1:{port}{HOME}"


@pytest.mark.parametrize(("language", "theme", "width"), VARIANTS)
def test_every_page_is_accessible_and_fits(
    club: Club, address: str, chromium: "Browser", language: str, theme: Any, width: int
) -> None:
    viewport: Any = {"width": width, "height": 900}
    context = chromium.new_context(locale=language, color_scheme=theme, viewport=viewport)
    page = context.new_page()
    page.goto(address)
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/console/fjord_club/**")
    faults: list[str] = []
    for path in pages_of(club):
        page.goto(address + path)
        page.evaluate(AXE)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        faults += [f"{path}: {v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            faults.append(f"{path} is too wide")
    assert faults == []
    context.close()
