"""A table of fields, read from a `fields.md`, and the check that nothing else is accepted."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

TRUSTS = frozenset("VDSU")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")

Check = Callable[[Any, str], "Problem | None"]


class Field(NamedTuple):
    """One row: a field of a shape, with what is known of it."""

    shape: str
    name: str
    kind: str
    must: str
    trust: str
    source: str


class Problem(NamedTuple):
    """What is wrong with a value, and where it stands."""

    place: tuple[str, ...]
    text: str
    missing: bool = False

    def written(self) -> str:
        """The problem as one sentence."""
        return f"{'.'.join(self.place) or 'the body'}: {self.text}"


def _plain(what: str, fits: Callable[[Any], bool]) -> Callable[[Any], str | None]:
    return lambda value: None if fits(value) else f"must be {what}"


PLAIN = {
    "str": _plain("a string", lambda value: isinstance(value, str)),
    "int": _plain("an integer", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "num": _plain("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "bool": _plain("true or false", lambda value: isinstance(value, bool)),
    "time": _plain("a time", lambda value: isinstance(value, str) and TIME.fullmatch(value) is not None),
    "date": _plain("a date", lambda value: isinstance(value, str) and DAY.fullmatch(value) is not None),
    "any": _plain("anything", lambda _: True),
}


class Table:
    """The shapes of one vendor's requests and answers."""

    def __init__(self, path: Path) -> None:
        self.rows = list(_read(path))
        self.shapes: dict[str, dict[str, Field]] = {}
        for row in self.rows:
            fields = self.shapes.setdefault(row.shape, {})
            if row.name:
                fields[row.name] = row
        self.checks: dict[str, Check] = {}

    def figure(self, name: str) -> int:
        """A number that the table states, in its shape `figures`."""
        return int(self.shapes["figures"][name].kind)

    def problem(self, shape: str, value: object) -> Problem | None:
        """What is wrong with a value of a shape, or nothing."""
        return self._check(shape, value, ())

    def query_problem(self, shape: str, pairs: list[tuple[str, str]]) -> Problem | None:
        """What is wrong with query parameters, which are all text on the wire."""
        fields = self.shapes[shape]
        for name, text in pairs:
            if name not in fields:
                return Problem((name,), f"unknown parameter (not in the documents of {shape})")
            kind = fields[name].kind
            if kind == "int" and not re.fullmatch(r"\d+", text):
                return Problem((name,), "must be an integer")
            if kind == "bool" and text not in ("true", "false"):
                return Problem((name,), "must be true or false")
            if kind not in ("int", "bool"):
                wrong = self._value(kind, text, (name,))
                if wrong is not None:
                    return wrong
        return None

    def _check(self, shape: str, value: object, place: tuple[str, ...]) -> Problem | None:
        if not isinstance(value, dict):
            return Problem(place, "must be an object")
        fields = self.shapes[shape]
        for name, inner in value.items():
            known = fields.get(name)
            if known is None:
                return Problem((*place, name), f"unknown field (not in the documents of {shape})")
            found = self._value(known.kind, inner, (*place, name))
            if found is not None:
                return found
        for row in fields.values():
            if row.must == "yes" and row.name not in value:
                return Problem((*place, row.name), "is missing", missing=True)
        return None

    def _value(self, kind: str, value: Any, place: tuple[str, ...]) -> Problem | None:
        """Check a value of a kind: `str<=9`, `one:A,B`, `[kind]`, `{kind}`, `@Shape`, `@A|@B`, `kind?`."""
        if kind.endswith("?"):
            return None if value is None else self._value(kind[:-1], value, place)
        built = {"@": self._any_shape, "[": self._list, "{": self._map}.get(kind[0])
        if built is not None:
            return built(kind, value, place)
        text = _simple(kind, value)
        return None if text is None else Problem(place, text)

    def _any_shape(self, kind: str, value: Any, place: tuple[str, ...]) -> Problem | None:
        found = [self._check(one.removeprefix("@"), value, place) for one in kind.split("|")]
        return None if None in found else found[-1]

    def _list(self, kind: str, value: Any, place: tuple[str, ...]) -> Problem | None:
        if not isinstance(value, list):
            return Problem(place, "must be a list")
        for number, one in enumerate(value):
            found = self._value(kind[1:-1], one, (*place, str(number)))
            if found is not None:
                return found
        return None

    def _map(self, kind: str, value: Any, place: tuple[str, ...]) -> Problem | None:
        if not isinstance(value, dict):
            return Problem(place, "must be an object")
        for name, one in value.items():
            found = self._value(kind[1:-1], one, (*place, name))
            if found is not None:
                return found
        return None


def _simple(kind: str, value: Any) -> str | None:
    """What is wrong with a value that has no parts."""
    if kind.startswith("one:"):
        named = kind.removeprefix("one:").split(",")
        return None if value in named else f"must be one of {', '.join(named)}"
    if kind.startswith("str<="):
        most = int(kind.removeprefix("str<="))
        fits = isinstance(value, str) and len(value) <= most
        return None if fits else f"must be a string of at most {most} characters"
    return PLAIN[kind](value)


def _read(path: Path) -> list[Field]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if line.startswith("|") and len(cells) == len(Field._fields) and cells[0] not in ("shape", "---"):
            found.append(Field(*cells))
    return found
