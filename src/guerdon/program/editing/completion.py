"""What may be written where somebody is typing: keys, names that the text declares, and parts of conditions.

It offers, and forbids nothing: what is right, the check says.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from guerdon.expressions.calls import TAKEN
from guerdon.program.declared import BUILT_IN_ATTRIBUTES
from guerdon.program.editing.cursor import ITEM, Cursor, cursor_at
from guerdon.program.editing.names import TYPES, UNIT_KINDS, Names, names_of
from guerdon.program.editing.spans import Plain, plain, spans_of
from guerdon.program.editing.subjects import SPANS, Subjects
from guerdon.program.editing.writable import KEYS, TEXTS, WORDS
from guerdon.program.messages.nouns import BUILT_IN_TOPICS
from guerdon.values.texts import LANGUAGES

OPTIONS_MAX = 60
# No line that somebody types is longer, and what looks for a word in one takes its time.
LINE_MAX = 2_000
# Lines whose value is a condition or another expression.
EXPRESSIONS = ("if", "is")

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*$")
_CALL = re.compile(r"(count|sum|holds|segment)\(\s*([a-z0-9_.]*)$")
_SPAN = re.compile(r"(?:count|sum)\([a-z0-9_.]+\s*,\s*'([a-z0-9]*)$")
_CHOICE = re.compile(r"([a-z_]+\.[a-z0-9_]+)\s*(?:==|!=|in\s*\[[^\]]*?)\s*'([^']*)$")


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand in place of the letters from `start` to the cursor, the likeliest first."""

    start: int
    options: tuple[str, ...]


def complete(text: str, line: int, column: int) -> Completion:
    """What may be written at a line (from 1) and column (from 0)."""
    if any(len(each) > LINE_MAX for each in text.split("\n")):
        return Completion(column, ())
    cursor = cursor_at(text, line, column)
    root = _read(text, line)
    names = names_of(root)
    event = _event(root, cursor.path)
    if not cursor.at_key and (cursor.path[-1:] in {(each,) for each in EXPRESSIONS} or _is_column(cursor)):
        return _expression(cursor, names, event)
    word = cursor.word.strip()
    keys = [key for key in _keys(cursor.path, names) if key not in cursor.here] if cursor.at_key else []
    found = [f"{key}: " for key in keys]
    # Behind a dash, either may begin.
    if not cursor.at_key or cursor.path[-1:] == (ITEM,):
        found += _values(cursor.path, names, event)
    return Completion(cursor.start, tuple(_likely(found, word)))


def _read(text: str, line: int) -> Plain | None:
    """What the text says; without the line that is being typed where it cannot be read with it."""
    root = spans_of(text)
    if root is None:
        lines = text.split("\n")
        if 0 < line <= len(lines):
            lines[line - 1] = ""
        root = spans_of("\n".join(lines))
    return plain(root) if root is not None else None


def _event(root: Plain | None, path: tuple[str, ...]) -> str:
    """The event upon which the rule here is asked."""
    tree = root if isinstance(root, dict) else {}
    rules = tree.get("rules")
    rules = rules if isinstance(rules, dict) else {}
    if path[:1] == ("rules",) and len(path) > 1:
        rule = rules.get(path[1])
        return str(rule.get("when", "")) if isinstance(rule, dict) else ""
    if path[:1] != ("tables",) or len(path) < 2:
        return ""
    # A table is asked upon the event of the first rule that gives by it.
    for rule in rules.values():
        steps = rule.get("then") if isinstance(rule, dict) else None
        for step in steps if isinstance(steps, list) else []:
            reward = step.get("reward") if isinstance(step, dict) else None
            if isinstance(reward, dict) and reward.get("table") == path[1] and isinstance(rule, dict):
                return str(rule.get("when", ""))
    return ""


def _is_column(cursor: Cursor) -> bool:
    return cursor.path[-2:] == ("columns", ITEM)


def _keys(path: tuple[str, ...], names: Names) -> Iterable[str]:
    if path[-1:] and path[-1] in TEXTS and len(path) > 1:
        return LANGUAGES
    if path[-2:] == ("reward", "value"):
        return (*names.keys("markets"), *KEYS["reward.value"])
    if (path[-1:] and path[-1] in ("amounts", "allow")) or path == ("contact", "markets"):
        return names.keys("markets")
    return next((keys for pattern, keys in KEYS.items() if _fits(pattern, path)), ())


def _fits(pattern: str, path: tuple[str, ...]) -> bool:
    """Whether a pattern is a path: `*` is any key; one that begins with a point fits at the end of any."""
    steps = pattern.split(".") if pattern else []
    if steps[:1] == [""]:
        steps = steps[1:]
        path = path[-len(steps) :]
    return len(steps) == len(path) and all(step in {"*", own} for step, own in zip(steps, path, strict=True))


def _values(path: tuple[str, ...], names: Names, event: str) -> Iterable[str]:
    steps = [step for step in path if step != ITEM]
    last = steps[-1] if steps else ""
    offer = _NAMED.get(last)
    if offer is not None and not (last in names.sections and len(steps) == 1):
        return offer(names, event)
    return next((words for pattern, words in WORDS.items() if _fits(pattern, tuple(steps))), ())


def _fields(*types: str) -> Callable[[Names, str], Iterable[str]]:
    return lambda names, event: [
        key for key, shape in names.events.get(event, {}).items() if shape.type in types
    ]


def _section(section: str) -> Callable[[Names, str], Iterable[str]]:
    return lambda names, _: names.keys(section)


_NAMED: Mapping[str, Callable[[Names, str], Iterable[str]]] = {
    "when": _section("events"),
    "event": _section("events"),
    "until": _section("events"),
    "campaign": _section("campaigns"),
    "group": _section("groups"),
    "segments": _section("segments"),
    "markets": _section("markets"),
    "market": _section("markets"),
    "rules": _section("rules"),
    "rule": _section("rules"),
    "send": _section("messages"),
    "topic": lambda names, _: (*names.keys("topics"), *BUILT_IN_TOPICS),
    "sales": _section("events"),
    "attribute": lambda names, _: [key for key, shape in names.attributes.items() if shape.type == "string"],
    "pay_from": _section("budgets"),
    "parent": _section("budgets"),
    "table": _section("tables"),
    "unit": _section("units"),
    "reference": _fields("string", "int"),
    "part": _fields("int", "money"),
    "whole": _fields("int", "money"),
    "of": _fields("int", "money"),
    "language": lambda *_: LANGUAGES,
    "type": lambda *_: TYPES,
    "kind": lambda *_: UNIT_KINDS,
}


def _expression(cursor: Cursor, names: Names, event: str) -> Completion:
    typed = cursor.word
    end = cursor.start + len(typed)
    choice, span, call = _CHOICE.search(typed), _SPAN.search(typed), _CALL.search(typed)
    if choice is not None:
        subject = Subjects(names, event).find(choice.group(1))
        options: Iterable[str] = subject.one_of if subject is not None else ()
        return Completion(end - len(choice.group(2)), tuple(_likely(options, choice.group(2))))
    if span is not None:
        return Completion(end - len(span.group(1)), tuple(_likely(SPANS, span.group(1))))
    if call is not None:
        options = _called(call.group(1), names)
        return Completion(end - len(call.group(2)), tuple(_likely(options, call.group(2))))
    found = _WORD.search(typed)
    word = found.group() if found is not None else ""
    known = [f"event.{key}" for key in ("happened_at", *names.events.get(event, {}))]
    known += [f"member.{key}" for key in (*names.attributes, *names.derived, *BUILT_IN_ATTRIBUTES)]
    calls = [f"{name}(" for name, shape in TAKEN.items() if not shape.forms[0][0]]
    return Completion(end - len(word), tuple(_likely([*known, *calls, "true", "false"], word)))


def _called(name: str, names: Names) -> Iterable[str]:
    match name:
        case "segment":
            return names.keys("segments")
        case "holds":
            return names.holdings
        case "count":
            return names.events
        case _:
            return [
                f"{event}.{key}"
                for event, shapes in names.events.items()
                for key, shape in shapes.items()
                if shape.type in ("int", "money")
            ]


def _likely(options: Iterable[str], word: str) -> list[str]:
    """Those that begin with the word, then those that hold it; all in their order."""
    known = list(dict.fromkeys(options))
    low = word.lower()
    begin = [each for each in known if each.lower().startswith(low)]
    within = [each for each in known if low in each.lower() and each not in begin]
    return [each for each in islice([*begin, *within], OPTIONS_MAX) if each != word]
