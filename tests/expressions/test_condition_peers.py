"""Google's own CEL as the other side: the same text over the same facts has the same answer.

Conditions are written well-typed, by chance, over facts of which a fifth are missing and whose
integers crowd at the ends of 64 bits. Where Google says error, Guerdon says unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

import pytest
from cel_expr_python import cel  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from guerdon.expressions import Condition, Declarations, Type, Unknown, compile_condition
from guerdon.expressions.check import check_condition
from guerdon.expressions.grammar import parse_condition
from guerdon.expressions.mistakes import Mistake
from guerdon.expressions.three_valued import three_valued
from guerdon.expressions.tokens import find_tokens

Facts = dict[str, dict[str, object]]

SHAPE = {"number": Type.INT, "other": Type.INT, "word": Type.STRING, "flag": Type.BOOL, "at": Type.TIMESTAMP}
FIELDS = Declarations({"event": SHAPE, "member": SHAPE})
OPERATORS = {"==", "!=", "<", "<=", ">", ">=", "&&", "||", "!", "?", "in", "+", "-", "*", "/", "%"}
FUNCTIONS = {"has", "size", "startsWith", "endsWith", "contains", "timestamp"}

INTEGERS = [-3, -2, -1, 0, 1, 2, 3, 7, -(2**63), -(2**63) + 1, 2**63 - 2, 2**63 - 1, -(2**62), 3037000500]
WORDS = ["", "a", "B", "aB", "Ba", "aBa", "é", "\U0001f600", "a\U0001f600", "'", "\\", "\n\\'"]
INSTANTS = [
    datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours, microseconds=microseconds)
    for hours in (-1, 0, 2)
    for microseconds in (0, 1)
]
VALUES: dict[Type, Sequence[object]] = {
    Type.INT: INTEGERS,
    Type.STRING: WORDS,
    Type.BOOL: [True, False],
    Type.TIMESTAMP: INSTANTS,
}


class Author:
    """Writes well-typed conditions and facts by chance, from a seed.

    Hypothesis chooses the seeds only; left to choose each branch, it keeps writing the same small trees.
    """

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 (no secret hangs on it)

    def facts(self) -> Facts:
        return {owner: self.values() for owner in ("event", "member")}

    def values(self) -> dict[str, object]:
        given = {name: kind for name, kind in SHAPE.items() if self.chance.random() < 0.8}
        return {name: self.chance.choice(VALUES[kind]) for name, kind in given.items()}

    def condition(self) -> str:
        return self.boolean(self.chance.choice([1, 2, 3, 4]))

    def any_of(self, *ways: Callable[[], str]) -> str:
        return self.chance.choice(ways)()

    def field(self, kind: Type) -> str:
        names = [name for name, each in SHAPE.items() if each is kind]
        return f"{self.chance.choice(['event', 'member'])}.{self.chance.choice(names)}"

    def pair(self, signs: str, write: Callable[[int], str], depth: int) -> str:
        return f"({write(depth - 1)} {self.chance.choice(signs.split())} {write(depth - 1)})"

    def row(self, signs: str, write: Callable[[int], str], depth: int) -> str:
        """Write operators in a row and without brackets, so that precedence is tried too."""
        rest = [
            f" {self.chance.choice(signs.split())} {write(depth)}" for _ in range(self.chance.randint(1, 3))
        ]
        return write(depth) + "".join(rest)

    def choice(self, write: Callable[[int], str], depth: int) -> str:
        return f"({self.boolean(depth - 1)} ? {write(depth - 1)} : {write(depth - 1)})"

    def number(self, depth: int) -> str:
        if depth <= 0:
            return self.any_of(
                lambda: self.field(Type.INT),
                lambda: self.field(Type.INT),
                lambda: str(self.chance.choice(INTEGERS)),
            )
        return self.any_of(
            lambda: self.number(0),
            lambda: self.row("+ - * / %", self.number, 0),
            lambda: self.pair("+ - * / %", self.number, depth),
            lambda: f"-({self.number(depth - 1)})",
            lambda: f"size({self.word(depth - 1)})",
            lambda: f"({self.word(depth - 1)}).size()",
            lambda: self.choice(self.number, depth),
        )

    def word(self, depth: int) -> str:
        if depth > 0 and self.chance.random() < 0.3:
            return self.choice(self.word, depth)
        return self.any_of(lambda: self.field(Type.STRING), lambda: written_word(self.chance.choice(WORDS)))

    def instant(self, _depth: int) -> str:
        return self.any_of(
            lambda: self.field(Type.TIMESTAMP), lambda: written_instant(self.chance.choice(INSTANTS))
        )

    def anything(self) -> Callable[[int], str]:
        return self.chance.choice([self.number, self.number, self.word, self.instant, self.boolean])

    def among(self, depth: int) -> str:
        write = self.anything()
        options = ", ".join(write(0) for _ in range(self.chance.randint(0, 4)))
        return f"({write(depth - 1)} in [{options}])"

    def search(self, depth: int) -> str:
        function = self.chance.choice(["startsWith", "endsWith", "contains"])
        return f"({self.word(depth - 1)}).{function}({self.word(depth - 1)})"

    def presence(self) -> str:
        return f"has(event.{self.chance.choice(list(SHAPE))})"

    def boolean(self, depth: int) -> str:
        if depth <= 0:
            return self.any_of(
                lambda: self.field(Type.BOOL), self.presence, lambda: self.chance.choice(["true", "false"])
            )
        return self.any_of(
            lambda: self.pair("== != < <= > >=", self.anything(), depth),
            lambda: self.pair("== != < <= > >=", self.anything(), depth),
            lambda: self.among(depth),
            lambda: self.search(depth),
            lambda: f"!({self.boolean(depth - 1)})",
            lambda: self.pair("&& ||", self.boolean, depth),
            lambda: self.pair("&& ||", self.boolean, depth),
            lambda: f"({self.row('&& ||', self.boolean, depth - 1)})",
            lambda: f"({self.row('== != < &&', self.boolean, 0)})",
            lambda: self.choice(self.boolean, depth),
        )


def written_word(word: str) -> str:
    for plain, escape in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("é", "\\u00e9")):
        word = word.replace(plain, escape)
    return f"'{word}'"


def written_instant(instant: datetime) -> str:
    return f"timestamp('{instant.isoformat().replace('+00:00', 'Z')}')"


SEEDS = st.integers(0, 2**64 - 1)


def condition(text: str) -> Condition | None:
    compiled = compile_condition(text, FIELDS)
    if isinstance(compiled, Condition):
        return compiled
    # By chance a text is too large; that is the one mistake that the author may make.
    assert all("200 parts" in each.what or "2048 bytes" in each.what for each in compiled), compiled
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


@settings(max_examples=500, deadline=None, database=None)
@given(SEEDS)
def test_google_answers_the_same(seed: int) -> None:
    author = Author(seed)
    text = author.condition()
    compiled = condition(text)
    if compiled is None:
        return
    for facts in (author.facts(), author.facts(), author.facts()):
        ours = compiled(facts["event"], facts["member"])
        theirs = answer_of_google(text, facts)
        assert (None if isinstance(ours, Unknown) else ours) is theirs, (text, facts)
        assert in_full(text, facts) == ours, "the code and the full reading differ"


@settings(max_examples=200, deadline=None, database=None)
@given(SEEDS)
def test_none_and_absent_are_the_same(seed: int) -> None:
    author = Author(seed)
    text, facts = author.condition(), author.facts()
    padded = {owner: {name: values.get(name) for name in SHAPE} for owner, values in facts.items()}
    assert answer(text, facts) == answer(text, padded)


@cache
def sample() -> list[tuple[str, Facts]]:
    """Gather what the author writes, to judge the author."""
    authors = [Author(seed) for seed in range(1500)]
    return [(author.condition(), author.facts()) for author in authors]


def test_the_author_writes_every_operator_and_function() -> None:
    written: set[str] = set()
    for text, _ in sample():
        tokens = find_tokens(text)
        written |= set() if isinstance(tokens, Mistake) else {each.text for each in tokens}
    assert written >= OPERATORS | FUNCTIONS


def test_the_author_meets_all_three_answers_often() -> None:
    answers = [answer(text, facts) for text, facts in sample()]
    unknown = sum(isinstance(each, Unknown) for each in answers)
    assert min(unknown, answers.count(True), answers.count(False)) > len(answers) // 10


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
