"""Four readers of an expression agree: our Python code, our reading in full, PostgreSQL, and Google.

Expressions are written well-typed, by chance, over facts of which a fifth are missing and of whose integers
a tenth lie at the ends of 64 bits. Where Google says error, ours is unknown, and PostgreSQL's is NULL.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evidence import Figures, scaled
from tests.expressions.author import ENDS, EVENT, FIELDS, SHAPE, VEHICLE, Author, Both, Facts
from tests.expressions.counting import EVERYTHING, met, written
from tests.expressions.google import answer_of_google, google, rate
from tests.expressions.rows import answers_of_postgres, fill_table, open_table

from guerdon import embedded
from guerdon.expressions import Expression, Type, Unknown, compile_expression
from guerdon.expressions.three_valued import three_valued

EXPRESSIONS = scaled(700, 20_000)
IN_A_QUERY = 20
ROWS = 3
# What the types that each operator meets must come to, so that no overload goes untried.
OVERLOADS = {
    *(f"{sign} {kind}" for sign in ("==", "!=", "<", "<=", ">", ">=", "in") for kind in ("int", "string")),
    *(f"{sign} {kind}" for sign in ("==", "<", "in") for kind in ("bool", "timestamp", "duration")),
    *("timestamp + duration", "duration + timestamp", "duration + duration"),
    *("timestamp - duration", "timestamp - timestamp", "duration - duration"),
    *("between int", "between timestamp", "rate down", "rate half_up", "rate half_even"),
    *("getHours of duration", "getMinutes of duration", "getSeconds of duration", "getHours of timestamp"),
    *("?: int", "?: string", "?: bool"),
}
SEEDS = st.integers(0, 2**64 - 1)


@pytest.fixture(scope="module")
def table(postgres: embedded.Server) -> Iterator[psycopg.Connection]:
    with open_table(postgres.url("postgres")) as connection:
        yield connection


def read(text: str, kind: Type = Type.BOOL) -> Expression | None:
    found = compile_expression(text, FIELDS, kind)
    if isinstance(found, Expression):
        return found
    # By chance a text is too large; that is the one mistake that the author may make.
    assert all("200 parts" in each.what or "2048 bytes" in each.what for each in found), (text, found)
    return None


def answer(found: Expression, facts: Mapping[str, Mapping[str, object]]) -> object:
    """What ours says, with None for unknown."""
    ours = found(facts["event"], facts["member"])
    in_full = three_valued(found.term)(facts["event"], facts["member"])
    assert in_full == ours, ("the code and the reading in full differ", found.text, facts)
    return None if isinstance(ours, Unknown) else ours


def same(ours: object, theirs: object) -> bool:
    """Equal and of one type: true is no 1."""
    return type(ours) is type(theirs) and ours == theirs


def batches() -> Iterator[tuple[list[tuple[Both, Expression]], list[Facts]]]:
    """Expressions that one query asks, and the facts it asks them of."""
    for first in range(0, EXPRESSIONS, IN_A_QUERY):
        authors = [Author(seed) for seed in range(first, first + IN_A_QUERY)]
        texts = [author.expression() for author in authors]
        compiled = [(text, found) for text, kind in texts if (found := read(text.ours, kind)) is not None]
        yield compiled, [author.facts() for author in authors[:ROWS]]


@pytest.mark.full(minutes=1, gate=True)
@pytest.mark.timeout(600)
def test_python_sql_and_google_answer_the_same(table: psycopg.Connection, figures: Figures) -> None:
    names: Counter[str] = Counter()
    types: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for texts, rows in batches():
        fill_table(table, rows)
        in_sql = answers_of_postgres(table, [found for _, found in texts])
        for place, (text, found) in enumerate(texts):
            names.update(written(text.ours))
            types.update(met(found.term))
            asked = google().compile(text.google)
            for facts, row in zip(rows, in_sql, strict=True):
                ours = answer(found, facts)
                assert same(ours, row[place]), ("PostgreSQL differs", text, facts)
                assert same(ours, answer_of_google(asked, facts)), ("Google differs", text, facts)
                answers[str(ours) if ours is None or isinstance(ours, bool) else "value"] += 1
    print(f"\n{answers.total()} pairs of {EXPRESSIONS} expressions: {dict(answers)}")  # noqa: T201
    print("expressions with each operator and function:", dict(names.most_common()))  # noqa: T201
    print("with each operator by its types:", dict(types.most_common()))  # noqa: T201
    figures |= {"pairs": answers.total(), "answers": answers, "written": names, "types": types}
    assert answers.total() >= scaled(2_000, 20_000)
    assert min(answers[each] for each in ("True", "False", "None", "value")) > answers.total() // 10
    assert {each: names[each] for each in EVERYTHING if names[each] < EXPRESSIONS // 200} == {}
    assert {each: types[each] for each in OVERLOADS if types[each] < EXPRESSIONS // 350} == {}


def test_a_fifth_of_the_facts_is_missing_and_a_tenth_lies_at_the_ends() -> None:
    possible = missing = integers = at_ends = 0
    for facts in (facts for _, _, many in sample() for facts in many):
        vehicles = facts["member"]["holds(vehicle)"]
        assert isinstance(vehicles, list)
        shapes = [(EVENT, facts["event"]), (SHAPE, facts["member"]), *((VEHICLE, each) for each in vehicles)]
        for shape, values in shapes:
            possible += len(shape)
            missing += sum(name not in values for name in shape)
            whole = [values[name] for name in ("number", "other", "price") if name in values]
            integers += len(whole)
            at_ends += sum(each in ENDS for each in whole)
    assert 0.18 < missing / possible < 0.22
    assert 0.08 < at_ends / integers < 0.12


@settings(max_examples=200, deadline=None, database=None)
@given(SEEDS)
def test_none_and_absent_are_the_same(seed: int) -> None:
    author = Author(seed)
    found, facts = read(author.condition().ours), author.facts()
    shapes = {"event": dict.fromkeys(EVENT), "member": dict.fromkeys(SHAPE)}
    padded = {owner: {**shapes[owner], **values} for owner, values in facts.items()}
    assert found is None or answer(found, facts) == answer(found, padded)


@cache
def sample() -> list[tuple[Both, Type, list[Facts]]]:
    """Gather what the author writes, to judge the author."""
    authors = [Author(seed) for seed in range(2000)]
    return [(*author.expression(), [author.facts() for _ in range(3)]) for author in authors]


def test_google_is_asked_about_the_same_thing() -> None:
    """Were all of Google's answers errors, they would agree with nothing."""
    found = [
        answer_of_google(google().compile(text.google), facts)
        for text, kind, many in sample()[:500]
        if kind is Type.BOOL
        for facts in many
    ]
    assert min(found.count(True), found.count(False), found.count(None)) > len(found) // 10


@pytest.mark.parametrize(
    ("amount", "text", "rounding", "expected"),
    [
        *((5, "0.5", "down", 2), (5, "0.5", "half_up", 3), (5, "0.5", "half_even", 2)),
        *((7, "0.5", "half_even", 4), (-5, "0.5", "half_up", -3), (-5, "0.5", "down", -2)),
    ],
)
def test_what_google_was_taught_is_right(amount: int, text: str, rounding: str, expected: int) -> None:
    assert rate(amount, text, rounding) == expected
    ours = read(f"rate({amount}, '{text}', '{rounding}')", Type.INT)
    assert ours is not None
    assert answer(ours, {"event": {}, "member": {}}) == expected


@pytest.mark.parametrize(
    ("sign", "wrong"),
    [
        *((" == ", " != "), (" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > ")),
        *((" && ", " || "), (" || ", " && "), ("!(", "("), (" + ", " - "), (" - ", " + "), ("-(", "(")),
        *((" * ", " + "), (" / ", " % "), (" % ", " / "), (" ? ", " ? !true && "), ("size(", "1 + size(")),
        *(("startsWith", "endsWith"), ("endsWith", "startsWith"), ("contains", "startsWith")),
        *(("has(", "!has("), ("'half_up'", "'half_even'"), ("'down'", "'half_up'"), ("loyal", "recent")),
        *(("getDayOfMonth", "getDate"), ("getMonth", "getDayOfMonth"), ("getHours(", "getMinutes(")),
        *(("days_since(", "1 + days_since("), ("between(", "!between("), ("holds(", "!holds(")),
        *(("'90d'", "'ever'"), ("'12m'", "'year'"), ("'-08:30'", "'+02:00'"), ("level", "number")),
    ],
)
def test_a_wrong_operator_would_be_noticed(sign: str, wrong: str) -> None:
    meant = [each for each in sample() if sign in each[0].ours]
    assert any(_differs(text.ours, text.ours.replace(sign, wrong), kind, many) for text, kind, many in meant)


def _differs(text: str, mutated: str, kind: Type, many: list[Facts]) -> bool:
    found, meant = compile_expression(mutated, FIELDS, kind), read(text, kind)
    if isinstance(found, list) or meant is None:
        return False
    return any(answer(found, facts) != answer(meant, facts) for facts in many)
