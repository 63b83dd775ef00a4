"""What is taken over and counted: by hand, against plain Python, in any order of telling, and never twice."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.deliveries.house import DAY, NOW, ClockHouse, after

from guerdon.access.grants import Scope
from guerdon.queries.controls.figures import COUNTED, FOLLOWED
from guerdon.queries.deliveries.figures import BY, Asked, Figure, Measure, load_figures
from guerdon.queries.deliveries.places import load_slowest
from guerdon.queries.deliveries.totals import load_totals
from guerdon.queries.deliveries.underway import Part, Underway
from guerdon.store.database import connect, transaction
from guerdon.values.ids import show
from guerdon.values.waits import class_of

WEEK = date(2026, 5, 4)
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def figures(house: ClockHouse, measure: Measure, part: Part | None = None) -> dict[str, dict[str, Figure]]:
    asked = Asked(measure, WEEK - timedelta(days=70), WEEK + timedelta(days=70), part or Part())
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        found = load_figures(tx, asked)
        found["location"] = dict(load_slowest(tx, asked, list(found.get("rule", ())), (), NOW, 50).found)
        return {str(key): dict(figures) for key, figures in found.items()}


def lengths(figure: Figure) -> dict[int, int]:
    return dict(sorted(figure.waits.done.items()))


def classes(*seconds: float) -> dict[int, int]:
    found: dict[int, int] = {}
    for each in seconds:
        of_class = class_of(int(each * 1000))
        found[of_class] = found.get(of_class, 0) + 1
    return dict(sorted(found.items()))


def breached(house: ClockHouse) -> set[str]:
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        return {
            str(row[0])
            for control in (FOLLOWED, COUNTED)
            for row in tx.execute(control.asked_of(tx)).fetchall()
        }


def test_our_part_is_giving_and_handing_over_and_not_the_members_own_time(house: ClockHouse) -> None:
    first = house.reward(4)
    house.order(first, after(86_400), 20)
    house.reward(2, location="de-ulm")
    house.follow()
    assert lengths(figures(house, "given")["all"][""]) == classes(2, 4)
    assert lengths(figures(house, "choosing")["all"][""]) == classes(86_396)
    assert lengths(figures(house, "handed")["all"][""]) == classes(20)
    whole = figures(house, "whole")
    assert lengths(whole["all"][""]) == classes(24)
    assert lengths(whole["supplier"]["fast"]) == classes(24)
    assert set(figures(house, "given")["location"]) == {"de-kiel", "de-ulm"}
    assert whole["all"][""].kept == [1, 0, 0]


def test_points_are_there_when_they_are_given_and_count_from_choosing_then(house: ClockHouse) -> None:
    points = house.reward(4, unit="PTS")
    house.order(points, after(600), 3)
    house.follow()
    assert lengths(figures(house, "whole")["all"][""]) == classes(3, 4)
    assert figures(house, "choosing")["all"][""].waits.n == 0


def test_nothing_is_negative_and_what_came_late_counts_from_when_it_came(house: ClockHouse) -> None:
    house.reward(5, happened=DAY - timedelta(days=2))
    house.reward(-3, happened=DAY + timedelta(hours=1), location="ahead")
    house.follow()
    assert lengths(figures(house, "given")["all"][""]) == classes(0, 5)
    assert lengths(figures(house, "arrival")["all"][""]) == classes(0, 172_800)


def test_canceled_ones_last_no_longer_and_failed_ones_never_came(house: ClockHouse) -> None:
    house.order(house.reward(1), after(100), 50, state="canceled")
    house.order(house.reward(1), after(100), 50, state="failed", supplier="slow")
    house.order(house.reward(1), after(100), 10)
    house.follow()
    handed = figures(house, "handed")["all"][""].waits
    assert (handed.n, handed.came, sum(handed.lasting.values())) == (3, 1, 1)
    whole = figures(house, "whole")
    assert whole["all"][""].kept == [1, 0, 1]
    assert whole["supplier"]["slow"].waits.within(50) is None


def test_an_open_order_is_counted_when_it_comes_and_once(house: ClockHouse) -> None:
    reward = house.reward(1)
    order = house.order(reward, after(100), None, state="reserved")
    assert house.follow() == 2
    assert figures(house, "whole")["all"][""].waits.n == 0
    house.settle(order, after(400))
    for _ in range(3):
        house.follow()
    assert lengths(figures(house, "whole")["all"][""]) == classes(301)


def test_what_was_agreed_to_counts_from_the_event_on(house: ClockHouse) -> None:
    house.number += 1
    asked = house.reward(0, rule="gift")
    granted = house.reward(0, received=after(3600))
    with house.owner() as db:
        db.execute("delete from rewards where id = %s", (asked,))
        db.execute("alter table events disable trigger user")
        db.execute(
            "update events set type = 'approval.granted', data = %s where id = %s",
            (f'{{"approval": {{"event": "{show("evt", asked)}", "request": "apr_x"}}}}', granted),
        )
        db.execute("alter table events enable trigger user")
    house.follow()
    assert lengths(figures(house, "given")["all"][""]) == classes(3600)
    assert figures(house, "given")["all"][""].kept == [0, 1, 0]


def test_a_part_is_what_all_of_it_says_of_it(house: ClockHouse) -> None:
    for n in range(12):
        place = ("de-kiel", "de-ulm")[n % 2]
        house.order(house.reward(n, location=place), after(100), 10 * n, supplier=("fast", "slow")[n % 3 > 0])
    house.follow()
    whole = figures(house, "whole")
    for dimension in BY:
        for key, figure in whole[dimension].items():
            (same,) = figures(house, "whole", Part(**{dimension: key}))[dimension].values()
            assert same == figure, (dimension, key)
    assert sum(each.waits.n for each in whole["week"].values()) == 12


def test_opened_and_used_count_when_they_are_told_and_against_no_promise(house: ClockHouse) -> None:
    orders = [house.order(house.reward(1), after(100), 10) for _ in range(3)]
    house.follow()
    assert figures(house, "opened")["all"][""].waits.n == 0
    with house.owner() as db:
        for n, order in enumerate(orders[:2]):
            seen = after(110 + 60 * (n + 1))
            db.execute("update fulfillments set opened_at = %s where order_id = %s", (seen, order))
        db.execute(
            "insert into codes (program_id, item, unit, value, code_index, code, state, order_id,"
            " issued_at, used_at) values (%s, 'mug', 'EUR', 100, 'x', 'x', 'redeemed', %s, %s, %s)",
            (house.program_id, orders[0], after(110), after(110 + 7200)),
        )
        db.execute("update delivery_progress set orders_to = %s", (after(200),))
    for _ in range(2):
        house.follow()
    opened, used = figures(house, "opened"), figures(house, "used")
    assert lengths(opened["all"][""]) == classes(60, 120)
    assert lengths(opened["supplier"]["fast"]) == lengths(opened["rule"]["gift"]) == classes(60, 120)
    assert lengths(used["location"]["de-kiel"]) == lengths(used["market"]["DE"]) == classes(7200)
    assert opened["all"][""].promised == used["all"][""].promised == 0
    assert lengths(figures(house, "whole")["all"][""]) == classes(11, 11, 11)
    assert breached(house) == set()


def test_the_slowest_places_are_those_that_plain_python_finds(house: ClockHouse) -> None:
    for n in range(40):
        states = ("fulfilled", "fulfilled", "failed", "canceled")
        reward = house.reward(1, location=f"place-{n % 9}", rule=("gift", "order")[n % 2])
        house.order(reward, after(60), (n * 37) % 101 * 60, state=states[n % 4])
    house.follow()
    lasting = [
        Underway(
            1, n, 1, "gift", "DE", f"place-{n}", "fast", NOW - timedelta(hours=n), timedelta(), None, None
        )
        for n in (3, 8, 30)
    ]
    for part in (Part(), Part(rule="order"), Part(market="DE", supplier="fast")):
        asked = Asked("whole", WEEK, WEEK, part)
        with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
            rules = list(load_figures(tx, asked)["rule"])
            every = load_slowest(tx, asked, rules, lasting, NOW, 50)
            first = load_slowest(tx, asked, rules, lasting, NOW, 3)
        assert (first.total, every.total, len(every.found)) == (10, 10, 10)
        slowness = {
            key: one.waits.within(95) or one.waits.at_least() or 0 for key, one in every.found.items()
        }
        meant = sorted(slowness, key=lambda key: (-slowness[key], key))
        assert (list(every.found), list(first.found)) == (meant, meant[:3])


@pytest.mark.parametrize(
    ("scope", "n"),
    [
        (Scope(markets=("DE",)), 6),
        (Scope(locations=("de-kiel", "no-oslo")), 7),
        (Scope(markets=("NO",), locations=("de-kiel", "no-oslo")), 9),
    ],
)
def test_each_scope_counts_what_it_sees_and_nothing_twice(house: ClockHouse, scope: Scope, n: int) -> None:
    for market, location, many in (
        ("DE", "de-kiel", 4),
        ("DE", "de-ulm", 2),
        ("NO", "no-oslo", 3),
        ("NO", "", 2),
    ):
        for _ in range(many):
            house.order(house.reward(1, market=market, location=location or None), after(60), 5)
    house.follow()
    found = []
    for part in (Part(), Part(rule="gift")):
        asked = Asked("whole", WEEK, WEEK, part, scope)
        with (
            connect(house.url, house.secret, "web") as db,
            transaction(db, house.program_id, scope=scope) as tx,
        ):
            seen = load_figures(tx, asked)
            found.append(seen["all"][""].waits.n)
            assert load_totals(tx, WEEK, WEEK, scope)["whole"].n == found[0]
            places = load_slowest(tx, asked, list(seen["rule"]), (), NOW, 9).found
            assert sum(one.waits.n for one in places.values()) == found[0] - (
                2 if "NO" in scope.markets else 0
            )
    assert found == [n, n]


@FEW
@given(
    st.lists(
        st.tuples(
            st.floats(0, 10**6, allow_nan=False),
            st.floats(0, 10**6, allow_nan=False),
            st.sampled_from(["de-kiel", "de-ulm", "de-bonn"]),
            st.sampled_from(["fast", "slow"]),
            st.integers(0, 30),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 3),
)
def test_counts_are_what_plain_python_counts(
    house: ClockHouse, told: list[tuple[float, float, str, str, int]], turns: int
) -> None:
    with house.owner() as db:
        db.execute("truncate delivery_marks, delivery_counts, delivery_places, delivery_progress")
        db.execute("truncate fulfillments, orders")
        db.execute("delete from rewards")
    meant: dict[tuple[str, str, date], list[int]] = {}
    moments = [NOW + timedelta(days=30)]
    for given_s, handed_s, place, supplier, day in told:
        given_ms, handed_ms = int(given_s * 1000), int(handed_s * 1000)
        received = DAY - timedelta(days=60 - day)
        reward = house.reward(given_ms / 1000, received=received, location=place)
        chosen = received + timedelta(seconds=given_ms / 1000 + 60)
        house.order(reward, chosen, handed_ms / 1000, supplier=supplier)
        moments.append(chosen + timedelta(seconds=handed_s / 2))
        began = (chosen + timedelta(hours=2)).date()
        week = began - timedelta(days=began.weekday())
        for told_of in (("location", place, week), ("supplier", supplier, week)):
            meant.setdefault(told_of, []).append(given_ms + handed_ms)
    # As time goes by: what was decided and settled later is not there yet.
    for house.now in sorted(moments)[-turns:]:
        house.follow()
    whole = figures(house, "whole")
    for kind in ("location", "supplier"):
        for name, figure in whole[kind].items():
            all_of = [ms for of, many in meant.items() if of[:2] == (kind, name) for ms in many]
            rank = -(-95 * len(all_of) // 100)
            found = figure.waits.within(95)
            right = max(sorted(all_of)[rank - 1], 1)
            assert figure.waits.n == len(all_of)
            assert found is not None
            assert abs(found - right) <= 0.05 * right + 2
    # What is added up is what the marks say, by each way of adding up.
    assert breached(house) == set()
    for part in (Part(rule="gift"), Part(market="DE"), Part(supplier="fast"), Part(location="de-ulm")):
        some = figures(house, "whole", part)
        (dimension,) = (name for name in BY if getattr(part, name) is not None)
        key = getattr(part, dimension)
        meant_of = whole.get(dimension, {}).get(key, Figure()).waits
        assert some["all"][""].waits == meant_of


def test_the_controls_find_nothing_and_find_what_is_missing(house: ClockHouse) -> None:
    for n in range(6):
        states = ("fulfilled", "failed", "canceled")
        house.order(house.reward(n, unit=("EUR", "PTS")[n % 2]), after(60), 7 * n, state=states[n % 3])
    house.follow()

    assert breached(house) == set()
    with house.owner() as db:
        db.execute("delete from delivery_marks where kind = 'reward' and id = 1")
    assert breached(house) == {"deliveries.followed", "deliveries.counted"}


def test_the_control_finds_what_is_added_up_over_locations_wrongly(house: ClockHouse) -> None:
    house.order(house.reward(1), after(60), 7)
    house.follow()
    with house.owner() as db:
        db.execute("update delivery_counts set n = n + 1 where location = '+' and measure = 'whole'")
    assert breached(house) == {"deliveries.counted"}
