"""Sums of markets are what the rows behind them add up to, whoever looks, and after members moved."""

from datetime import timedelta
from importlib.resources import files
from random import Random
from typing import LiteralString

import pytest
from tests.locations.house import House

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.engine.enroll import enroll_members
from guerdon.queries.invariants import check_invariants
from guerdon.queries.orders.standing import Sought, list_standing
from guerdon.queries.overview import Cut, load_overview
from guerdon.store.database import Transaction, seeing_sets

SCOPES = (
    WHOLE_PROGRAM,
    Scope(markets=("DE",)),
    Scope(markets=("FR",)),
    Scope(locations=("de-bonn",)),
    Scope(markets=("FR",), locations=("de-celle", "de-bonn")),
)
# The plain question, over the rewards themselves.
PLAIN: LiteralString = """
    select mask, count(*) from (
      select r.member_id, bit_or(1::bigint << (array_position(%(rules)s::text[], r.rule) - 1)) as mask
      from rewards r join members m using (program_id, member_id)
      where r.unit = %(unit)s and (%(market)s::text is null or m.market = %(market)s)
        and (%(start)s::timestamptz is null or r.happened_at >= %(start)s)
      group by r.member_id
    ) each_member group by mask
"""


def filled(house: House, seed: int) -> Random:
    """Something at random, at shops of two countries, on some days."""
    chance = Random(seed)  # noqa: S311  a seed, not a secret
    for shop in chance.choices(list(house.program.locations), k=9):
        house.happens(shop, "boat.rowed", ago=chance.randrange(20), times=chance.randrange(1, 3))
    for name, shop in list(house.homes.items()):
        if chance.random() < 0.5:
            house.tells(name, "oar.bought", ago=chance.randrange(9), said={"price": 7})
        if shop.startswith("fr-") or chance.random() < 0.4:
            house.tells(name, "race.won", said={"class": "gold"})
    return chance


def move(house: House, name: str, shop: str) -> None:
    market = house.program.locations[shop].market
    lines = ["external_source,external_id,name,market,location\n", f"crm,{name},N,{market},{shop}\n"]
    with house.worker() as db:
        done = enroll_members(db, house.vault, (house.program_id, house.program), lines, house.now)
    assert not done.problems
    house.homes[name] = shop


def rewarded_plainly(tx: Transaction, house: House, cut: Cut) -> int:
    rows = tx.execute(PLAIN, cut.terms(house.program)).fetchall()
    return sum(int(n) for _, n in rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_an_overview_says_what_the_rows_behind_it_do(house: House, seed: int) -> None:
    chance = filled(house, seed)
    for name in chance.sample(list(house.homes), 4):
        move(house, name, chance.choice(list(house.program.locations)))
    house.tells(chance.choice(list(house.homes)), "race.won", said={"class": "gold"})
    some_days = house.today - timedelta(days=6)
    for scope in SCOPES:
        for unit in house.program.units:
            for cut in (Cut(unit), Cut(unit, "DE"), Cut(unit, None, some_days), Cut(unit, "FR", some_days)):
                with house.sees(scope) as tx:
                    figures = load_overview(tx, house.program, cut)
                    assert figures.members == rewarded_plainly(tx, house, cut), (scope, cut)
                    sums = tx.execute(
                        """
                        select coalesce(sum(issued), 0), coalesce(sum(issued_value), 0), min(day), max(day)
                        from rollups
                        where unit = %(unit)s and (%(market)s::text is null or market = %(market)s)
                          and (%(first)s::date is null or day >= %(first)s)
                        """,
                        cut.terms(house.program),
                    ).fetchone()
                found = (figures.sums.issued, figures.sums.issued_value, figures.first_day, figures.last_day)
                assert found == sums, (scope, cut)
    with house.web() as tx:
        assert check_invariants(tx) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "update market_days set redeemed_48h = redeemed_48h + 1",
        "delete from market_days",
        "update rewarded_members set members = members + 1",
        "delete from rewarded_members",
    ],
)
def test_a_sum_that_is_none_is_told(house: House, wrong: LiteralString) -> None:
    house.happens("de-bonn", "boat.rowed")
    with house.by_hand() as db:
        db.execute(wrong)
    with house.web() as tx:
        assert [each.partition(":")[0] for each in check_invariants(tx)] == ["figures.issued"]


def test_what_was_decided_before_the_sums_were_there_is_counted_too(house: House) -> None:
    filled(house, 3)
    text = (files("guerdon.store") / "schema" / "0084_figures_of_markets.sql").read_text(encoding="utf-8")
    counting = [
        each
        for each in text.split(";\n")
        if each.lstrip().startswith(("insert into market_days\n", "insert into rewarded_members\n"))
    ]
    assert len(counting) == 2
    asked: LiteralString = "select to_jsonb(d) from market_days d order by day, market, rule, unit"
    members: LiteralString = "select to_jsonb(c) from rewarded_members c order by market, unit, rules"
    with house.by_hand() as db:
        before = db.execute(asked).fetchall(), db.execute(members).fetchall()
        assert all(before)
        db.execute("truncate market_days, rewarded_members")
        for statement in counting:
            db.execute(statement.encode())
        assert (db.execute(asked).fetchall(), db.execute(members).fetchall()) == before


@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_read_after_a_sum_is_asked_for_as_before(house: House, scope: Scope) -> None:
    filled(house, 4)
    setting: LiteralString = "select current_setting('guerdon.by_sets', true)"
    with house.sees(scope) as tx:
        before = tx.execute(setting).fetchall()
        one_by_one = tx.execute("select id from transfers order by id").fetchall()
        with seeing_sets(tx):
            assert tx.execute(setting).fetchall() == [("on",)]
            assert tx.execute("select id from transfers order by id").fetchall() == one_by_one
        assert tx.execute(setting).fetchall() == before
        assert list_standing(tx, Sought(), 10) == []
