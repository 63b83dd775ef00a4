"""Ids: their outside form, and that what follows from an event has the same id each time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.values.ids import ID_MAX, derived_id, read, show

numbers = st.integers(0, ID_MAX)


@given(numbers)
def test_an_id_shown_is_read_again(number: int) -> None:
    assert read("mem", show("mem", number)) == number


@given(numbers, numbers)
def test_ids_sort_as_their_numbers_do(one: int, other: int) -> None:
    assert (one < other) == (show("evt", one) < show("evt", other))


def test_an_id_has_its_prefix_and_thirteen_digits() -> None:
    assert show("mem", 12) == "mem_000000000000C"
    assert show("mem", ID_MAX) == "mem_7ZZZZZZZZZZZZ"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mem_",
        "mem_C",
        "000000000000C",
        "evt_000000000000C",
        "mem_000000000000U",
        "mem_00000000000-C",
        "mem_0000000000000C",
        "mem_8000000000000",
        "mem_ZZZZZZZZZZZZZ",
        "mem_00000000000\u0660C",
    ],
)
def test_what_is_no_id_of_this_kind_is_none(text: str) -> None:
    assert read("mem", text) is None


def test_letters_that_people_mistake_are_read_as_digits() -> None:
    assert read("mem", "mem_oooooooooiLlc") == read("mem", "mem_000000000111C")


@given(st.text(max_size=30))
def test_any_text_is_an_id_or_none(text: str) -> None:
    assert read("mem", text) is None or text.startswith("mem_")


@given(numbers, st.lists(st.text(max_size=8), max_size=4))
def test_the_same_event_and_parts_give_the_same_id(event_id: int, parts: list[str]) -> None:
    first = derived_id(event_id, *parts)
    assert first == derived_id(event_id, *parts)
    assert 0 <= first <= ID_MAX


def test_parts_that_only_read_alike_stay_apart() -> None:
    ways = [("a", "bc"), ("ab", "c"), ("abc",), ("a", "b", "c"), ("1:a",), ("a", ""), ("", "a"), ()]
    assert len({derived_id(7, *parts) for parts in ways}) == len(ways)
    assert derived_id(7, "reward") != derived_id(8, "reward")


def test_a_derived_id_never_changes_between_versions() -> None:
    # Rows written by older versions are found again by these ids.
    assert derived_id(1, "reward", "booking") == 8_969_331_088_846_866_137
