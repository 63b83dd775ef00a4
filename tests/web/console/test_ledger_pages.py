"""Ledger, Owed and Controls say what stands in the books, in every language, and nothing besides."""

import re

import pytest
from tests.controls.books import Books
from tests.controls.ledgers import opened
from tests.controls.plants import unlocked
from tests.web.console.conftest import Console
from tests.web.console.furniture import furnish

from guerdon.engine.proof.controls import check_controls
from guerdon.queries.controls.run import KEYS
from guerdon.store.database import connect
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

ADA = show("mem", 7)
PATHS = (
    "ledger",
    "ledger?account=budget:by_market:DE",
    f"ledger?member={ADA}&unit=EUR",
    "ledger?from=2020-01-01&to=2020-01-31",
    "owed",
    "owed?market=DE",
    "controls",
)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).replace(" .", ".")


def run_them(staff: Console) -> None:
    with connect(staff.house.url, staff.house.secret, "worker") as db:
        check_controls(db, staff.house.program_id, utc_now())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_renders_in_every_language(staff: Console, language: str) -> None:
    furnish(staff.house)
    run_them(staff)
    direction = "rtl" if language == "ar" else "ltr"
    for path in PATHS:
        page = staff.page(path, language)
        assert f'<html lang="{language}" dir="{direction}"' in page, path
        assert "%(" not in page, path
        assert "style=" not in page, path


def test_every_page_of_an_empty_program_says_what_is_missing(staff: Console) -> None:
    assert "No transfers match." in plain(staff.page(f"ledger?member={ADA}"))
    assert "Nothing owed." in plain(staff.page("owed"))
    assert "No control has run yet." in plain(staff.page("controls"))


def test_the_ledger_shows_both_sides_and_leads_to_the_transfer(staff: Console) -> None:
    furnish(staff.house)
    page = staff.page(f"ledger?member={ADA}")
    assert plain(page).count("Budget · Rewards by market · Germany") >= 2
    assert "Has now €200.00" in plain(page)
    links = re.findall(r'href="/console/nordlys_circle/(ledger/trf_\w+\?of=mem_\w+)"', page)
    assert len(links) == 3
    transfers = [plain(staff.page(link)) for link in links]
    spent = next(text for text in transfers if "Spent, of a budget" in text)
    assert "€200.00 from Members: available to Spent, of a budget · Rewards by market · Germany." in spent
    assert "Rewards that it took from Booking" in spent
    assert "\u2212€200.00 €200.00" in spent
    assert "+€200.00 €200.00" in spent


def test_the_ledger_tells_a_balance_of_any_day(staff: Console) -> None:
    furnish(staff.house)
    assert "Had at the end of 31 Jan 2020 €0.00" in plain(staff.page(f"ledger?member={ADA}&to=2020-01-31"))
    assert "No transfers match." in plain(staff.page(f"ledger?member={ADA}&to=2020-01-31"))


def test_pages_of_the_ledger_go_on_where_the_last_one_ended(staff: Console) -> None:
    staff.house.enroll(7)
    for _ in range(51):
        staff.house.reward(7)
    first = staff.page(f"ledger?member={ADA}")
    (onward,) = re.findall(r'class="button" href="/console/nordlys_circle/(ledger\?[^"]+)"', first)
    second = staff.page(onward.replace("&amp;", "&"))
    shown = [re.findall(r"ledger/(trf_\w+)", page) for page in (first, second)]
    assert [len(each) for each in shown] == [50, 1]
    assert not set(shown[0]) & set(shown[1])


@pytest.mark.parametrize(
    "path",
    [
        "ledger?account=%00",
        "ledger?account=" + "x" * 5000,
        "ledger?member=mem_x&unit=XXX&after=1-2-3",
        "ledger?after=99999999999999999999-1",
        "ledger?after=-",
        "owed?market=XX",
        "controls?from=0001-01-01",
    ],
)
def test_what_an_address_says_wrongly_is_left_out(staff: Console, path: str) -> None:
    staff.page(path)


@pytest.mark.parametrize(
    "path", ["ledger/trf_x", f"ledger/{show('trf', 2**60)}", "ledger/trf_0000000000000?of=mem_7"]
)
def test_a_transfer_that_is_not_there_is_not_there(staff: Console, path: str) -> None:
    assert staff.client.get(staff.home + path).status_code == 404


def test_owed_is_what_members_have_with_a_trial_balance_that_balances(staff: Console) -> None:
    furnish(staff.house)
    text = plain(staff.page("owed"))
    assert "€400.00 is owed to members, in 2 rewards." in text
    assert "In EUR it is too early to say." in text
    sums = re.search(r"Together ([€\d.,]+) ([€\d.,]+) ", text.partition("Trial balance")[2])
    assert sums is not None
    assert sums[1] == sums[2]
    assert "Nothing owed." in plain(staff.page("owed?market=FR"))


def test_controls_tell_how_many_ran_and_when(staff: Console) -> None:
    with opened(staff.house.url) as db:
        Books(db, staff.house.program_id).run("delete from quarantine")
    run_them(staff)
    text = plain(staff.page("controls"))
    assert f"No breaches found in {len(KEYS)} controls." in text
    assert "Nothing had to be stopped." in text
    assert "This was the first." in text
    run_them(staff)
    assert "This was the first." not in plain(staff.page("controls"))


def test_a_breach_stands_first_and_says_what_was_found(staff: Console) -> None:
    with opened(staff.house.url) as db:
        books = Books(db, staff.house.program_id)
        unlocked(books)
        books.account(0, "misc:<b>petty</b>", "EUR")
    run_them(staff)
    with opened(staff.house.url) as db:
        # The house's own books are checked when the test is done.
        db.execute("delete from accounts where name like 'misc:%'")
    page = staff.page("controls")
    assert f"1 of {len(KEYS)} controls found a breach." in plain(page)
    assert plain(page).index("Every account is one that we know") < plain(page).index("Each pool has")
    assert "misc:&lt;b&gt;petty&lt;/b&gt; in EUR: 0, held 0, debt 0" in page
