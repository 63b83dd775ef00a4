"""What our own functions mean: windows, holdings, days, rates, and what stands for a name."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from guerdon.expressions import (
    Condition,
    Declarations,
    Derived,
    Expression,
    Mistake,
    NotLoaded,
    Span,
    Type,
    Unknown,
    Window,
    compile_condition,
    compile_expression,
)

FIELDS = Declarations(
    {
        "event": {
            "amount": Type.INT,
            "at": Type.TIMESTAMP,
            "day": Type.TIMESTAMP,
            "happened_at": Type.TIMESTAMP,
        },
        "member": {"age": Type.INT, "name": Type.STRING},
    },
    events={"visit": {}, "booking.confirmed": {"deposit": Type.INT}},
    holdings={
        "vehicle": {"class": Type.STRING, "bought_on": Type.TIMESTAMP},
        "contract": {"no": Type.STRING},
    },
    derived={
        "points": Derived("member.age * 2 + count(visit, 'ever')", Type.INT),
        "level": Derived("member.points > 10 ? 'gold' : 'new'", Type.STRING),
        "here": Derived("member.there", Type.INT),
        "there": Derived("member.here + 1", Type.INT),
        "wrong": Derived("member.aeg > 1", Type.BOOL),
        "selfish": Derived("event.amount", Type.INT),
    },
    segments={
        "loyal": "member.level == 'gold' && segment(seen)",
        "seen": "count(visit, '90d') > 0",
        "round": "segment(again)",
        "again": "!segment(round)",
        "lately": "days_since(event.happened_at) == 0",
    },
    zone="Europe/Berlin",
    days=[("event", "day"), ("vehicle", "bought_on")],
)
MEMBER = {"age": 4, "name": "Ada", "count(visit, ever)": 3, "count(visit, 90d)": 1, "holds(vehicle)": []}


def condition(text: str) -> Condition:
    found = compile_condition(text, FIELDS)
    assert isinstance(found, Condition), [str(each) for each in found]
    return found


def answer(text: str, event: Mapping[str, object], member: Mapping[str, object] = MEMBER) -> object:
    return condition(text)(event, member)


def mistakes(text: str) -> list[Mistake]:
    found = compile_condition(text, FIELDS)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("span", "day", "first"),
    [
        ("1d", date(2026, 3, 1), date(2026, 3, 1)),
        ("90d", date(2026, 3, 31), date(2026, 1, 1)),
        ("12m", date(2026, 3, 31), date(2025, 4, 1)),
        ("1m", date(2026, 3, 31), date(2026, 3, 1)),
        ("1m", date(2026, 1, 15), date(2025, 12, 16)),
        ("12m", date(2024, 2, 29), date(2023, 3, 1)),
        ("month", date(2026, 3, 31), date(2026, 3, 1)),
        ("year", date(2026, 3, 31), date(2026, 1, 1)),
        ("ever", date(2026, 3, 31), date(1, 1, 1)),
        ("120m", date(5, 1, 1), date(1, 1, 1)),
        ("3660d", date(5, 1, 1), date(1, 1, 1)),
    ],
)
def test_a_window_has_a_first_day(span: str, day: date, first: date) -> None:
    assert Span(span).first_day(day) == first


def test_a_condition_says_what_has_to_be_loaded_for_it() -> None:
    found = condition(
        "count(booking.confirmed, '90d') > 1 && sum(booking.confirmed.deposit, '12m') > 5"
        " && holds(vehicle, vehicle.class == 'suv') && segment(loyal) && event.amount > 1"
    )
    assert {each.key for each in found.windows} == {
        *("count(booking.confirmed, 90d)", "sum(booking.confirmed.deposit, 12m)"),
        *("count(visit, 90d)", "count(visit, ever)"),
    }
    assert Window("booking.confirmed", "deposit", Span("12m")) in found.windows
    assert found.holdings == {"vehicle"}
    assert found.reads == {("event", "amount"), ("member", "age")}
    assert not found.clock
    assert condition("segment(lately)").clock


@pytest.mark.parametrize(
    "text",
    ["count(visit, '90d') > 5", "!holds(vehicle)", "holds(vehicle, vehicle.class == 'suv')", "segment(seen)"],
)
def test_what_was_not_loaded_is_never_taken_for_missing(text: str) -> None:
    assert answer(text, {}) is not None
    for member in ({}, dict.fromkeys(MEMBER)):
        with pytest.raises(NotLoaded, match="was not loaded"):
            answer(text, {}, member)


def holding(*vehicles: Mapping[str, object]) -> Mapping[str, object]:
    return {**MEMBER, "holds(vehicle)": vehicles}


SUV: Mapping[str, object] = {"class": "suv", "bought_on": datetime(2026, 3, 1, tzinfo=UTC)}


def test_one_holding_that_is_true_decides_whatever_others_lack() -> None:
    text = "holds(vehicle, vehicle.class == 'suv')"
    assert answer(text, {}, holding()) is False
    assert answer(text, {}, holding({"class": "van"})) is False
    assert answer(text, {}, holding({}, SUV)) is True
    assert answer(text, {}, holding({"class": None}, {"class": "van"})) == Unknown(
        "vehicle.class", "vehicle.class has no value"
    )
    assert answer("holds(vehicle)", {}, holding({})) is True
    assert answer("holds(vehicle, has(vehicle.class))", {}, holding({})) is False


def test_a_holding_is_compared_with_event_and_member() -> None:
    text = "holds(vehicle, vehicle.class == member.name && days_since(vehicle.bought_on) == event.amount)"
    event = {"amount": 5, "happened_at": datetime(2026, 3, 6, 12, tzinfo=UTC)}
    assert answer(text, event, {**holding(SUV), "name": "suv"}) is True
    assert answer(text, {**event, "amount": 6}, {**holding(SUV), "name": "suv"}) is False


def test_days_are_days_of_the_program_s_calendar() -> None:
    # In Berlin it is the next day already, and a day of its own stays what it is.
    event = {
        "happened_at": datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
        "at": datetime(2026, 3, 1, 22, tzinfo=UTC),
    }
    assert answer("days_since(event.at) == 1", event) is True
    assert answer("days_since(event.happened_at) == 0", event) is True
    day = {"happened_at": datetime(2026, 7, 2, 23, 30, tzinfo=UTC), "day": datetime(2026, 7, 2, tzinfo=UTC)}
    assert answer("days_since(event.day) == 1", day) is True
    later = {"happened_at": datetime(2026, 3, 1, tzinfo=UTC), "at": datetime(2026, 3, 9, tzinfo=UTC)}
    assert answer("days_since(event.at) == -8", later) is True


def test_between_is_half_open_and_one_side_can_decide() -> None:
    assert [answer(f"between({number}, 1, 3)", {}) for number in (0, 1, 2, 3)] == [False, True, True, False]
    unknown = Unknown("event.amount", "event.amount has no value")
    assert answer("between(0, 1, event.amount)", {}) is False
    assert answer("between(5, event.amount, 3)", {}) is False
    assert answer("between(5, 1, event.amount)", {}) == unknown
    assert answer("between(2, event.amount, 3)", {}) == unknown
    assert answer("between(event.amount, 1, 3)", {}) == unknown


@pytest.mark.parametrize(
    ("amount", "rate", "rounding", "expected"),
    [
        *((199, "1.25", "down", 248), (-199, "1.25", "down", -248), (2, "1.25", "half_up", 3)),
        *((-2, "1.25", "half_up", -3), (2, "1.25", "half_even", 2), (6, "1.25", "half_even", 8)),
        (9007199254740993, "0.000000001", "down", 9007199),
        (2**63 - 1, "1.0", "half_even", 2**63 - 1),
    ],
)
def test_a_rate_is_exact(amount: int, rate: str, rounding: str, expected: int) -> None:
    found = compile_expression(f"rate(event.amount, '{rate}', '{rounding}')", FIELDS, Type.INT)
    assert isinstance(found, Expression)
    assert found({"amount": amount}, {}) == expected


def test_a_rate_beyond_64_bits_is_unknown() -> None:
    text = "rate(event.amount, '1.000000001', 'down') > 0"
    assert answer(text, {"amount": 2**63 - 1}) == Unknown(None, "a number beyond 64 bits")


def test_a_derived_attribute_is_what_it_is_made_of() -> None:
    assert answer("member.points == 11 && member.level == 'gold' && segment(loyal)", {}) is True
    assert answer("member.level == 'gold'", {}, {"count(visit, ever)": 3}) == Unknown(
        "member.age", "member.age has no value"
    )
    assert answer("has(member.level)", {}) is True
    assert answer("has(member.level) || false", {}, {"count(visit, ever)": 3}) is False


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("member.here > 1", "member.here needs itself: member.here → member.there → member.here"),
        ("segment(round)", "segment(round) needs itself: segment(round) → segment(again) → segment(round)"),
        ("member.wrong", "in member.wrong: unknown field member.aeg"),
        ("member.selfish > 1", "in member.selfish: unknown field event.amount"),
    ],
)
def test_a_mistake_behind_a_name_is_told_where_the_name_stands(text: str, what: str) -> None:
    found = mistakes(f"true && {text}")
    place = 9 if text.startswith("member") else len("true && segment(") + 1
    assert [(each.column, each.what) for each in found] == [(place, what)]
    assert found[0].hint


def test_what_grows_by_names_is_refused_at_once() -> None:
    """Each attribute is twice the one before: without a bound, 2 ** 7 times what is written."""
    double = {f"a{n}": Derived(f"member.a{n - 1} + member.a{n - 1}", Type.INT) for n in range(1, 40)}
    wide = Declarations(
        {"member": {"x": Type.INT}},
        derived={"a0": Derived(" + ".join(["member.x"] * 20), Type.INT), **double},
    )
    found = compile_condition("member.a7 > 1", wide)
    assert isinstance(found, list)
    assert "more than 1000 parts" in found[0].what
    found = compile_condition("member.a39 > 1", wide)
    assert isinstance(found, list)
    assert "too deep" in found[0].what


def test_texts_that_are_joined_have_a_largest_length() -> None:
    text = "size(member.name + member.name) == 4096"
    assert answer(text, {}, {"name": "x" * 2048}) is True
    assert answer(text, {}, {"name": "x" * 2049}) == Unknown(None, "a text of more than 4096 characters")


def test_an_instant_beyond_the_calendar_is_unknown() -> None:
    text = "event.at + duration('24h') > event.at"
    assert isinstance(answer(text, {"at": datetime(9999, 12, 31, 1, tzinfo=UTC)}), Unknown)
    assert isinstance(
        answer("event.at.getHours('+14:00') > 1", {"at": datetime.max.replace(tzinfo=UTC)}), Unknown
    )
    far = {"at": datetime(1, 1, 1, tzinfo=UTC), "happened_at": datetime(2026, 1, 1, tzinfo=UTC)}
    assert answer("event.happened_at - event.at > duration('1h')", far) == Unknown(
        None, "a duration of more than 292 years"
    )


def test_an_expression_has_the_type_that_is_wanted() -> None:
    found = compile_expression("event.amount + 1", FIELDS, Type.INT)
    assert isinstance(found, Expression)
    assert found({"amount": 4}, {}) == 5
    assert found({}, {}) == Unknown("event.amount", "event.amount has no value")
    wrong = compile_expression("event.amount + 1", FIELDS, Type.STRING)
    assert isinstance(wrong, list)
    assert wrong[0].what == "this expression is string, not int"


def test_a_reserved_word_can_be_the_name_of_a_field() -> None:
    fields = Declarations({"event": {"package": Type.INT}}, events={"import.done": {}, "car.import": {}})
    assert isinstance(
        compile_condition("event.package > 1 && count(car.import, '1d') > 1", fields), Condition
    )
