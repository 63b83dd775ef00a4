"""How parts of a program are laid side by side: rows of a table by what they ask, mappings by their property.

What is only an order in the file would else be a change of everything behind it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, is_dataclass, replace
from typing import Any, TypeVar

from guerdon.program.diff.walk import At
from guerdon.program.model import (
    Connection,
    DealMapping,
    HoldingKind,
    HoldingStep,
    PropertyMapping,
    Row,
    Table,
)

Entry = TypeVar("Entry")
Step = TypeVar("Step", bound=At)


@dataclass(frozen=True, slots=True)
class AtRow(At):
    """A step to a row of a table, by what its columns ask there."""

    asked: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AtStep(At):
    """A step to one of several that have no key of their own, by the words it is told with."""


def viewed(value: object) -> object:
    """A value as it is laid beside another: with all of its fields, some of them by name."""
    match value:
        case Table(rows=rows, columns=columns):
            return replace(value, rows=_keyed(rows, lambda row: _at_row(columns, row)))
        case Connection(mappings=mappings):
            deals = _keyed(value.deals, _at_property)
            return replace(value, mappings=_keyed(mappings, _at_property), deals=deals)
        case HoldingKind():
            lives = (value.opens, value.changes, value.closes)
            opens, changes, closes = (_keyed(each, _at_event) for each in lives)
            return replace(value, opens=opens, changes=changes, closes=closes)
        case _:
            return value


def follows(old: object, new: object, field: str) -> bool:
    """Whether a field differs only because another does, which says it."""
    if isinstance(old, Table) and isinstance(new, Table):
        return field == "values" and (old.rows != new.rows or tuple(old.rows) != tuple(new.rows))
    if isinstance(old, Row) and isinstance(new, Row):
        return field == "cells" and old.value != new.value
    return False


def _at_row(columns: Iterable[str], row: Row) -> AtRow:
    asked = tuple(zip(columns, row.cells[:-1], strict=False))
    return AtRow(", ".join(row.cells[:-1]), asked)


def _at_property(mapping: PropertyMapping | DealMapping) -> AtStep:
    return AtStep(mapping.property if mapping.value is None else f"{mapping.property} = {mapping.value}")


def _at_event(step: HoldingStep) -> AtStep:
    return AtStep(step.event)


def _keyed(entries: tuple[Entry, ...], at: Callable[[Entry], Step]) -> Any:
    """Entries by a name of their own; as they stand where two would have the same."""
    if not isinstance(entries, tuple) or not all(is_dataclass(entry) for entry in entries):
        return entries
    found = {at(entry): entry for entry in entries}
    return found if len(found) == len(entries) else entries
