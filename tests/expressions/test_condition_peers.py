"""Google's own CEL as the other side: the same text over the same facts has the same answer.

Conditions are generated well-typed, by type and depth, over facts of which a fifth are missing and whose
integers crowd at the ends of 64 bits. Where Google says error, Guerdon says unknown.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cel_expr_python import cel
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from guerdon.expressions import Condition, Declarations, Type, Unknown, compile_condition
from guerdon.expressions.check import check_condition
from guerdon.expressions.grammar import parse_condition
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.three_valued import three_valued
from guerdon.expressions.tokens import find_tokens

Facts = dict[str, dict[str, object]]
Texts = st.SearchStrategy[str]

SHAPE = {"number": Type.INT, "other": Type.INT, "word": Type.STRING, "flag": Type.BOOL, "at": Type.TIMESTAMP}
FIELDS = Declarations({"event": SHAPE, "member": SHAPE})
OPERATORS = {"==", "!=", "<", "<=", ">", ">=", "&&", "||", "!", "?", "in", "+", "-", "*", "/", "%"}
FUNCTIONS = {"has", "size", "startsWith", "endsWith", "contains", "timestamp"}

INTEGERS = st.one_of(
    st.integers(-4, 4),
    st.integers(-(2**63), -(2**63) + 2),
    st.integers(2**63 - 3, 2**63 - 1),
    st.sampled_from([-(2**62), 2**32, 3037000500]),
)
WORDS = st.text(alphabet="aBé\U0001f600'\\\n\"", max_size=3)
INSTANTS = st.builds(
    lambda hours, microseconds: (
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours, microseconds=microseconds)
    ),
    st.integers(-2, 2),
    st.integers(0, 1),
)
VALUES: dict[Type, st.SearchStrategy[object]] = {
    Type.INT: INTEGERS,
    Type.STRING: WORDS,
    Type.BOOL: st.booleans(),
    Type.TIMESTAMP: INSTANTS,
}


@st.composite
def some_facts(draw: st.DrawFn) -> Facts:
    facts: Facts = {"event": {}, "member": {}}
    for fields in facts.values():
        for name, kind in SHAPE.items():
            if draw(st.integers(0, 4)):
                fields[name] = draw(VALUES[kind])
    return facts


def written_word(word: str) -> str:
    for plain, escape in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("é", "\\u00e9")):
        word = word.replace(plain, escape)
    return f"'{word}'"


def written_instant(instant: datetime) -> str:
    return f"timestamp('{instant.isoformat().replace('+00:00', 'Z')}')"


def fields(kind: Type) -> Texts:
    names = [name for name, each in SHAPE.items() if each is kind]
    return st.builds("{}.{}".format, st.sampled_from(["event", "member"]), st.sampled_from(names))


def joined(parts: Texts, signs: list[str]) -> Texts:
    """Write operators in a row and without brackets, so that precedence is tried too."""
    rest = st.lists(st.builds(" {} {}".format, st.sampled_from(signs), parts), min_size=1, max_size=3)
    return st.builds(lambda first, others: first + "".join(others), parts, rest)


def lists(parts: Texts) -> Texts:
    return st.lists(parts, max_size=3).map(lambda each: f"[{', '.join(each)}]")


@cache
def numbers(depth: int) -> Texts:
    plain = st.one_of(fields(Type.INT), fields(Type.INT), INTEGERS.map(str))
    if not depth:
        return plain
    inner = numbers(depth - 1)
    return st.one_of(
        plain,
        joined(plain, ["+", "-", "*", "/", "%"]),
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/%"), inner),
        inner.map("-({})".format),
        words(depth - 1).map("size({})".format),
        words(depth - 1).map("({}).size()".format),
        st.builds("({} ? {} : {})".format, booleans(depth - 1), inner, inner),
    )


@cache
def words(depth: int) -> Texts:
    plain = st.one_of(fields(Type.STRING), WORDS.map(written_word))
    if not depth:
        return plain
    inner = words(depth - 1)
    return st.one_of(plain, st.builds("({} ? {} : {})".format, booleans(depth - 1), inner, inner))


@cache
def instants(_depth: int) -> Texts:
    return st.one_of(fields(Type.TIMESTAMP), INSTANTS.map(written_instant))


@cache
def booleans(depth: int) -> Texts:
    plain = st.one_of(fields(Type.BOOL), st.sampled_from(["true", "false"]))
    present = st.sampled_from(list(SHAPE)).map("has(event.{})".format)
    if not depth:
        return st.one_of(plain, present)
    inner = booleans(depth - 1)
    signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    compared = [
        st.builds("({} {} {})".format, part, signs, part)
        for part in (numbers(depth - 1), numbers(depth - 1), words(depth - 1), instants(depth - 1), inner)
    ]
    among = [
        st.builds("({} in {})".format, part, lists(part))
        for part in (numbers(0), words(0), instants(0), inner)
    ]
    searches = st.sampled_from(["startsWith", "endsWith", "contains"])
    return st.one_of(
        *compared,
        *among,
        st.builds("({}).{}({})".format, words(depth - 1), searches, words(depth - 1)),
        inner.map("!({})".format),
        joined(inner, ["&&", "||"]).map("({})".format),
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        present,
    )


def conditions() -> Texts:
    # Two signs in a row are one token to Google, and none at all after its parser has paired them.
    return booleans(3).filter(lambda text: len(text.encode()) <= 1500 and "--" not in text)


def condition(text: str) -> Condition | None:
    compiled = compile_condition(text, FIELDS)
    if isinstance(compiled, Condition):
        return compiled
    assert all(each.what.startswith(("more than 200", "nested")) for each in compiled), compiled
    return None


@cache
def google() -> cel.Env:
    facts = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    return cel.NewEnv(variables={"event": facts, "member": facts})


def answer_of_google(text: str, facts: Facts) -> bool | None:
    """Ask Google; its Python binding takes instants within maps only as texts, converted in the condition."""
    for owner in ("event", "member"):
        kept = text.replace(f"has({owner}.at)", f"has({owner}.AT)")
        text = kept.replace(f"{owner}.at", f"timestamp({owner}.at)").replace(f"{owner}.AT", f"{owner}.at")
    data = {owner: {name: plain(value) for name, value in values.items()} for owner, values in facts.items()}
    value = google().compile(text).eval(data=data)
    if value.type() == cel.Type.ERROR:
        return None
    answer = value.plain_value()
    assert isinstance(answer, bool)
    return answer


def plain(value: object) -> object:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def in_full(text: str, facts: Facts) -> object:
    tree = parse_condition(text)
    assert not isinstance(tree, Mistake)
    term = check_condition(tree, FIELDS)
    assert not isinstance(term, list)
    return three_valued(term)(facts["event"], facts["member"])


@settings(max_examples=400, deadline=None, database=None)
@given(conditions(), st.lists(some_facts(), min_size=3, max_size=3))
def test_google_answers_the_same(text: str, cases: list[Facts]) -> None:
    compiled = condition(text)
    if compiled is None:
        return
    for facts in cases:
        ours = compiled(facts["event"], facts["member"])
        theirs = answer_of_google(text, facts)
        assert (None if isinstance(ours, Unknown) else ours) is theirs, (text, facts)
        assert in_full(text, facts) == ours, "the code and the full reading differ"


@settings(max_examples=150, deadline=None, database=None)
@given(conditions(), some_facts())
def test_none_and_absent_are_the_same(text: str, facts: Facts) -> None:
    compiled = condition(text)
    if compiled is None:
        return
    padded = {owner: {name: values.get(name) for name in SHAPE} for owner, values in facts.items()}
    assert compiled(facts["event"], facts["member"]) == compiled(padded["event"], padded["member"])


@cache
def sample() -> list[tuple[str, Facts]]:
    """Gather what the generator writes, to judge the generator itself."""
    gathered: list[tuple[str, Facts]] = []

    @settings(max_examples=500, deadline=None, database=None, phases=[Phase.generate])
    @given(conditions(), some_facts())
    def gather(text: str, facts: Facts) -> None:
        gathered.append((text, facts))

    gather()
    return gathered


def test_the_generator_writes_every_operator_and_function() -> None:
    written: set[str] = set()
    for text, _ in sample():
        tokens = find_tokens(text)
        assert not isinstance(tokens, Mistake)
        written |= {each.text for each in tokens}
    assert written >= OPERATORS | FUNCTIONS


def test_the_generator_reaches_all_three_answers_often() -> None:
    kinds = [
        type(answer(text, facts)) if isinstance(answer(text, facts), Unknown) else answer(text, facts)
        for text, facts in sample()
    ]
    assert all(kinds.count(each) > len(kinds) // 20 for each in (True, False, Unknown)), kinds


def answer(text: str, facts: Mapping[str, Mapping[str, object]]) -> object:
    compiled = condition(text)
    return compiled(facts["event"], facts["member"]) if compiled else None


@pytest.mark.parametrize(
    ("sign", "wrong"),
    [
        *((" == ", " != "), (" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > ")),
        *((" && ", " || "), (" || ", " && "), ("!(", "("), (" + ", " - "), (" - ", " + "), ("-(", "(")),
        *((" * ", " + "), (" / ", " % "), (" % ", " / "), (" ? ", " ? !true && "), ("size(", "1 + size(")),
        *(
            ("startsWith", "endsWith"),
            ("endsWith", "startsWith"),
            ("contains", "startsWith"),
            ("has(", "!has("),
        ),
    ],
)
def test_a_wrong_operator_would_be_noticed(sign: str, wrong: str) -> None:
    meant = [(text, facts) for text, facts in sample() if sign in text]
    assert any(_differs(text, text.replace(sign, wrong), facts) for text, facts in meant)


def _differs(text: str, mutated: str, facts: Facts) -> bool:
    compiled = compile_condition(mutated, FIELDS)
    if isinstance(compiled, list):
        return False
    return compiled(facts["event"], facts["member"]) != answer(text, facts)
