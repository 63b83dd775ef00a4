"""Another key for a rule: the rule and all that names it in the text, and no other letter."""

from collections.abc import Iterator
from dataclasses import dataclass

from guerdon.program.editing.rewriting import leaf_changed
from guerdon.program.editing.spans import Entries, Items, Leaf, Plain, Spanned, find, plain, spans_of
from guerdon.program.editing.step_forms import KINDS


@dataclass(frozen=True, slots=True)
class Used:
    """What names a rule beside itself: limits that count it, and rules that look back at what it gave."""

    limits: tuple[str, ...]
    rules: tuple[str, ...]


def used_by(text: str, key: str) -> Used:
    """What names a rule in a text."""
    root = spans_of(text)
    limits = [name for name, leaf in _counting(root) if leaf.text == key]
    rules = [name for name, leaf in _looking_back(root) if leaf.text == key]
    return Used(tuple(dict.fromkeys(limits)), tuple(dict.fromkeys(rules)))


def renamed(text: str, key: str, to: str) -> str | None:
    """The text with another key for a rule, wherever it is named; None where it cannot be changed so."""
    root = spans_of(text)
    rules = find(root, ("rules",))
    if not isinstance(rules, Entries):
        return None
    keys = [name for name, _ in rules.entries if name.text == key]
    if len(keys) != 1 or any(name.text == to for name, _ in rules.entries):
        return None
    named = [leaf for _, leaf in (*_counting(root), *_looking_back(root)) if leaf.text == key]
    made = leaf_changed(text, [*keys, *named], to)
    again = spans_of(made)
    # A key of a rule may be a word that stands elsewhere too: only those that name the rule may have changed.
    shall = _with_key(plain(root), key, to) if root is not None else None
    return made if again is not None and plain(again) == shall else None


def _counting(root: Spanned | None) -> Iterator[tuple[str, Leaf]]:
    """Each rule that a limit counts, with the limit."""
    limits = find(root, ("limits",))
    for name, limit in limits.entries if isinstance(limits, Entries) else []:
        listed = limit.find("rules") if isinstance(limit, Entries) else None
        for each in listed.items if isinstance(listed, Items) else []:
            if isinstance(each, Leaf):
                yield name.text, each


def _looking_back(root: Spanned | None) -> Iterator[tuple[str, Leaf]]:
    """Each rule at which a step of another looks back, with that other."""
    rules = find(root, ("rules",))
    for name, rule in rules.entries if isinstance(rules, Entries) else []:
        steps = rule.find("then") if isinstance(rule, Entries) else None
        for step in steps.items if isinstance(steps, Items) else []:
            for kind in KINDS:
                told = step.find(kind) if isinstance(step, Entries) else None
                of = told.find("rule") if isinstance(told, Entries) else None
                if isinstance(of, Leaf):
                    yield name.text, of


def _with_key(root: Plain, key: str, to: str) -> Plain:
    """What a text shall say once a rule has another key."""
    assert isinstance(root, dict), "the root of a program is a mapping"

    def said(value: Plain) -> Plain:
        return to if value == key else value

    def step_said(step: Plain) -> Plain:
        if not isinstance(step, dict):
            return step
        return {
            kind: {line: said(of) if line == "rule" else of for line, of in told.items()}
            if kind in KINDS and isinstance(told, dict)
            else told
            for kind, told in step.items()
        }

    def limit_said(limit: Plain) -> Plain:
        rules = limit.get("rules") if isinstance(limit, dict) else None
        if not isinstance(limit, dict) or not isinstance(rules, list):
            return limit
        return {**limit, "rules": [said(each) for each in rules]}

    def rule_said(rule: Plain) -> Plain:
        steps = rule.get("then") if isinstance(rule, dict) else None
        if not isinstance(rule, dict) or not isinstance(steps, list):
            return rule
        return {**rule, "then": [step_said(step) for step in steps]}

    rules, limits = root["rules"], root.get("limits")
    assert isinstance(rules, dict), "the rule was found in it"
    made: dict[str, Plain] = {
        **root,
        "rules": {to if name == key else name: rule_said(rule) for name, rule in rules.items()},
    }
    if isinstance(limits, dict):
        made["limits"] = {name: limit_said(limit) for name, limit in limits.items()}
    return made
