"""Figures of locations are what the books hold, counted in the commit of what they count."""

from datetime import date, timedelta
from importlib.resources import files

import pytest
from psycopg import sql
from tests.locations.house import House

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.queries.invariants import check_invariants
from guerdon.queries.locations.figures import DAYS, Given, Standing, load_standings

BONN = Scope(locations=("de-bonn",))


def standings(house: House, scope: Scope = WHOLE_PROGRAM, exactly: str | None = None) -> dict[str, Standing]:
    with house.sees(scope) as tx:
        return load_standings(tx, house.program, scope, house.today, exactly)


def test_nothing_has_happened_yet(house: House) -> None:
    found = standings(house)
    assert list(found) == list(house.program.locations)
    for each in found.values():
        assert (each.events, each.rewards, each.reversed, each.held, each.last_day) == (0, 0, 0, 0, None)
        assert each.p95 is None
        assert each.opened_share is None


def test_figures_are_those_of_an_independent_count(house: House) -> None:
    for ago in (0, 1, 1, 20, 27):
        house.happens("de-celle", "boat.rowed", ago=ago)
    back = house.happens("de-celle", "boat.rowed", ago=3)
    house.tells(back, "boat.returned", ago=2, said={"no": f"{back}-0"})
    # Before the four weeks, and elsewhere.
    house.happens("de-celle", "boat.rowed", ago=28)
    house.happens("fr-lyon", "oar.bought", said={"price": 7})
    house.happens("fr-lyon", "race.won", said={"class": "gold"})
    house.follow()
    first = house.today - timedelta(days=DAYS - 1)
    counted = house.rows(
        """
        select e.location, count(distinct e.id), count(r.id) filter (where r.unit = 'EUR'),
               coalesce(sum(r.value) filter (where r.unit = 'EUR'), 0)
        from events e left join rewards r on r.event_id = e.id
        where (e.happened_at at time zone 'Europe/Berlin')::date >= %(first)s and e.location is not null
        group by 1 order by 1
        """,
        first=first,
    )
    assert counted == [("de-celle", 7, 6, 12_000), ("fr-lyon", 2, 0, 0)]
    found = standings(house)
    for key, events, rewards, value in counted:
        given = found[key].given.get("EUR", Given())
        assert (found[key].events, given.rewards, given.value) == (events, rewards, value)
    celle, lyon = found["de-celle"], found["fr-lyon"]
    assert (celle.reversed, celle.last_day, celle.active_days) == (1, house.today, 6)
    assert lyon.given["PTS"] == Given(2, 107, 0)
    assert celle.whole.n == 0
    house.check()


def test_the_last_sign_of_life_may_lie_far_back(house: House) -> None:
    for ago in (150, 151, 152, 190):
        house.happens("de-emden", "boat.rowed", ago=ago)
    emden = standings(house)["de-emden"]
    assert emden.last_day == house.today - timedelta(days=150)
    assert (emden.events, emden.active_days) == (0, 3)


def test_what_we_tell_ourselves_is_no_sign_of_life(house: House) -> None:
    house.happens("de-emden", "boat.rowed", ago=120)
    # Ninety days later what was given ends, by an event of ours.
    house.now = house.real_now
    assert house.run_timers().expired == 1
    assert standings(house)["de-emden"].events == 0
    assert standings(house)["de-emden"].last_day == house.today - timedelta(days=120)


def test_somebody_of_one_location_sees_its_figures_alone(house: House) -> None:
    house.happens("de-bonn", "boat.rowed")
    house.happens("de-celle", "boat.rowed")
    found = standings(house, BONN)
    assert list(found) == ["de-bonn"]
    assert found["de-bonn"].events == 1
    # Row security says so too, whatever a page asks for.
    with house.sees(BONN) as tx:
        for table in ("location_days", "location_gifts"):
            rows = tx.execute(
                sql.SQL("select distinct location from {}").format(sql.Identifier(table))
            ).fetchall()
            assert rows == [("de-bonn",)], table


def test_budgets_run_out_as_the_budgets_page_says(house: House) -> None:
    for ago in (3, 2, 1):
        house.happens("de-ahrweiler", "boat.rowed", ago=ago, times=7)
    house.happens("de-bonn", "boat.rowed", ago=2, times=3)
    house.watch()
    found = standings(house)
    (ahrweiler,), (bonn,) = found["de-ahrweiler"].budgets, found["de-bonn"].budgets
    # 420 of 500 went in four days, counted from the first: 80 are left, 105 a day go.
    assert ahrweiler.line.left == 8_000
    assert ahrweiler.line.runs_out_in_days == 0
    assert ahrweiler.empty_since is None
    assert (bonn.line.left, bonn.empty_since) == (0, house.real_now)
    # Of the others nothing is read of the past, but of the one that is asked for.
    assert standings(house)["de-celle"].budgets[0].line.pace.days == 0
    house.happens("de-celle", "boat.rowed", ago=5)
    assert standings(house, exactly="de-celle")["de-celle"].budgets[0].line.pace.days == 6


@pytest.mark.parametrize(
    ("table", "column", "key"),
    [("location_days", "events", "figures.events"), ("location_gifts", "n", "figures.issued")],
)
def test_a_figure_beyond_what_happened_is_told(house: House, table: str, column: str, key: str) -> None:
    house.happens("de-bonn", "boat.rowed")
    with house.by_hand() as db:
        named = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
        db.execute(sql.SQL("update {table} set {column} = {column} + 1").format(**named))
    with house.web() as tx:
        assert [each.partition(":")[0] for each in check_invariants(tx)] == [key]


def test_two_programs_do_not_mix(house: House, database: str, secret: str) -> None:
    from tests.locations.house import open_shops  # noqa: PLC0415

    other = open_shops(database, secret, "other_boats")
    house.happens("de-bonn", "boat.rowed")
    assert standings(other)["de-bonn"].events == 0
    assert standings(house)["de-bonn"].events == 1


def test_days_are_those_of_the_program(house: House) -> None:
    house.happens("de-bonn", "boat.rowed", ago=1)
    rows = house.rows("select day, events, reversed from location_days")
    assert rows == [(house.today - timedelta(days=1), 1, 0)]
    assert isinstance(rows[0][0], date)


def test_what_was_decided_before_the_tables_were_there_is_counted_too(house: House) -> None:
    for ago in (1, 30, 100):
        house.happens("de-bonn", "boat.rowed", ago=ago)
    house.happens("fr-lyon", "oar.bought", said={"price": 9})
    house.happens("fr-lyon", "race.won", said={"class": "gold"})
    back = house.happens("de-celle", "boat.rowed", ago=3)
    house.tells(back, "boat.returned", ago=2, said={"no": f"{back}-0"})
    house.publish_again('"DE": "20.00 EUR"', '"DE": "40.00 EUR"')
    house.happens("de-fulda", "boat.rowed")
    text = (files("guerdon.store") / "schema" / "0062_location_figures.sql").read_text(encoding="utf-8")
    counting = [each for each in text.split(";\n") if each.lstrip().startswith("insert into")]
    assert len(counting) == 2
    with house.by_hand() as db:

        def counted() -> list[tuple[object, ...]]:
            days = db.execute("select * from location_days order by 1, 2, 3, 4").fetchall()
            return [
                *days,
                *db.execute("select * from location_gifts order by 1, 2, 3, 4, 5, 7, 8").fetchall(),
            ]

        before = counted()
        assert len(before) == 13
        db.execute("truncate location_days, location_gifts")
        for statement in counting:
            db.execute(statement.encode())
        assert counted() == before
