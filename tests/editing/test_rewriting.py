"""Changing a text where it differs from what it shall say: every other letter stays, whatever is changed."""

import copy
from difflib import unified_diff
from pathlib import Path

import pytest

from guerdon.config import REPOSITORY
from guerdon.program.editing.rewriting import line_of, lines_at, rewritten
from guerdon.program.editing.spans import (
    Entries,
    Items,
    Leaf,
    Lines,
    Plain,
    Spanned,
    end_of,
    find,
    plain,
    spans_of,
)
from guerdon.program.plain_yaml import as_yaml

TESTS = Path(__file__).parents[1] / "program"
TEXTS = {
    path.stem: path.read_text(encoding="utf-8")
    for path in (
        TESTS / "club.yaml",
        TESTS / "rich.yaml",
        TESTS / "small.yaml",
        REPOSITORY / "examples" / "ev_maker" / "program.yaml",
    )
}
ODD = """\
# 😀 before everything
program: odd   # behind
rules:

  # about the first
  first:   # first!
    name: 'It''s first'
    when: a.b  # why
    if: >-
      member.x &&
      member.y
    then:
    # a comment between
    - reward:
        value: {DE: 1 EUR,   NO: "2 EUR"}  # by market
        pay_from: central
    - send: ready # told
  # about the second
  "second": {name: Second, when: a.b, then: [{reward: {value: 1 EUR}}]}
empty:
"""
TEXTS["odd"] = ODD
TEXTS["json"] = (
    '{"program": "x", "rules": {"first": {"name": "First", "then": [{"send": "a"}]}, "second": {}}}\n'
)
TEXTS["windows"] = ODD.replace("\n", "\r\n")
TEXTS["marked"] = "\ufeff" + ODD


def rules_of(text: str) -> dict[str, Plain]:
    root = spans_of(text)
    assert root is not None
    said = plain(root)
    assert isinstance(said, dict)
    rules = said["rules"]
    assert isinstance(rules, dict)
    return rules


def changed_lines(old: str, new: str) -> list[str]:
    lines = unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def written(text: str, key: str, rule: Plain | None) -> str:
    made = rewritten(text, ("rules", key), rule)
    assert made is not None
    return made


@pytest.mark.parametrize("name", list(TEXTS))
def test_every_node_knows_its_letters(name: str) -> None:
    def look(node: Spanned) -> None:
        if isinstance(node, Leaf):
            if not node.style:
                assert TEXTS[name][node.start : node.end].split() == node.text.split()
            return
        inner = node.items if isinstance(node, Items) else [each for pair in node.entries for each in pair]
        for each in inner:
            look(each)

    root = spans_of(TEXTS[name])
    assert root is not None
    look(root)


@pytest.mark.parametrize("name", list(TEXTS))
def test_what_is_not_changed_keeps_every_letter(name: str) -> None:
    for key, rule in rules_of(TEXTS[name]).items():
        assert written(TEXTS[name], key, copy.deepcopy(rule)) == TEXTS[name]


@pytest.mark.parametrize("name", list(TEXTS))
def test_any_change_of_a_rule_changes_that_rule_alone(name: str) -> None:
    text = TEXTS[name]
    rules = rules_of(text)
    for key, rule in rules.items():
        assert isinstance(rule, dict)
        steps = rule.get("then", [])
        assert isinstance(steps, list)
        wishes: list[dict[str, Plain]] = [
            {**rule, "name": "Another: name"},
            {**rule, "name": {"en": "One", "ar": "واحد"}, "promise": "campaign"},
            {**rule, "if": "a && \"b\" == 'c' # no comment", "campaign": "spring"},
            {key: value for key, value in rule.items() if key != "when"},
            {**rule, "then": [*steps, {"send": "another"}]},
            {**rule, "then": [{"send": "before"}, *steps]},
            {**rule, "then": steps[:-1]},
            {**rule, "markets": ["DE", "NO"], "valid": {"from": "2026-01-01"}},
            {"name": "All of it", "then": [{"reward": {"value": {"NO": "1 EUR", "DE": "2 EUR"}}}]},
        ]
        for wish in wishes:
            after = written(text, key, wish)
            assert rules_of(after) == {**rules, key: wish}
            assert list(rules_of(after)) == list(rules)
            # Whatever stands outside of the rule's lines is there still, letter by letter.
            start, stop = lines_of(text, key)
            assert after.startswith(text[:start])
            assert after.endswith(text[stop:])


def lines_of(text: str, key: str) -> tuple[int, int]:
    """From which letter to which the lines of a rule go."""
    rules = find(spans_of(text), ("rules",))
    assert isinstance(rules, Entries)
    name, value = next(entry for entry in rules.entries if entry[0].text == key)
    return name.start, Lines(text).stop(end_of(value))


def test_an_amount_is_changed_and_its_line_keeps_its_comment() -> None:
    rule = copy.deepcopy(rules_of(ODD)["first"])
    rule["then"][0]["reward"]["value"]["NO"] = "3 EUR"  # type: ignore[index,call-overload]
    assert changed_lines(ODD, written(ODD, "first", rule)) == [
        '-        value: {DE: 1 EUR,   NO: "2 EUR"}  # by market',
        '+        value: {DE: 1 EUR,   NO: "3 EUR"}  # by market',
    ]


def test_quotes_stay_what_they_were_and_comments_stay_where_they_were() -> None:
    rule = {**rules_of(ODD)["first"], "name": "It's new", "when": "c.d"}  # type: ignore[dict-item]
    assert changed_lines(ODD, written(ODD, "first", rule)) == [
        "-    name: 'It''s first'",
        "-    when: a.b  # why",
        "+    name: 'It''s new'",
        "+    when: c.d  # why",
    ]


def test_a_folded_text_is_written_anew_and_nothing_beside_it() -> None:
    rule = {**rules_of(ODD)["first"], "if": "member.z"}  # type: ignore[dict-item]
    assert changed_lines(ODD, written(ODD, "first", rule)) == [
        "-    if: >-", "-      member.x &&", "-      member.y", "+    if: member.z",
    ]  # fmt: skip


def test_rows_move_with_their_comments() -> None:
    text = (
        "rules: {}\ntables:\n  t:\n    rows:\n    # first\n    - [a, 1]\n    - [b,  2] # two\n    - [c, 3]\n"
    )
    made = rewritten(text, ("tables", "t"), {"rows": [["c", "3"], ["b", "2"], ["a", "9"], ["d", "4"]]})
    assert made is not None
    assert "    - [b,  2] # two\n" in made
    assert made.index("[c, 3]") < made.index("[b,  2]") < made.index("[a, 9]") < made.index("[d, 4]")
    assert made.count("# first") == 1


def test_a_rule_is_added_and_taken_away() -> None:
    for name, text in TEXTS.items():
        rule: Plain = {"name": "New", "when": "a.b", "then": [{"reward": {"value": ""}}]}
        more = written(text, "fresh", rule)
        assert list(rules_of(more)) == [*rules_of(text), "fresh"], name
        assert rules_of(written(more, "fresh", None)) == rules_of(text), name
        if name not in ("json", "windows"):
            assert written(more, "fresh", None) == text, name


def test_the_first_rule_of_a_program_without_any_is_written() -> None:
    for text in ("program: x\n", "program: x\nrules:\n", "program: x\nrules: {}\n", "program: x"):
        assert rules_of(written(text, "fresh", {"name": "New"})) == {"fresh": {"name": "New"}}


@pytest.mark.parametrize(
    "text", ["program: [", "- a\n", "rules: {a: {x: 1}, a: {x: 2}}\n", "", "rules: &a {a: {}}\n"]
)
def test_what_cannot_be_changed_for_sure_is_not_changed(text: str) -> None:
    assert rewritten(text, ("rules", "a"), {"x": "3"}) is None


def test_a_stored_text_is_changed_as_a_written_one() -> None:
    text = as_yaml(TEXTS["json"])
    assert rules_of(written(text, "second", {"name": "S"}))["second"] == {"name": "S"}


def test_an_entry_is_found_with_its_lines() -> None:
    assert line_of(ODD, ("rules", "first")) == 6
    assert line_of(ODD, ("rules", "none")) is None
    assert lines_at(ODD, ("rules", "first")).startswith("first:   # first!\n  name: 'It''s first'\n")
    assert lines_at(ODD, ("rules", "first")).endswith("- send: ready # told")
