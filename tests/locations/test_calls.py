"""Who needs a call and why: each reason at its bound, and the most urgent first."""

from datetime import UTC, date, datetime, timedelta

import pytest

from guerdon.program.model import Location
from guerdon.queries.budgets import BudgetLine, Pace, Sums
from guerdon.queries.locations.budgets import PlaceBudget
from guerdon.queries.locations.calls import Call, find_calls
from guerdon.queries.locations.figures import Given, Standing

TODAY = date(2026, 5, 4)
SINCE = datetime(2026, 5, 1, 9, tzinfo=UTC)


def shop(key: str, market: str = "DE", *, rewards: int = 100, **said: object) -> Standing:
    standing = Standing(Location(key, key.title(), market))
    standing.given = {"EUR": Given(rewards, rewards * 100, 0)}
    standing.last_day, standing.active_days = TODAY, 28
    for name, value in said.items():
        setattr(standing, name, value)
    return standing


NO_PACE = Pace(0, 0)


def budget(left: int, pace: Pace = NO_PACE, since: datetime | None = None) -> PlaceBudget:
    sums = Sums(limit=1_000, posted=left)
    line = BudgetLine(
        account="budget:shops:a",
        budget="shops",
        place="a",
        market="DE",
        location="a",
        unit="EUR",
        parent=None,
        depth=0,
        children=0,
        cycle="none",
        period=TODAY,
        sums=sums,
        own=sums,
        pace=pace,
        today=TODAY,
        refill=None,
    )
    return PlaceBudget(line, since)


def calls_of(*shops: Standing, differing: dict[str, int] | None = None) -> dict[str, list[Call]]:
    return find_calls({each.key: each for each in shops}, differing or {}, TODAY)


def kinds_of(*shops: Standing) -> list[str]:
    return [call.kind for call in calls_of(*shops).get("a", [])]


def test_nobody_is_called_without_a_reason() -> None:
    assert calls_of(shop("a"), shop("b")) == {}
    assert calls_of(Standing(Location("a", "A", "DE"))) == {}


@pytest.mark.parametrize(
    ("left", "pace", "said"),
    [
        (0, Pace(0, 0), "empty"),
        (1, Pace(0, 0), ""),
        (150, Pace(100, 10), ""),
        (149, Pace(100, 10), "runs_out"),
        (140, Pace(100, 10), "runs_out"),
        # Two days tell no pace.
        (10, Pace(100, 2), ""),
    ],
)
def test_a_budget_that_is_empty_or_runs_out(left: int, pace: Pace, said: str) -> None:
    assert kinds_of(shop("a", budgets=(budget(left, pace),))) == ([said] if said else [])


def test_an_empty_budget_says_since_when() -> None:
    (call,) = calls_of(shop("a", budgets=(budget(0, since=SINCE),)))["a"]
    assert call.since == SINCE


@pytest.mark.parametrize(
    ("ago", "active", "usually"),
    [(4, 28, 1), (3, 28, 0), (12, 7, 4), (11, 7, 0), (90, 2, 0), (26, 3, 0), (27, 3, 9)],
)
def test_silent_is_who_usually_would_have_sent(ago: int, active: int, usually: int) -> None:
    said = calls_of(shop("a", last_day=TODAY - timedelta(days=ago), active_days=active)).get("a", [])
    assert [(call.kind, call.days, call.usually) for call in said] == (
        [("silent", ago, usually)] if usually else []
    )


@pytest.mark.parametrize(
    ("kept", "slow"), [([94, 0, 6], True), ([95, 0, 5], False), ([0, 0, 9], False), ([9, 0, 1], True)]
)
def test_slow_is_who_breaks_more_than_one_promise_in_twenty(kept: list[int], *, slow: bool) -> None:
    assert (kinds_of(shop("a", kept=kept)) == ["slow"]) is slow


@pytest.mark.parametrize("figure", ["refused", "reversed", "held"])
def test_odd_is_who_has_three_times_as_much_as_its_peers(figure: str) -> None:
    def with_so_many(key: str, n: int, rewards: int = 100) -> Standing:
        each = shop(key, rewards=rewards)
        setattr(each, figure, n)
        return each

    peers = [with_so_many(key, 5) for key in "bcde"]
    assert kinds_of(with_so_many("a", 40), *peers) == [figure]
    assert kinds_of(with_so_many("a", 12), *peers) == []
    # Three others are too few to say what is usual, and so is a handful of rewards.
    assert kinds_of(with_so_many("a", 40), *peers[:3]) == []
    assert kinds_of(with_so_many("a", 6, rewards=6), *peers) == []


def test_peers_are_those_of_the_market_where_it_has_enough() -> None:
    abroad = [shop(f"f{n}", "FR", refused=60) for n in range(5)]
    at_home = [shop(f"d{n}", refused=2) for n in range(4)]
    a = shop("a", refused=20)
    assert kinds_of(a, *at_home, *abroad) == ["refused"]
    # In a market of its own everybody is compared with.
    assert kinds_of(shop("a", "NO", refused=20), *at_home, *abroad) == []


def test_the_most_urgent_stand_first() -> None:
    found = calls_of(
        shop("a", budgets=(budget(0),), last_day=TODAY - timedelta(days=9), kept=[5, 0, 5]),
        shop("b", budgets=(budget(60, Pace(100, 10)),)),
        shop("c", budgets=(budget(20, Pace(100, 10)),)),
        differing={"a": 3},
    )
    assert [call.kind for call in found["a"]] == ["empty", "silent", "slow", "differs"]
    assert sorted(found, key=lambda key: found[key][0].urgency) == ["a", "c", "b"]
