"""What holds after each saying, told one after the other: the same as the control finds by SQL of its own."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from guerdon.rules.conscience.nouns import Held, Standing
from guerdon.rules.conscience.standing import STRICTNESS, Saying, stands_after, stricter

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
SAYINGS = st.lists(
    st.tuples(st.sampled_from(STRICTNESS), st.integers(0, 5), st.booleans()), min_size=1, max_size=8
)


def told(rows: list[tuple[Standing, int, bool]]) -> list[Held]:
    held: Held | None = None
    all_held = []
    for number, (what, hours, joined) in enumerate(rows):
        held = stands_after(held, Saying(number, what, AT + timedelta(hours=hours), joined))
        all_held.append(held)
    return all_held


@given(SAYINGS)
def test_a_withdrawal_holds_until_somebody_agrees_later(rows: list[tuple[Standing, int, bool]]) -> None:
    all_held = told(rows)
    for (before, now), (what, hours, joined) in zip(pairwise(all_held), rows[1:], strict=True):
        if what == "withdrawn":
            assert now.state == "withdrawn"
        elif before.state == "withdrawn" and not joined and what != "confirmed":
            assert (now.state == what) == (AT + timedelta(hours=hours) >= before.since)


@given(SAYINGS)
def test_what_was_confirmed_stays_until_it_is_withdrawn(rows: list[tuple[Standing, int, bool]]) -> None:
    all_held = told(rows)
    for (before, now), (what, _, joined) in zip(pairwise(all_held), rows[1:], strict=True):
        if before.state == "confirmed" and what in {"given", "asked"} and not joined:
            assert now == before


def test_the_stricter_of_two_holds() -> None:
    held = {state: Held(number, state, AT) for number, state in enumerate(STRICTNESS)}
    for one in STRICTNESS:
        for other in STRICTNESS:
            wins = min(one, other, key=STRICTNESS.index)
            assert stricter(held[one], held[other]) == held[wins]
    twin = Held(9, "given", AT)
    assert stricter(held["given"], twin) is held["given"]
