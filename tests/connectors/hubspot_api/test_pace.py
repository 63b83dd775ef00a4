"""Counting HubSpot's limits: never more than a window holds, whoever else uses it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from guerdon.connectors.hubspot.api.pace import MARGIN_S, OAUTH_APP, PRIVATE_APP, Limits, Pace

NAMES = ("X-HubSpot-RateLimit-Max", "X-HubSpot-RateLimit-Remaining", "X-HubSpot-RateLimit-Daily-Remaining")


def headers(most: object = None, left: object = None, day: object = None) -> dict[str, str]:
    pairs = zip(NAMES, (most, left, day), strict=True)
    return {name.lower(): str(value) for name, value in pairs if value is not None}


def takes(pace: Pace, now: float, *, search: bool = False) -> int:
    """How many may go out at one moment."""
    return next(n for n in range(1000) if pace.take(now, search=search) > 0)


def test_the_documented_limits_hold_before_anything_is_told() -> None:
    assert takes(Pace(PRIVATE_APP), 50.0) == 190
    assert takes(Pace(OAUTH_APP), 50.0) == 110
    pace = Pace(PRIVATE_APP)
    assert takes(pace, 50.0, search=True) == 5
    assert takes(pace, 50.0) == 185


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(st.floats(0, 3), max_size=60), search=st.booleans())
def test_no_window_ever_holds_more_and_who_waits_as_told_may_go(steps: list[float], *, search: bool) -> None:
    pace, now, sent = Pace(Limits(6, 4.0, 2, 1.0)), 0.0, []
    for step in steps:
        now += step
        wait = pace.take(now, search=search)
        if wait > 0:
            assert pace.take(now + wait / 2, search=search) > 0
            now += wait + 1e-6
            assert pace.take(now, search=search) == 0
        sent.append(now)
    most, window = (2, 1.0) if search else (6, 4.0)
    assert all(len([s for s in sent if at <= s < at + window]) <= most for at in sent)


def test_what_others_sent_counts_too() -> None:
    pace = Pace(PRIVATE_APP)
    assert pace.take(10.0) == 0
    pace.learn(10.1, headers(190, 40))
    assert takes(pace, 10.2) == 40
    # That an answer is late and speaks of more room changes nothing.
    pace.learn(10.3, headers(190, 150))
    assert takes(pace, 10.3) == 0
    assert takes(pace, 20.2 + MARGIN_S) > 40


def test_another_limit_is_learned() -> None:
    pace = Pace(PRIVATE_APP)
    pace.learn(0.0, headers(100, 100) | {"x-hubspot-ratelimit-interval-milliseconds": "1000"})
    assert takes(pace, 0.0) == 100
    assert 1.0 < pace.take(0.0) <= 1.0 + MARGIN_S


def test_a_smaller_limit_is_waited_for_until_so_few_are_left() -> None:
    pace = Pace(PRIVATE_APP)
    for second in range(9):
        assert pace.take(float(second)) == 0
    pace.learn(8.0, headers(most=3))
    # Of what went out in seconds 0 to 8, only the last two may still count.
    assert pace.take(8.0) == 6 + 10 + MARGIN_S - 8


def test_nonsense_is_not_learned() -> None:
    pace = Pace(PRIVATE_APP)
    for most, left in (("x", "y"), (-1, -2), (0, "٣"), (10**9, 10**15), ("", "")):
        pace.learn(0.0, headers(most, left) | {"x-hubspot-ratelimit-interval-milliseconds": "0"})
    assert takes(pace, 0.0) == 190


def test_a_day_that_is_used_up_is_looked_at_once_in_a_while() -> None:
    pace = Pace(PRIVATE_APP)
    pace.learn(0.0, headers(day=2))
    assert takes(pace, 0.0) == 2
    assert pace.take(0.0) == 900
    assert takes(pace, 900.0) == 1
    pace.learn(900.5, headers(day=650_000))
    assert pace.take(900.6) == 0


def test_a_hold_of_search_is_for_search_alone() -> None:
    pace = Pace(PRIVATE_APP)
    pace.hold(0.0, 5.0, search=True)
    assert pace.take(0.0, search=True) == 5
    assert pace.take(0.0) == 0
    pace.hold(0.0, 7.0)
    assert pace.take(1.0) == 6
