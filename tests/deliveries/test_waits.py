"""Shares of waits: known by hand, and against plain Python over the lengths themselves."""

import math

from hypothesis import given
from hypothesis import strategies as st

from guerdon.values.waits import DIGITS, ERROR, NEVER, Waits, class_of, classes_in, middle_of, together

LENGTHS = st.integers(min_value=1, max_value=400 * 86_400_000)


def waits(done: list[int], lasting: list[int] | None = None) -> Waits:
    made = Waits()
    for length in done:
        made.add(class_of(length), 1, done=True)
    for length in lasting or []:
        made.add(class_of(length), 1, done=False)
    return made


def near(found: int | None, meant: int) -> bool:
    # A millisecond more, for what is shown is whole milliseconds.
    return found is not None and abs(found - meant) <= ERROR * meant + 1


@given(LENGTHS)
def test_the_middle_of_a_class_is_near_to_what_lies_in_it(length: int) -> None:
    assert near(middle_of(class_of(length)), length)


@given(st.dictionaries(st.integers(0, 300), st.integers(1, 10**DIGITS - 1)))
def test_one_number_has_the_counts_of_all_classes(counts: dict[int, int]) -> None:
    number = sum(n * 10 ** (DIGITS * of_class) for of_class, n in counts.items())
    assert classes_in(str(number)) == counts


@given(st.lists(LENGTHS, min_size=1, max_size=60), st.sampled_from([50, 95, 99]))
def test_with_nothing_open_it_is_the_nearest_rank(lengths: list[int], percent: int) -> None:
    rank = -(-percent * len(lengths) // 100)
    assert near(waits(lengths).within(percent), sorted(lengths)[rank - 1])


@given(st.lists(st.tuples(LENGTHS, st.booleans()), min_size=1, max_size=40), st.sampled_from([50, 95]))
def test_what_lasts_is_weighed_as_kaplan_and_meier_do(seen: list[tuple[int, bool]], percent: int) -> None:
    rounded = [(middle_of(class_of(length)), done) for length, done in seen]
    left, meant = 1.0, None
    for at in sorted({length for length, done in rounded if done}):
        there = sum(length >= at for length, _ in rounded)
        ended = sum(length == at and done for length, done in rounded)
        left *= 1 - ended / there
        if left <= 1 - percent / 100 + 1e-9:
            meant = at
            break
    made = waits([n for n, done in seen if done], [n for n, done in seen if not done])
    assert made.within(percent) == meant


def test_by_hand() -> None:
    # Ten: 1 to 6 s came, four still last for 3 s. Left after 1, 2, 3 s: 9/10, 8/10, 7/10. Then the four are
    # out of sight, and three are left: after 4 s 7/10 * 2/3 = 14/30, so half were there within 4 s.
    found = waits([1000, 2000, 3000, 4000, 5000, 6000], [3000] * 4)
    assert near(found.within(50), 4000)
    assert near(waits([1000, 2000, 3000, 4000, 5000, 6000]).within(50), 3000)
    assert near(found.within(99), 6000)
    assert near(waits([1000, 2000], [3000, 3000]).within(50), 2000)
    assert waits([1000], [3000, 3000]).within(50) is None
    assert near(waits([1000], [3000, 3000]).at_least(), 3000)
    assert waits([]).within(50) is None
    assert math.isclose(together([found, found]).n, 20)


def test_what_never_came_is_longer_than_anything() -> None:
    made = waits([1000, 1000])
    made.add(NEVER, 1, done=True)
    assert near(made.within(50), 1000)
    assert made.within(99) is None
    assert (made.n, made.came) == (3, 2)
