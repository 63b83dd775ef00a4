"""What reports tell: the figures of the pages, as far as their reader sees them, in both kinds of file."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from tests.access.people import grant_of
from tests.locations.house import House

from guerdon.access.grants import Grant, Scope
from guerdon.access.roles import ROLES, Role
from guerdon.engine.deliveries.reading import monday
from guerdon.engine.reports.making import REPORTS, Order, Source, make_report, may_have
from guerdon.queries.budgets import load_tree
from guerdon.queries.deliveries.figures import Asked, load_figures
from guerdon.queries.locations.figures import load_standings
from guerdon.queries.overview import Cut, load_overview
from guerdon.queries.owed import list_owed, list_trial_balance, totals
from guerdon.store.database import connect, transaction
from guerdon.suppliers.amounts import digits_of
from guerdon.text.papers import Paper, Table
from guerdon.text.papers.paper import exact

FR, DE = Scope(("FR",)), Scope(("DE",))


@pytest.fixture
def told(house: House) -> Callable[..., Paper | None]:
    """Give whoever makes a report of a house, of the last seven days."""
    house.happens("de-bonn", "boat.rowed", ago=1, times=2)
    house.happens("de-celle", "boat.rowed", ago=9)
    house.happens("fr-lyon", "boat.rowed", ago=2)
    house.happens("fr-lyon", "oar.bought", ago=2, said={"price": 70})
    house.follow()

    def make(report: str, *grants: Grant, language: str = "en", **place: str) -> Paper | None:
        last = house.today - timedelta(days=1)
        order = Order(report, language, last - timedelta(days=6), last, **place)
        with connect(house.url, house.secret, "web") as db:
            source = Source(
                house.program_id,
                house.program,
                partial(transaction, db, house.program_id, None),
                {},
                digits_of,
            )
            return make_report(source, order, grants, house.real_now)

    return make


def granted(house: House, role: Role, market: str | None = None, location: str | None = None) -> Grant:
    return grant_of(house.program_id, role, market=market, location=location)


def table(paper: Paper | None, title: str) -> Table:
    assert paper is not None
    return next(each for each in paper.tables if each.title == title)


def counted(of: Table) -> list[list[object]]:
    return [[exact(cell) for cell in row] for row in of.rows]


def minor(value: object) -> int:
    return round(float(str(value)) * 100)


def test_the_overview_has_the_figures_of_its_page(house: House, told: Callable[..., Paper | None]) -> None:
    paper = told("overview", granted(house, "finance"))
    last = house.today - timedelta(days=1)
    with house.sees() as tx:
        cut = Cut("EUR", None, last - timedelta(days=6), last)
        page = load_overview(tx, house.program, cut)
    euros, points = counted(table(paper, "Given and redeemed"))
    assert (page.sums.issued, page.members, page.sums.issued_value) == (3, 2, 6_500)
    assert euros[:3] == ["EUR", page.members, page.sums.issued]
    assert minor(euros[3]) == page.sums.issued_value
    assert (euros[4], minor(euros[5]), minor(euros[6])) == (page.sums.redeemed, 0, page.owed)
    assert points[:4] == ["PTS", 1, 1, 70]
    markets = counted(table(paper, "By market"))
    assert [(row[0], row[1], row[2]) for row in markets] == [
        ("Germany", "EUR", 2),
        ("France", "EUR", 1),
        ("France", "PTS", 1),
    ]
    assert sum(minor(row[3]) for row in markets if row[1] == "EUR") == page.sums.issued_value
    places = counted(table(paper, "By location"))
    assert [(row[0], row[1], row[2]) for row in places][:1] == [("Bonn", "EUR", 2)]
    assert sum(minor(row[3]) for row in places if row[1] == "EUR") == page.sums.issued_value


def test_budgets_are_those_of_their_page(house: House, told: Callable[..., Paper | None]) -> None:
    with house.sees() as tx:
        lines = load_tree(tx, house.program, house.today)
    rows = counted(table(told("finance", granted(house, "finance")), "Budgets"))
    assert len(rows) == len(lines) > 1
    for row, line in zip(rows, lines, strict=True):
        said = [line.total, line.sums.committed, line.sums.held, line.sums.spent, line.left]
        assert [minor(each) for each in row[1:6]] == said


def test_finance_reads_what_is_owed_and_that_the_books_balance(
    house: House, told: Callable[..., Paper | None]
) -> None:
    paper = told("finance", granted(house, "finance"))
    with house.sees() as tx:
        owed, trial = list_owed(tx, house.program.time_zone), totals(list_trial_balance(tx))
    months = counted(table(paper, "Owed by the month in which it ends"))
    euros = sum(row.amount for row in owed if row.unit == "EUR")
    assert months[0][:2] == ["EUR", "All of it"]
    assert minor(months[0][3]) == euros > 0
    assert sum(minor(row[3]) for row in months[2:] if row[0] == "EUR") == euros
    markets = counted(table(paper, "Owed by market"))
    assert sum(minor(row[3]) for row in markets if row[0] == "EUR") == euros
    balance = counted(table(paper, "Trial balance"))
    assert [minor(balance[0][side]) for side in (1, 2)] == list(trial["EUR"])
    assert balance[0][1] == balance[0][2]
    assert table(paper, "Open differences").rows == []


def test_the_clock_is_that_of_its_page(house: House, told: Callable[..., Paper | None]) -> None:
    rows = counted(table(told("delivery", granted(house, "finance")), "From event to their hands"))
    last = monday(house.today - timedelta(days=1))
    with house.sees() as tx:
        figures = load_figures(tx, Asked("whole", last - timedelta(weeks=3), last))
    whole = figures["all"][""].waits
    assert rows[0][:2] == ["All rewards", whole.n]
    assert rows[0][2:5] == [whole.within(percent) for percent in (50, 95, 99)]
    assert {row[0] for row in rows[1:]} == {house.program.rules[key].name["en"] for key in figures["rule"]}
    assert sum(int(str(row[1])) for row in rows[1:]) == whole.n > 0


def test_locations_are_those_of_their_page(house: House, told: Callable[..., Paper | None]) -> None:
    rows = counted(table(told("locations", granted(house, "finance")), "Locations"))
    with house.sees() as tx:
        standings = load_standings(tx, house.program, Scope(), house.today)
    by_name = {each.location.name: each for each in standings.values()}
    assert {row[0] for row in rows} == set(by_name)
    for row in rows:
        assert (row[1], row[2]) == (by_name[str(row[0])].events, by_name[str(row[0])].rewards)


@pytest.mark.parametrize("report", REPORTS)
def test_a_shop_reads_of_nobody_else(house: House, told: Callable[..., Paper | None], report: str) -> None:
    shop = granted(house, "dealer_manager", "DE", "de-bonn")
    paper = told(report, shop)
    assert paper is not None
    said = str([*paper.lines, *paper.tables])
    for other in ("Lyon", "France", "Celle", "Emden"):
        assert other not in said
    narrower = told(report, granted(house, "finance"), location="de-bonn")
    assert narrower is not None
    ours, theirs = table(paper, paper.tables[0].title), table(narrower, paper.tables[0].title)
    assert counted(ours) == counted(theirs)


def test_a_market_is_told_the_same_to_whoever_sees_it_alone_and_to_whoever_asks_for_it(
    house: House, told: Callable[..., Paper | None]
) -> None:
    for report in REPORTS:
        alone = told(report, granted(house, "finance", "FR"))
        asked = told(report, granted(house, "finance"), market="FR")
        assert alone is not None
        assert asked is not None
        assert [counted(each) for each in alone.tables] == [counted(each) for each in asked.tables]
        assert "Bonn" not in str(alone.tables)


def test_nobody_is_told_of_a_place_that_they_do_not_see(
    house: House, told: Callable[..., Paper | None]
) -> None:
    french = granted(house, "finance", "FR")
    assert told("overview", french, market="DE") is None
    assert told("overview", french, location="de-bonn") is None
    assert told("overview") is None
    assert told("overview", granted(house, "operator")) is None


def test_each_report_is_for_whoever_may_read_its_page(house: House) -> None:
    now = house.real_now
    have: dict[Role, set[str]] = {
        # Marketing works for a market.
        role: {
            each for each in REPORTS if may_have(house.program_id, [granted(house, role, "DE")], each, now)
        }
        for role in ROLES
    }
    every = set(REPORTS)
    assert have["marketing"] == have["dealer_relations"] == every - {"finance"}
    assert have["finance"] == have["auditor"] == every
    assert have["frontline"] == set()
