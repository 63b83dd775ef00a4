"""The very text that was live, replayed over its own history, comes to what it came to: nothing differs."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from tests.approvals import test_held as approvals
from tests.approvals.house import NOW as APPROVALS_NOW
from tests.approvals.house import House as ApprovalsHouse
from tests.approvals.test_granting import work
from tests.engine.harbor_house import HarborHouse, deed, later
from tests.engine.house import EV_MAKER, NOW, House, booked, drove
from tests.replay.test_replay import RICH, busy, spend_some
from tests.replay.trying import EARLIER, tried

from guerdon.engine.approvals.deadlines import expire_requests
from guerdon.engine.budgets import turn_periods
from guerdon.engine.library import Library
from guerdon.engine.publish import publish
from guerdon.engine.timers import Clockwork, run_timers
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import connect
from guerdon.worker import MAPPERS


@pytest.fixture
def harbor(database: str, secret: str) -> HarborHouse:
    """Give the harbor's house."""
    return HarborHouse(database, secret)


@pytest.fixture
def maker(database: str, secret: str) -> House:
    """Give the EV maker's house."""
    return House(database, secret)


GERMANY = "budget:by_market:DE"


def maker_program(top_up: str) -> Program:
    """Its program with little money: Germany pays five bookings, and some more once it is topped up."""
    text = EV_MAKER.read_text(encoding="utf-8")
    for old, new in (
        ("DE: 400000.00", "DE: 1000.00"),
        ("DE: 20000.00", "DE: 100.00"),
        ("DE: 80000.00", f"DE: {top_up}"),
    ):
        assert old in text
        text = text.replace(old, new)
    program = read_program(text, EV_MAKER.parent)
    assert isinstance(program, Program), program
    return program


def assert_nothing_differs(house: House, home: Path, since_days: int | None = None) -> None:
    since = EARLIER if since_days is None else NOW - timedelta(days=since_days)
    result, members = tried(house, home, house.program, since)
    assert result["otherwise"] == 0, result["samples"]
    assert members == result["members"] == []
    for each in result["units"]:
        assert each["live"] == each["draft"]
        assert each["liability"]["live"] == each["liability"]["draft"]
        assert each["difference_minor"] == 0
    for each in result["refusals"] + result["months"] + result["rules"]:
        assert each["live"] == each["draft"]
    for each in result["budgets"]:
        parts = ("paid_minor", "back_minor", "topped_up_minor")
        assert [each["live"][part] for part in parts] == [each["draft"][part] for part in parts]


def test_the_harbors_whole_life_comes_to_the_same(harbor: HarborHouse, tmp_path: Path) -> None:
    chance = random.Random(random.getrandbits(32))  # noqa: S311  the run's own seed
    members = [f"m{n}" for n in range(8)]
    harbor.open("harbor", RICH)
    harbor.join(*members)
    for _ in range(4):
        walks = [deed(chance.choice(members), "walk.done", -1)] * 3
        harbor.call([*busy(chance, members, 100), *walks], 50)
        harbor.work(at_most=chance.choice((7, 31, 100)))
        spend_some(harbor, chance)
        later(harbor, minutes=5)
    assert {"earned", "refused", "reversed", "waiting", "held"} <= set(harbor.outcomes())
    assert_nothing_differs(harbor, tmp_path)
    # Also from the middle on, where what came before is taken over as it was.
    result, _ = tried(harbor, tmp_path, harbor.program, NOW + timedelta(minutes=7))
    assert 0 < result["events"] < harbor.count("select count(*) from events where source <> 'guerdon'")
    assert result["otherwise"] == 0, result["samples"]


def test_the_ev_makers_limits_and_budgets_come_to_the_same(maker: House, tmp_path: Path) -> None:
    maker.program = maker_program("3000.00")
    with connect(maker.url, maker.secret, "owner") as db:
        maker.program_id = publish(db, maker.program, "test", NOW).program_id
    maker.enroll(range(1, 40))
    maker.tell([booked(n) for n in range(1, 40)] + [drove(n % 5 + 1) for n in range(20)])
    with maker.worker() as worker:
        worker.work(7)
    assert maker.count("select count(*) from events where outcome = 'refused'")
    assert maker.count("select count(*) from top_ups") == 1
    assert_nothing_differs(maker, tmp_path)
    # And had the top-up been a third, ten bookings would have come to nothing.
    result, members = tried(maker, tmp_path, maker_program("1000.00"))
    (unit,) = result["units"]
    assert unit["live"]["wanted_minor"] == unit["draft"]["wanted_minor"]
    assert unit["difference_minor"] == sum(each.draft - each.live for each in members) == -200_000
    assert unit["liability"]["draft"] - unit["liability"]["live"] == -200_000
    assert {each.draft - each.live for each in members} <= {-20_000, -17_500, 2_500}
    (use,) = [each for each in result["budgets"] if (each["month"], each["account"]) == ("2026-11", GERMANY)]
    assert (use["live"]["topped_up_minor"], use["draft"]["topped_up_minor"]) == (300_000, 100_000)
    assert use["draft"]["paid_minor"] == 200_000
    assert result["members"][0]["lost_minor"] - result["members"][0]["gained_minor"] == 200_000
    (moved,) = result["moved"]["markets"]
    assert (moved["market"], moved["lost"]) == ("DE", result["members"][0]["lost"])
    assert {row["draft_reason"] for row in result["samples"]} == {"budget:by_market"}


def test_what_people_agreed_to_and_what_nobody_signed_comes_to_the_same(
    database: str, secret: str, tmp_path: Path
) -> None:
    house = ApprovalsHouse(database, secret)
    house.open()
    approvals.order(house, 1, APPROVALS_NOW)
    approvals.order(house, 2, APPROVALS_NOW)
    request, _ = approvals.held(house)
    assert house.say("kim", request) == "approved"
    work(house)
    approvals.order(house, 3, APPROVALS_NOW)
    assert house.rows("select count(*) from holds where state = 'open'") == [(1,)]
    with connect(house.url, house.secret, "worker") as db:
        assert expire_requests(db, APPROVALS_NOW + timedelta(days=14)) == 1
    approvals.order(house, 4, APPROVALS_NOW + timedelta(days=15))
    assert_nothing_differs(house, tmp_path)  # type: ignore[arg-type]
    result, _ = tried(house, tmp_path, house.program)  # type: ignore[arg-type]
    assert result["approved"] == 1
    (unit,) = [each for each in result["units"] if each["unit"] == "EUR"]
    assert unit["draft"]["held_minor"] >= 40_000
    assert unit["draft"]["granted_minor"] >= 40_000


def test_budgets_whose_periods_turn_come_to_the_same(harbor: HarborHouse, tmp_path: Path) -> None:
    text = "main: { per: market, unit: EUR, amounts: { DE: 1000.00, NO: 100.00 } }"
    monthly = text.replace("unit: EUR,", "unit: EUR, period: month,")
    harbor.open("harbor", (text, monthly), ("DE: 1000.00", "DE: 450.00"))
    harbor.join("ann", "bob", "cy")
    for month in range(4):
        placed = [
            deed(who, "order.placed", 24 * 31 * month, order_no=f"{who}{month}")
            for who in ("ann", "bob", "cy")
        ]
        harbor.tell_and_work(*placed)
        later(harbor, days=31)
        with connect(harbor.url, harbor.secret, "worker") as db:
            assert turn_periods(db, Library(harbor.vault, MAPPERS), harbor.now)
    # Two of three each month.
    assert harbor.count("select count(*) from rewards where unit = 'EUR'") == 8
    assert_nothing_differs(harbor, tmp_path)
    (unit,) = [each for each in tried(harbor, tmp_path, harbor.program)[0]["units"] if each["unit"] == "EUR"]
    assert unit["draft"]["wanted_minor"] == 12 * 20_000


def test_what_is_redeemed_ends_or_matures_and_is_taken_back_then_comes_to_the_same(
    harbor: HarborHouse, tmp_path: Path
) -> None:
    harbor.open("harbor", RICH)
    harbor.join("ann", "bob")
    for who in ("ann", "bob"):
        harbor.tell_and_work(
            deed(who, "order.placed", -2, order_no=who, amount=5_000),
            deed(who, "gift.given", -2, contract=who),
            deed(who, "walk.done", -2),
            deed(who, "visit.done", -2),
        )
    harbor.redeem("ann", "order")
    later(harbor, days=15)
    timers(harbor)
    # An unused code is void, spent points are a debt, what was pending is there by now.
    harbor.spend("ann", "PTS", 200)
    harbor.tell_and_work(
        deed("ann", "order.returned", 24 * 15, order_no="ann", refunded=1, total=1),
        deed("ann", "walk.undone", 24 * 15),
    )
    later(harbor, days=30)
    timers(harbor)
    assert harbor.count("select count(*) from events where type = 'value.expired'") == 2
    # The gift ended, so nothing of it can be taken; new points pay the debt, as far as the cap of CAP allows.
    harbor.tell_and_work(
        deed("bob", "gift.undone", 24 * 45, contract="bob"),
        deed("ann", "order.placed", 24 * 45, order_no="more", amount=9_000),
        *[deed("bob", "visit.done", 24 * 45 + hour) for hour in (-1, 0)],
    )
    assert {"reversed", "redeemed", "matured", "expired"} <= {
        str(outcome) for (outcome,) in harbor.rows("select outcome from events")
    }
    assert_nothing_differs(harbor, tmp_path)
    result, _ = tried(harbor, tmp_path, harbor.program, NOW + timedelta(days=20))
    assert result["otherwise"] == 0, result["samples"]


def timers(house: HarborHouse) -> None:
    """What time alone does, by now."""
    with connect(house.url, house.secret, "worker") as db:
        run_timers(db, Clockwork(house.program_id, house.program, house.now))
