"""The walk: two values side by side, down to what differs; it knows dataclasses and mappings, and no noun.

A field that is added to the model tomorrow is walked like any other, so none can change unseen.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import zip_longest
from typing import NamedTuple

from guerdon.values.money import Money


@dataclass(frozen=True, slots=True)
class At:
    """A step into a mapping."""

    key: str


# The name of a field, the place in a sequence, or a key.
Step = str | int | At
ORDER = "(order)"


class Leaf(NamedTuple):
    """Two values that differ, with the records that hold them; None is one that is not there."""

    path: tuple[Step, ...]
    old: object
    new: object
    holders: tuple[object, object] = (None, None)


def walk(old: object, new: object, path: tuple[Step, ...] = (), holders: object = None) -> Iterator[Leaf]:
    """Everything in which two values differ."""
    beside = holders if isinstance(holders, tuple) else (None, None)
    # An amount is one value, with its unit.
    if type(old) is type(new) and is_dataclass(old) and not isinstance(old, Money):
        for field in fields(old):
            if field.compare:
                both = getattr(old, field.name), getattr(new, field.name)
                yield from walk(*both, (*path, field.name), (old, new))
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _walk_mapping(old, new, path, beside)
    elif _holds_records(old) and _holds_records(new):
        assert isinstance(old, tuple)
        assert isinstance(new, tuple)
        for place, (one, other) in enumerate(zip_longest(old, new)):
            yield from walk(one, other, (*path, place), beside)
    elif old != new:
        yield Leaf(path, old, new, (beside[0], beside[1]))


def _walk_mapping(
    old: Mapping[str, object],
    new: Mapping[str, object],
    path: tuple[Step, ...],
    beside: tuple[object, object],
) -> Iterator[Leaf]:
    for key in {**old, **new}:
        step = (*path, At(str(key)))
        if key in old and key in new:
            yield from walk(old[key], new[key], step, beside)
        else:
            yield Leaf(step, old.get(key), new.get(key), beside)
    # Rules and limits are asked in the order of the file.
    before, after = [key for key in old if key in new], [key for key in new if key in old]
    if before != after:
        yield Leaf((*path, ORDER), tuple(before), tuple(after), beside)


def _holds_records(value: object) -> bool:
    return isinstance(value, tuple) and (not value or any(is_dataclass(each) for each in value))
