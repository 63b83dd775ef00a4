"""What authors are told: every mistake, where it is, and what to write instead."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evidence import scaled

from guerdon.expressions import Condition, Declarations, Derived, Mistake, Type, compile_condition

FIELDS = Declarations(
    {
        "event": {
            "deposit": Type.INT,
            "order_type": Type.STRING,
            "test": Type.BOOL,
            "happened_at": Type.TIMESTAMP,
        },
        "member": {"employee": Type.BOOL, "market": Type.STRING},
    },
    events={"booking.confirmed": {"deposit": Type.INT, "note": Type.STRING}},
    holdings={"vehicle": {"price": Type.INT}},
    segments={"loyal": "member.employee"},
)


def mistakes(text: str) -> list[Mistake]:
    compiled = compile_condition(text, FIELDS)
    assert isinstance(compiled, list), f"{text} was taken"
    assert compiled
    return compiled


def test_all_mistakes_come_at_once_in_their_order() -> None:
    text = "event.depsit > 5 && deposit > 3 && event.employee && event.order_type == 5"
    assert mistakes(text) == [
        Mistake(1, "unknown field event.depsit", "did you mean deposit?"),
        Mistake(21, "unknown name deposit", "did you mean event.deposit?"),
        Mistake(36, "unknown field event.employee", "did you mean member.employee?"),
        Mistake(54, "== compares string with int", "numbers stand without quotes, texts with them"),
    ]


def test_a_mistake_in_one_branch_does_not_hide_the_other() -> None:
    found = mistakes("event.test ? event.depsit : event.market")
    assert [each.what for each in found] == ["unknown field event.depsit", "unknown field event.market"]


def test_a_mistake_reads_as_a_sentence() -> None:
    assert str(mistakes("event.depsit > 5")[0]) == (
        "column 1: unknown field event.depsit  (did you mean deposit?)"
    )
    assert str(mistakes("")[0]).startswith("the condition is empty  (")


@pytest.mark.parametrize(
    ("text", "column", "what", "hint"),
    [
        ("evnt.deposit > 1", 1, "unknown name evnt", "did you mean event?"),
        ("event.x > 1", 1, "unknown field event.x", "known: deposit, happened_at"),
        ("event == 1", 1, "event is no value by itself", "event.field"),
        ("event.order_type.x == 1", 1, ".x after a value is not taken", "fields have no fields"),
        ("size('a').x == 1", 1, ".x after a value is not taken", "fields have no fields"),
        ("frob(1)", 1, "unknown function frob()", "known: between"),
        ("siz(event.order_type) > 1", 1, "unknown function siz()", "did you mean size?"),
        ("has(event.depos)", 5, "unknown field event.depos", "did you mean deposit?"),
    ],
)
def test_an_unknown_name_is_met_with_the_nearest_one(text: str, column: int, what: str, hint: str) -> None:
    [mistake] = mistakes(text)
    assert (mistake.column, mistake.what) == (column, what)
    assert hint in mistake.hint


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("event.deposit", "a condition is bool, not int", "event.deposit > 0"),
        ("event.order_type", "a condition is bool, not string", "event.order_type == 'text'"),
        ("event.happened_at", "a condition is bool, not timestamp", "event.happened_at < timestamp("),
        ("event.test && event.deposit", "&& takes bool, not int", "event.deposit > 0"),
        ("event.order_type || event.test", "|| takes bool, not string", "event.order_type == 'text'"),
        ("!event.deposit", "! takes bool, not int", "event.deposit > 0"),
        ("event.test ? true : 1", "both sides of : are bool, not int", "compare it"),
        ("event.deposit ? true : false", "? takes bool, not int", "event.deposit > 0"),
        ("event.deposit < event.test", "< compares int with bool", "one type"),
        ("event.test == 'true'", "== compares bool with string", "without quotes"),
        ("event.happened_at > '2026-01-01'", "> compares timestamp with string", "timestamp('"),
        ("event.deposit in [1, 'a']", "in compares int with string", "without quotes"),
        ("event.order_type + 1 == 'b'", "+ does not take string and int", "quotes"),
        ("event.order_type - 'a' == 'b'", "- does not take string and string", "texts (+)"),
        (
            "event.happened_at + event.happened_at == event.happened_at",
            "+ does not take timestamp and timestamp",
            "instants and",
        ),
        ("event.happened_at - 1 > event.happened_at", "- does not take timestamp and int", "timestamp("),
        ("event.deposit * event.test == 1", "* takes int, not bool", "one type"),
        ("duration('1h') == 1", "== compares duration with int", "duration('36h')"),
        ("event.deposit.getHours() == 1", "getHours() takes timestamp, not int", "getHours('Europe/Berlin')"),
        ("duration('1h').getMonth() == 1", "getMonth() takes timestamp, not duration", "getMonth("),
        ("between(event.order_type, 'a', 'b')", "between() takes int or timestamp, not string", "between("),
        ("between(event.deposit, 1, 'b')", "between() of int takes int, not string", "quotes"),
        ("rate(event.order_type, '1', 'down') > 1", "rate() takes int, not string", "quotes"),
        ("days_since(event.deposit) > 1", "days_since() takes timestamp, not int", "timestamp("),
        ("holds(vehicle, vehicle.price)", "the condition of holds() is bool, not int", "vehicle.price > 0"),
        ("sum(booking.confirmed.note, '1d') > 1", "sum() takes int, not string", "quotes"),
        ("-event.test == 1", "- takes int, not bool", "one type"),
        ("size(event.deposit) > 1", "size() takes string, not int", "quotes"),
        ("event.order_type.startsWith(1)", "startsWith() takes string, not int", "quotes"),
    ],
)
def test_a_type_error_names_both_types(text: str, what: str, hint: str) -> None:
    assert any(each.what == what and hint in each.hint for each in mistakes(text)), mistakes(text)


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("event.deposit > 1.5", "fractions are not taken", "25.00 EUR as 2500"),
        ("event.deposit > 1e3", "fractions are not taken", "whole"),
        ("event.deposit > 1u", "unsigned numbers are not taken", "without the u"),
        ("event.order_type == null", "null is not taken", "has("),
        ("event.order_type == b'a'", "bytes are not taken", "text"),
        ("event['deposit'] > 1", "[...] after a value is not taken", "event.name"),
        ("{'a': 1} == 1", "maps {...} are not taken", "one by one"),
        ("Thing{a: 1} == 1", "messages {...} are not taken", "one by one"),
        (".deposit > 1", "a name cannot begin with a point", "event.name"),
        (".size('a') > 1", "a name cannot begin with a point", "event.name"),
        ("[1] == 1", "a list stands only on the right of in", "in ['a', 'b']"),
        ("event.order_type in event.order_type", "in takes a list that is written out", "in ['a', 'b']"),
        ("event.order_type.matches('a')", "matches() is not taken", "startsWith"),
        ("[1].exists(x, x > 1)", "exists() over a list is not taken", "one by one"),
        ("string(event.deposit) == '1'", "conversion with string() is not taken", "declare"),
        ("event.happened_at.getMilliseconds() == 1", "getMilliseconds() is not taken", "compare instants"),
        ("duration(event.order_type) > duration('1h')", "duration() takes a text", "duration('36h')"),
        ("duration('1 hour') > duration('1h')", "is no duration", "h, m, s, ms and us"),
        ("duration('1ns') > duration('1h')", "is no duration", "nothing finer"),
        ("duration('3000000h') > duration('1h')", "is no duration", "292 years"),
        ("event.happened_at.getHours('Berlin') > 1", "'Berlin' is no time zone", "'Europe/Berlin'"),
        ("event.happened_at.getHours('localtime') > 1", "'localtime' is no time zone", "'Europe/Berlin'"),
        ("event.happened_at.getHours('../etc/passwd') > 1", "is no time zone", "'Europe/Berlin'"),
        ("event.happened_at.getHours('+25:00') > 1", "'+25:00' is no time zone", "'+02:00'"),
        ("event.happened_at.getHours(event.order_type) > 1", "a zone is a text that is written", "Berlin"),
        ("event.order_type == 'a\\x00'", "a text with a NUL", "no field can hold it"),
        ("count(booking.confirmed, '0d') > 1", "'0d' is no window", "'90d'"),
        ("count(booking.confirmed, '3661d') > 1", "'3661d' is no window", "'90d'"),
        ("count(booking.confirmed, '121m') > 1", "'121m' is no window", "'12m'"),
        ("count(booking.confirmed, 'week') > 1", "'week' is no window", "'month'"),
        ("count(booking.confirmed, 90) > 1", "a window is a text that is written out", "'90d'"),
        (
            "count(booking.confirmed) > 1",
            "count() is not called like this",
            "count(booking.confirmed, '90d')",
        ),
        ("count(booking.confirmd, '1d') > 1", "unknown event type booking.confirmd", "booking.confirmed?"),
        ("count('booking.confirmed', '1d') > 1", "count() takes a type of event", "booking.confirmed"),
        ("sum(booking.confirmed.depsit, '1d') > 1", "unknown field booking.confirmed.depsit", "deposit?"),
        ("sum(booking.confirmed, '1d') > 1", "unknown event type booking", "booking.confirmed"),
        ("sum(deposit, '1d') > 1", "sum() takes a field of a type of event", "booking.confirmed"),
        ("holds(vehicel)", "unknown holding vehicel", "did you mean vehicle?"),
        ("holds('vehicle')", "holds() takes a kind of holding", "vehicle"),
        ("holds(vehicle, vehicle.prise > 1)", "unknown field vehicle.prise", "did you mean price?"),
        ("holds(vehicle, holds(vehicle))", "holds() within holds() is not taken", "&&"),
        ("vehicle.price > 1", "vehicle is known only within holds()", "holds(vehicle, vehicle.price"),
        ("rate(event.deposit, '1.25', 'up') > 1", "'up' is no rounding", "half_up"),
        ("rate(event.deposit, '1,25', 'down') > 1", "'1,25' is no rate", "'1.25'"),
        ("rate(event.deposit, 1, 'down') > 1", "a rate is a text that is written out", "'1.25'"),
        ("segment(loyl)", "unknown segment loyl", "did you mean loyal?"),
        ("segment('loyal')", "segment() takes a name", "segment(loyal)"),
        ("size(event.order_type, 1) > 1", "size() is not called like this", "size(event.x)"),
        ("startsWith(event.order_type)", "startsWith() is not called like this", ".startsWith('a')"),
        ("has(event.test || true)", "has() takes one field", "has(event.x)"),
        ("timestamp(event.order_type) == event.happened_at", "timestamp() takes a text", "timestamp('"),
        ("timestamp('2026-02-30T00:00:00Z') == event.happened_at", "is no instant", "timestamp('"),
        ("timestamp('2026-02-01T00:00:00') == event.happened_at", "is no instant", "timestamp('"),
        ("timestamp('0001-01-01T00:00:00+23:00') == event.happened_at", "is no instant", "timestamp('"),
        ("timestamp('2026-02-01T00:00:00.1234567Z') == event.happened_at", "is no instant", "timestamp('"),
    ],
)
def test_what_is_not_taken_is_said_with_what_is(text: str, what: str, hint: str) -> None:
    assert any(what in each.what and hint in each.hint for each in mistakes(text)), mistakes(text)


@pytest.mark.parametrize(
    ("text", "column", "what", "hint"),
    [
        ("", None, "the condition is empty", "leave it out"),
        (" // only a remark", None, "the condition is empty", "leave it out"),
        ("event.deposit >", 16, "something is missing after >", "a value"),
        ("(event.test", 12, "something is missing after test", "bracket"),
        ("event.test)", 11, "')' is not expected here", "operator"),
        ("event.test and true", 12, "'and' is not expected here", "write &&"),
        ("not event.test", 5, "'event' is not expected here", "write !"),
        ("event.deposit = 5", 15, "a single = is no operator", "write =="),
        ("event.test & true", 12, "a single & is no operator", "write &&"),
        ("event.order_type == “a”", 21, "a curly quote is no quote here", "straight"),
        ("event.deposit ≥ 1", 15, "this sign is no operator", ">="),
        ("event.test # true", 12, "'#' is no part of a condition", "remove"),
        ("event.test && 'abc", 15, "this text has no closing quote", "end it with '"),
        (r"'ab\q' == 'a'", 4, r"\q means nothing", "backslash"),
        (r"'''\ud800''' == 'a'", 4, r"\ud800 means nothing", "backslash"),
        (r"'\U00110000' == 'a'", 2, r"\U00110000 means nothing", "backslash"),
        ("if == 1", 1, "if is a reserved word", "condition"),
        ("event.deposit < 9223372036854775808", 17, "this number is beyond 64 bits", "9223372036854775807"),
        ("event.deposit > -9223372036854775809", 18, "this number is beyond 64 bits", "9223372036854775807"),
        ("\x00", 1, r"'\x00' is no part of a condition", "remove"),
    ],
)
def test_a_slip_of_the_pen_is_pointed_at(text: str, column: int | None, what: str, hint: str) -> None:
    [mistake] = mistakes(text)
    assert (mistake.column, mistake.what) == (column, what)
    assert hint in mistake.hint


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("event.test || " + "x" * 2048, "at most 2048 bytes"),
        ("é" * 1025, "at most 2048 bytes"),
        ("\ud800" * 1025, "at most 2048 bytes"),
        ("&&".join(["true"] * 201), "more than 200 parts"),
        ("(" * 1000 + "true" + ")" * 1000, "more than 32 brackets inside each other"),
        ("[" * 2048, "more than 32 brackets inside each other"),
        ("!" * 2040 + "true", "nested more than 32 deep"),
        ("- " * 1000 + "1 == 1", "nested more than 32 deep"),
        ("1" + " + 1" * 60 + " > 1", "nested more than 32 deep"),
        ("true ? false : " * 60 + "true", "nested more than 32 deep"),
        ("event" + ".test" * 400, "nested more than 32 deep"),
        # Two ways to read each pair of backslashes would be 2 ** 1000 ways to read them all.
        ("'" + "\\" * 2000, "no closing quote"),
        ("'''" + "\\" * 2000 + "''", "no closing quote"),
    ],
)
def test_a_text_made_to_exhaust_us_is_refused(text: str, what: str) -> None:
    [mistake] = mistakes(text)
    assert what in mistake.what


@pytest.mark.parametrize(
    "text",
    [
        "(" * 32 + "true" + ")" * 32,
        "!" * 31 + "true",
        " && ".join(["event.test"] * 99),
        "event.deposit in [" + ", ".join(map(str, range(190))) + "]",
        "1" + " + 1" * 29 + " > 1",
    ],
)
def test_what_is_within_the_limits_is_taken(text: str) -> None:
    assert isinstance(compile_condition(text, FIELDS), Condition)


TAKEN_TEXTS = [
    "event.deposit >= 50000 && !member.employee",
    "count(booking.confirmed, '90d') + sum(booking.confirmed.deposit, '12m') > 3",
    "holds(vehicle, vehicle.price > 1 && has(vehicle.price)) || segment(loyal)",
    "days_since(event.happened_at) < 3 ? event.test : rate(event.deposit, '1.25', 'down') > 1",
    "between(event.happened_at - duration('36h'), timestamp('2026-01-31T00:00:00Z'), event.happened_at)",
    "event.order_type + 'a' in ['b'] || event.happened_at.getHours('Europe/Berlin') % 7 == -1",
]


def _garbled(given: tuple[str, int, str]) -> str:
    """A text that is taken, with something in the middle of it."""
    text, place, word = given
    return text[: place % len(text)] + word + text[place % len(text) + place % 3 :]


WORDS = [
    *(
        "event",
        "member",
        "deposit",
        "order_type",
        "has",
        "size",
        "timestamp",
        *("duration", "getHours", "count", "sum", "holds", "vehicle", "price", "days_since", "between"),
        *("rate", "segment", "loyal", "booking.confirmed", "'90d'", "'half_up'", "happened_at", "package"),
        "true",
        "null",
        "in",
        "and",
        "if",
    ),
    *(".", "(", ")", "[", "]", "{", "}", ",", ":", "?", "!", "-", "+", "/", "%", "==", "<", "&&", "||", "="),
    *(
        "1",
        "0x",
        "1.5",
        "2u",
        "99999999999999999999",
        "'a'",
        "'",
        '"""',
        "r'",
        "b'",
        "\\",
        "//",
        "\n",
        "\ud800",
        " ",
    ),
]


@pytest.mark.full(minutes=1, gate=True)
@pytest.mark.timeout(900)
@settings(max_examples=scaled(400, 20_000), deadline=None, database=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
        st.lists(st.sampled_from(WORDS), max_size=40).map("".join),
        st.tuples(st.sampled_from(TAKEN_TEXTS), st.integers(0, 80), st.sampled_from(WORDS)).map(_garbled),
    )
)
def test_no_text_whatever_makes_it_raise(text: str) -> None:
    for compiled in (
        compile_condition(text, FIELDS),
        compile_condition("member.inner", replace(FIELDS, derived={"inner": Derived(text, Type.BOOL)})),
    ):
        assert compiled
        if isinstance(compiled, list):
            assert all(each.what and each.hint for each in compiled)
            assert all(each.column is None or 1 <= each.column <= len(text) + 13 for each in compiled)


def test_only_what_has_no_place_is_told_without_one() -> None:
    placeless = {str(each) for text in ("", "x" * 3000, "&&".join(["true"] * 201)) for each in mistakes(text)}
    assert all(not each.startswith("column") for each in placeless)
    assert len(placeless) == 3
