"""The table of fields, read from `fields.md`, and the check that nothing else is accepted."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

TABLE = Path(__file__).with_name("fields.md")
TRUSTS = frozenset("VDSU")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
NOWHERE = ""

Check = Callable[[Any, str], str | None]


class Field(NamedTuple):
    """One row: a field of a shape, with what is known of it."""

    shape: str
    name: str
    kind: str
    must: str
    trust: str
    source: str


@cache
def rows() -> tuple[Field, ...]:
    """Every row of the table about a field."""
    found = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == len(Field._fields) and cells[0] not in ("shape", "---"):
            found.append(Field(*cells))
    return tuple(found)


@cache
def shapes() -> dict[str, dict[str, Field]]:
    """The fields of each shape by name."""
    found: dict[str, dict[str, Field]] = {}
    for row in rows():
        fields = found.setdefault(row.shape, {})
        if row.name:
            fields[row.name] = row
    return found


def problem(shape: str, value: object) -> str | None:
    """What is wrong with a value of a shape, in words with its place, or nothing."""
    return _shape(shape)(value, NOWHERE)


@cache
def _shape(name: str) -> Check:
    fields = shapes()[name]
    checks = {row.name: _kind(row.kind) for row in fields.values()}
    needed = [row.name for row in fields.values() if row.must == "yes"]

    def check(value: object, place: str) -> str | None:
        if not isinstance(value, dict):
            return f"{place or 'the body'} must be an object"
        for key, inner in value.items():
            known = checks.get(key)
            if known is None:
                return f"unknown field {place}{'.' if place else ''}{key} (not in the documents of {name})"
            found = known(inner, f"{place}.{key}" if place else key)
            if found is not None:
                return found
        missing = [one for one in needed if one not in value]
        return f"{place or 'the body'} needs {', '.join(missing)}" if missing else None

    return check


def _list_of(inner: Check) -> Check:
    def check(value: object, place: str) -> str | None:
        if not isinstance(value, list):
            return f"{place} must be a list"
        for number, one in enumerate(value):
            found = inner(one, f"{place}[{number}]")
            if found is not None:
                return found
        return None

    return check


def _map_of(inner: Check, *, null: bool) -> Check:
    def check(value: object, place: str) -> str | None:
        if not isinstance(value, dict):
            return f"{place} must be an object"
        for key, one in value.items():
            found = None if null and one is None else inner(one, f"{place}.{key}")
            if found is not None:
                return found
        return None

    return check


def _plain(what: str, fits: Callable[[object], bool]) -> Check:
    def check(value: object, place: str) -> str | None:
        return None if fits(value) else f"{place} must be {what}"

    return check


PLAIN = {
    "str": _plain("a string", lambda value: isinstance(value, str)),
    "int": _plain("an integer", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "num": _plain("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "bool": _plain("true or false", lambda value: isinstance(value, bool)),
    "time": _plain("a time", lambda value: isinstance(value, str) and TIME.fullmatch(value) is not None),
    "any": _plain("anything", lambda _: True),
}


def _kind(kind: str) -> Check:
    if kind.startswith("["):
        return _list_of(_kind(kind[1:-1]))
    if kind.startswith("{"):
        inner = kind[1:-1]
        return _map_of(_kind(inner.rstrip("?")), null=inner.endswith("?"))
    if kind.startswith("@"):
        # Looked up when first used: shapes name each other.
        return lambda value, place: _shape(kind[1:])(value, place)  # noqa: PLW0108
    return PLAIN[kind]


def query_problem(shape: str, pairs: list[tuple[str, str]]) -> str | None:
    """What is wrong with query parameters or form fields, which are all text on the wire."""
    fields = shapes()[shape]
    for name, text in pairs:
        if name not in fields:
            return f"unknown parameter {name} (not in the documents of {shape})"
        kind = fields[name].kind
        if kind == "int" and not re.fullmatch(r"-?\d+", text):
            return f"parameter {name} must be an integer"
        if kind == "bool" and text not in ("true", "false"):
            return f"parameter {name} must be true or false"
    given = {name for name, _ in pairs}
    missing = [row.name for row in fields.values() if row.must == "yes" and row.name not in given]
    return f"parameters missing: {', '.join(missing)}" if missing else None
