"""The table of fields, and the two spellings that a field of a protocol buffer has in JSON."""

import re
from pathlib import Path
from typing import Any

from standins.suppliers.table import Problem, Table

TABLE = Table(Path(__file__).with_name("fields.md"))
# What is no protocol buffer has one spelling alone.
PLAIN_JSON = ("WebNotification", "WebAction")


class Misread(Exception):  # noqa: N818 - says what it found
    """A request that is no message."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.written())
        self.problem = problem


def spelled(shape: str, value: Any, place: tuple[str, ...] = ()) -> Any:
    """The value with every field as the table spells it; `collapseKey` and `collapse_key` are one field."""
    if value is None:
        raise Misread(Problem(place, "must not be null"))
    if not isinstance(value, dict) or shape in PLAIN_JSON:
        return value
    fields, found = TABLE.shapes[shape], {}
    for name, inner in value.items():
        snake = re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
        known = name if name in fields or snake not in fields else snake
        if known in found:
            raise Misread(Problem((*place, name), "is there twice"))
        kind = fields[known].kind if known in fields else "any"
        here = (*place, known)
        if kind.startswith("@"):
            inner = spelled(kind[1:], inner, here)  # noqa: PLW2901 - the same value, spelled
        found[known] = inner
    return found


def checked(shape: str, value: Any) -> Any:
    """The value, spelled as in the table and with nothing beside it."""
    well = spelled(shape, value)
    wrong = TABLE.problem(shape, well)
    if wrong is not None:
        raise Misread(Problem(_indexed(shape, well, wrong.place), wrong.text, wrong.missing))
    return well


def _indexed(shape: str, value: Any, place: tuple[str, ...]) -> tuple[str, ...]:
    """The place as Google names it: an entry of a map is `data[0].value`."""
    named: list[str] = []
    for name in place:
        row = TABLE.shapes[shape].get(name) if shape else None
        if isinstance(value, dict) and row is None and named and not shape:
            named[-1] += f"[{list(value).index(name)}].value"
        else:
            named.append(name)
        kind = row.kind if row is not None else ""
        shape = kind[1:] if kind.startswith("@") else ""
        value = value.get(name) if isinstance(value, dict) else None
    return tuple(named)
