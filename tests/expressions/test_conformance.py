"""The CEL project's own conformance files, for the part of CEL that is taken.

Each case is answered as the file says (by Python, and by PostgreSQL), or it is refused when it is read, and
then for a reason that stands here: a part of CEL that is not taken. A case that must be an error is unknown,
or refused, which is to say so earlier.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.evidence import Figures
from tests.expressions.textproto import Message, Text, read_textproto

from guerdon import embedded
from guerdon.expressions import Declarations, Expression, Mistake, Type, Unknown, compile_expression
from guerdon.expressions.sql_code import Columns, sql_code
from guerdon.expressions.tokens import find_tokens

FOLDER = Path(__file__).parent / "conformance"
SQL_TYPES = {Type.BOOL: "boolean", Type.INT: "int8", Type.STRING: "text"}
MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
# What a mistake says, and which part of CEL is thereby not taken. The first that fits counts.
REASONS = {
    "fractions": r"fractions are not taken",
    "unsigned numbers": r"unsigned numbers are not taken",
    "bytes": r"bytes are not taken",
    "null": r"null is not taken",
    "maps and messages": r"maps \{|messages \{",
    "indexing": r"\[\.\.\.\] after a value",
    "lists but after in": r"a list stands only|in takes a list",
    "macros over lists": r"over a list is not taken",
    "conversions": r"conversion with|takes a text that is written out",
    "matches": r"matches\(\)",
    "milliseconds": r"getMilliseconds",
    "names without event or member": r"unknown name|after a value is not taken|no value by itself",
    "nanoseconds": r"is no instant|is no duration",
    "values of several types": r"compares|both sides of :|takes|is (bool|int|string), not|does not take",
    "NUL and half characters": r"a NUL",
    "deeper or longer than our bounds": r"nested more",
    "names in backticks": r"'`' is no part of a condition",
    "functions of others": r"unknown function|is not called like this",
}


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    facts: Mapping[str, object]
    fields: Mapping[str, Type]
    # None for an error
    value: object
    # None for any, where an error is expected
    type: Type | None


@dataclass(frozen=True)
class Left:
    """A case that says nothing about a program's conditions, and why."""

    name: str
    reason: str


def read_cases() -> Iterator[Case | Left]:
    for path in sorted(FOLDER.glob("*.textproto")):
        for section in read_textproto(path.read_text(encoding="utf-8")).get("section", []):
            for test in section.get("test", []):
                place = f"{path.stem}/{section['name'][0].read()}/{test['name'][0].read()}"
                yield _case(place, test)


def _case(name: str, test: Message) -> Case | Left:  # noqa: PLR0911 (one for each reason to leave it)
    text = test["expr"][0].read()
    facts: dict[str, object] = {}
    fields: dict[str, Type] = {}
    for each in test.get("type_env", []):
        kind = each.get("ident", [{}])[0].get("type", [{}])[0].get("primitive", [""])[0]
        declared = {"INT64": Type.INT, "BOOL": Type.BOOL, "STRING": Type.STRING}.get(kind)
        if declared is None:
            return Left(name, "variables of types that a program does not have")
        fields[each["name"][0].read()] = declared
    for each in test.get("bindings", []):
        found = _value(each["value"][0]["value"][0]) if "value" in each["value"][0] else None
        if found is None:
            return Left(name, "variables of types that a program does not have")
        facts[each["key"][0].read()], fields[each["key"][0].read()] = found
    text = _with_fields(text, fields)
    if any(not re.fullmatch(r"\w+", each) for each in fields):
        return Left(name, "variables with a point in their name")
    if "value" in test or not test.keys() & {"eval_error", "unknown", "any_eval_errors", "typed_result"}:
        expected = _value(test["value"][0]) if "value" in test else (True, Type.BOOL)
        if expected is None:
            return Left(name, "results of types that no condition has")
        return Case(name, text, facts, fields, *expected)
    if "eval_error" in test or "any_eval_errors" in test:
        return Case(name, text, facts, fields, None, None)
    return Left(name, "only the deduced type is asked for")


def _value(value: Message) -> tuple[object, Type] | None:
    for name, [found] in value.items():
        match name:
            case "bool_value":
                return found == "true", Type.BOOL
            case "int64_value":
                return int(found), Type.INT
            case "string_value":
                assert isinstance(found, Text)
                return found.read(), Type.STRING
            case "object_value":
                return _object(found)
    return None


def _object(found: Message) -> tuple[object, Type] | None:
    for kind, [value] in found.items():
        seconds, nanos = (int(value.get(each, ["0"])[0]) for each in ("seconds", "nanos"))
        size = timedelta(seconds=seconds, microseconds=nanos // 1000)
        if kind.endswith("google.protobuf.Timestamp"):
            return MOMENT + size, Type.TIMESTAMP
        if kind.endswith("google.protobuf.Duration"):
            return size, Type.DURATION
    return None


def _with_fields(text: str, fields: Mapping[str, Type]) -> str:
    """Write the variables of a case as fields of the event."""
    tokens = find_tokens(text)
    if isinstance(tokens, Mistake):
        return text
    before = ["", *(each.text for each in tokens)]
    for place in range(len(tokens) - 1, -1, -1):
        token = tokens[place]
        if token.kind == "IDENT" and token.text in fields and before[place] != ".":
            text = f"{text[: token.at]}event.{text[token.at :]}"
    return text


def compiled(case: Case) -> Expression | list[Mistake]:
    declarations = Declarations({"event": case.fields})
    if case.type is not None:
        return compile_expression(case.text, declarations, case.type)
    tried = [compile_expression(case.text, declarations, kind) for kind in Type]
    read = [each for each in tried if isinstance(each, Expression)]
    return read[0] if read else tried[0]


def reason_of(mistakes: list[Mistake]) -> str | None:
    said = "; ".join(each.what for each in mistakes)
    return next((reason for reason, pattern in REASONS.items() if re.search(pattern, said)), None)


@dataclass
class Outcome:
    agree: dict[str, tuple[Case, Expression]]
    differ: list[str]
    refused: Counter[str]
    left: Counter[str]
    errors_refused: int


@cache
def outcome() -> Outcome:
    found = Outcome({}, [], Counter(), Counter(), 0)
    for case in read_cases():
        if isinstance(case, Left):
            found.left[case.reason] += 1
            continue
        read = compiled(case)
        if isinstance(read, list):
            reason = reason_of(read)
            if case.type is None and reason is not None:
                found.errors_refused += 1
            elif reason is not None:
                found.refused[reason] += 1
            else:
                found.differ.append(f"{case.name}: {case.text}: {'; '.join(map(str, read))}")
            continue
        answer: Any = read(case.facts, {})
        if isinstance(answer, Unknown):
            answer = None
        if answer == case.value and type(answer) is type(case.value):
            found.agree[case.name] = case, read
        else:
            found.differ.append(f"{case.name}: {case.text}: {answer!r} and not {case.value!r}")
    return found


def test_every_case_is_answered_or_refused_with_a_reason(figures: Figures) -> None:
    found = outcome()
    told = {
        "answered as the file says": len(found.agree),
        "of these by an error, which is unknown here": sum(
            case.value is None for case, _ in found.agree.values()
        ),
        "an error, and refused": found.errors_refused,
        "refused, not taken": dict(found.refused.most_common()),
        "left out": dict(found.left.most_common()),
    }
    print("\n", told)  # noqa: T201
    figures |= told
    assert found.differ == []
    # As many as there are in the files: a case that falls out of one of these must be looked at.
    assert (len(found.agree), found.errors_refused) == (321, 87)
    assert (found.refused.total(), found.left.total()) == (563, 267)
    assert REASONS.keys() == found.refused.keys()


@pytest.fixture(scope="module")
def connection(postgres: embedded.Server) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connected:
        yield connected


def test_postgresql_answers_the_same(connection: psycopg.Connection) -> None:
    for name, (case, read) in outcome().agree.items():
        columns = {("event", key): f"%(f_{key})s::{SQL_TYPES[kind]}" for key, kind in case.fields.items()}
        code = sql_code(read, Columns(columns))
        params = {**code.params, **{f"f_{key}": case.facts.get(key) for key in case.fields}}
        [answer] = connection.execute(f"select {code.text}".encode(), params).fetchone() or [None]
        expected = case.value
        if isinstance(expected, timedelta):
            expected = expected // timedelta(microseconds=1)
        assert answer == expected, (name, case.text)
