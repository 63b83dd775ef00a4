"""Another key for a rule: all that names it follows, and every other letter stays."""

import pytest
from tests.editing.test_rewriting import ODD, TEXTS, changed_lines, rules_of

from guerdon.program.editing.renaming import Used, renamed, used_by
from guerdon.program.load import read_program
from guerdon.program.model import Program

NAMED = """\
limits:
  first: { per: member, period: year, times: 3, rules: [first, "second"] }  # first of all
  other:
    per: rule
    period: day
    times: 1
    rules:
    - 'first'  # first
    - second
rules:
  first:   # first!
    name: first
    when: first
    then: [{reward: {value: 1 EUR, reference: first}}]
  second:
    when: first
    then:
    - reverse: {rule: first, reference: first, part: first, whole: x} # takes back
    - release:
        rule: "first"
    - send: first
segments:
  first: { if: "true" }
"""


def test_whatever_names_a_rule_follows_and_nothing_else_does() -> None:
    made = renamed(NAMED, "first", "welcome")
    assert made is not None
    assert [line for line in changed_lines(NAMED, made) if line[0] == "+"] == [
        '+  first: { per: member, period: year, times: 3, rules: [welcome, "second"] }  # first of all',
        "+    - 'welcome'  # first",
        "+  welcome:   # first!",
        "+    - reverse: {rule: welcome, reference: first, part: first, whole: x} # takes back",
        '+        rule: "welcome"',
    ]
    assert used_by(NAMED, "first") == Used(("first", "other"), ("second",))
    assert renamed(made, "welcome", "first") == NAMED


@pytest.mark.parametrize("name", list(TEXTS))
def test_there_and_back_again_is_the_same_text(name: str) -> None:
    for key in rules_of(TEXTS[name]):
        made = renamed(TEXTS[name], key, "another_key")
        assert made is not None
        assert list(rules_of(made)) == [
            "another_key" if each == key else each for each in rules_of(TEXTS[name])
        ]
        assert renamed(made, "another_key", key) == TEXTS[name]


@pytest.mark.parametrize("name", ["rich", "club"])
def test_a_program_without_mistakes_has_none_under_another_key(name: str) -> None:
    for key in rules_of(TEXTS[name]):
        made = renamed(TEXTS[name], key, "another_key")
        assert made is not None
        assert isinstance(read_program(made), Program), key


def test_what_is_not_sure_is_left_alone() -> None:
    twice = "rules:\n  a: { name: A }\n  b: { name: B }\n  a: { name: C }\n"
    for text, key, to in (
        (twice, "a", "c"),
        (ODD, "first", "second"),
        (ODD, "none", "x"),
        ("- a\n", "a", "b"),
    ):
        assert renamed(text, key, to) is None
    assert changed_lines(twice, renamed(twice, "b", "c") or "") == ["-  b: { name: B }", "+  c: { name: B }"]
