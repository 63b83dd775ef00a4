"""The SQL of a condition: what it may contain, how long it gets, and that nothing makes it raise."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from tests.expressions.author import FIELDS, Facts
from tests.expressions.rows import answers_of_postgres, columns_for, fill_table, open_table

from guerdon import embedded
from guerdon.expressions import (
    Condition,
    Declarations,
    Expression,
    NotLoaded,
    Type,
    compile_condition,
    compile_expression,
)
from guerdon.expressions.sql_code import Columns, SqlCode, sql_code

EMPTY: Facts = {"event": {}, "member": {"holds(vehicle)": []}}


@pytest.fixture(scope="module")
def table(postgres: embedded.Server) -> Iterator[psycopg.Connection]:
    with open_table(postgres.url("postgres")) as connection:
        yield connection


def code(text: str) -> SqlCode:
    found = compile_condition(text, FIELDS)
    assert isinstance(found, Condition), [str(each) for each in found]
    return sql_code(found, columns_for(found))


def test_what_an_author_wrote_is_only_ever_a_parameter() -> None:
    found = code(
        "event.word in ['zqx1', '%zqx2', 'zqx3\\'; drop table f'] && event.word.contains('zqx4') && "
        "event.number == 77123 && event.at < timestamp('2031-05-06T07:08:09Z') && true == false && "
        "event.at.getHours('Asia/Kolkata') + event.at.getHours('+09:30') == "
        "rate(event.number, '7.125', 'down') && event.at - event.at > duration('441s') && "
        "holds(vehicle, vehicle.class == 'zqx5')"
    )
    for written in ("zqx", "77123", "2031", "Kolkata", "09:30", "7.125", "441", "drop"):
        assert written not in found.text
    values = {str(each) for each in found.params.values()}
    assert {
        "zqx1",
        "%zqx2",
        "zqx3'; drop table f",
        "77123",
        "Asia/Kolkata",
        "570",
        "7.125",
        "441000000",
    } <= values


def test_two_conditions_stand_in_one_statement(table: psycopg.Connection) -> None:
    fill_table(table, [{"event": {"number": 5}, "member": {**EMPTY["member"], **windows()}}])
    found = [compile_condition(text, FIELDS) for text in ("event.number == 5", "event.number == 6")]
    assert answers_of_postgres(table, [each for each in found if isinstance(each, Condition)]) == [
        [True, False]
    ]


def windows() -> dict[str, object]:
    return {
        "count(visit, 90d)": 0,
        "count(visit, ever)": 0,
        "count(booking.confirmed, month)": 0,
        "sum(booking.confirmed.deposit, 12m)": 0,
        "sum(booking.confirmed.deposit, year)": 0,
    }


@pytest.mark.parametrize("text", ["event.number == 1", "count(visit, '90d') == 1", "holds(vehicle)"])
def test_a_column_that_is_not_there_is_no_missing_value(text: str) -> None:
    found = compile_condition(text, FIELDS)
    assert isinstance(found, Condition)
    with pytest.raises(NotLoaded, match="no column"):
        sql_code(found, Columns({}))


DEEP = {
    "arithmetic": "({} - event.other)",
    "remainders": "({} % event.other)",
    "rates": "rate({}, '1.5', 'half_even')",
    "choices": "(between({}, 1, event.other) ? 1 : event.number)",
    "options": "({} in [event.other, 1] ? 1 : 2)",
    "days": "days_since(event.at + ({} > 1 ? duration('1h') : duration('2h')))",
}


@pytest.mark.parametrize("shape", DEEP.values(), ids=DEEP.keys())
def test_sql_grows_with_the_condition_and_not_with_its_depth(table: psycopg.Connection, shape: str) -> None:
    """Were a part written out wherever it is needed, twenty levels of two would be a million of them."""
    texts = []
    for depth in (3, 6):
        text = "event.number"
        for _ in range(depth):
            text = shape.format(text)
        texts.append(f"{text} > 1")
    short, long = (len(code(text).text) for text in texts)
    assert long < 2.5 * short
    found = compile_condition(texts[1], FIELDS)
    assert isinstance(found, Condition)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    facts: Facts = {
        "event": {"number": 4, "other": 3, "at": at, "happened_at": at},
        "member": {**EMPTY["member"], **windows()},
    }
    fill_table(table, [facts])
    [[answer]] = answers_of_postgres(table, [found])
    assert answer is found(facts["event"], facts["member"])


CONSTANT = {
    "1 / 0 == 1": None,
    "1 % 0 == 1": None,
    "(-9223372036854775808) / -1 == 1": None,
    "(-9223372036854775808) % -1 == 0": None,
    "-(-9223372036854775808) == 1": None,
    "9223372036854775807 + 1 > 0": None,
    "rate(9223372036854775807, '9', 'down') > 0": None,
    "timestamp('9999-12-31T23:59:59Z') + duration('1h') > event.at": None,
    "timestamp('9999-12-31T23:59:59Z').getHours('+14:00') > 1": None,
    "timestamp('0001-01-01T00:00:00Z') - duration('1us') > event.at": None,
    "event.number in []": None,
    "!(1 in [])": True,
    "1 / 0 == 1 || true": True,
    "1 / 0 == 1 && false": False,
    "false ? 1 / 0 == 1 : true": True,
    "has(event.number)": False,
    "holds(vehicle)": False,
    "holds(vehicle, 1 / 0 == 1)": False,
    "count(visit, '90d') == 0": True,
    "rate(5, '0.5', 'half_even') == 2 && rate(7, '0.5', 'half_even') == 4": True,
    "rate(-5, '0.5', 'half_even') == -2 && rate(-5, '0.5', 'half_up') == -3": True,
    "rate(-5, '0.5', 'down') == -2 && rate(9, '0.333333333', 'down') == 2": True,
    "timestamp('2026-01-01T00:00:01.7Z').getSeconds() == 1": True,
    "timestamp('2026-01-04T00:00:00Z').getDayOfWeek() == 0": True,
    "duration('-90m').getHours() == -1 && duration('-1.5s').getSeconds() == -1": True,
    "days_since(timestamp('2026-01-01T00:00:00Z')) == 0": None,
    "'B' < 'a' && 'a' < 'é' && 'Z' < 'a'": True,
    "'a%b'.contains('%') && 'a_b'.startsWith('a_') && !'ab'.endsWith('_b')": True,
}


@pytest.mark.parametrize(("text", "expected"), CONSTANT.items())
def test_nothing_raises_even_where_the_planner_computes(
    table: psycopg.Connection,
    text: str,
    expected: bool | None,  # noqa: FBT001
) -> None:
    fill_table(table, [{**EMPTY, "member": {**EMPTY["member"], **windows()}}])
    found = compile_condition(text, FIELDS)
    assert isinstance(found, Condition), [str(each) for each in found]
    assert answers_of_postgres(table, [found]) == [[expected]]


def test_texts_are_ordered_by_code_point_whatever_the_column_s_own_order() -> None:
    # Said, not shown: the server that tests run on knows no other order.
    for sign in ("<", "<=", ">", ">="):
        assert f'collate "C" {sign} ' in code(f"event.word {sign} 'a'").text


def test_a_segment_is_computed_for_many_members_at_once(postgres: embedded.Server) -> None:
    """The shape that a segment has, over rows of jsonb."""
    declarations = Declarations(
        {"event": {"happened_at": Type.TIMESTAMP}, "member": {"market": Type.STRING, "age": Type.INT}}
    )
    found = compile_expression(
        "member.market in ['DE', 'FR'] && member.age + 1 >= 30", declarations, Type.BOOL
    )
    assert isinstance(found, Expression)
    columns = Columns({("member", "market"): "m.market", ("member", "age"): "(m.attributes ->> 'age')::int8"})
    written = sql_code(found, columns)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(
            "create temp table m as select case when n % 2 = 0 then 'DE' else 'PT' end as market,"
            " jsonb_build_object('age', n % 60) as attributes from generate_series(1, 20000) as n"
        )
        query = f"select count(*) from m where {written.text}"  # noqa: S608
        row = connection.execute(query.encode(), written.params).fetchone()
    ages = [n % 60 for n in range(1, 20001) if n % 2 == 0]
    assert row == (sum(age >= 29 for age in ages),)
