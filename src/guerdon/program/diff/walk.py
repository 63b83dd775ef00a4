"""The walk: two values side by side, down to what differs; it knows dataclasses and mappings, and no noun.

A field that is added to the model tomorrow is walked like any other, so none can change unseen.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import zip_longest
from typing import NamedTuple

from guerdon.values.money import Money


@dataclass(frozen=True, slots=True)
class At:
    """A step into a mapping."""

    key: str

    def __str__(self) -> str:
        """Its key, as it is told."""
        return self.key


# The name of a field, the place in a sequence, or a key.
Step = str | int | At
ORDER = "(order)"


class Leaf(NamedTuple):
    """Two values that differ, with the records that hold them; None is one that is not there."""

    path: tuple[Step, ...]
    old: object
    new: object
    holders: tuple[object, object] = (None, None)


@dataclass(frozen=True, slots=True)
class Sight:
    """How values are laid side by side, and which fields of two records say nothing of their own."""

    view: Callable[[object], object] = lambda value: value
    follows: Callable[[object, object, str], bool] = lambda _old, _new, _field: False


PLAIN = Sight()


def walk(
    old: object, new: object, path: tuple[Step, ...] = (), holders: object = None, sight: Sight = PLAIN
) -> Iterator[Leaf]:
    """Everything in which two values differ."""
    beside = holders if isinstance(holders, tuple) else (None, None)
    one, other = sight.view(old), sight.view(new)
    # An amount is one value, with its unit.
    if type(one) is type(other) and is_dataclass(one) and not isinstance(one, Money):
        for field in fields(one):
            if field.compare and not sight.follows(one, other, field.name):
                both = getattr(one, field.name), getattr(other, field.name)
                yield from walk(*both, (*path, field.name), (old, new), sight)
    elif isinstance(one, Mapping) and isinstance(other, Mapping):
        yield from _walk_mapping(one, other, path, (beside[0], beside[1]), sight)
    elif _holds_records(one) and _holds_records(other):
        assert isinstance(one, tuple)
        assert isinstance(other, tuple)
        for place, (first, second) in enumerate(zip_longest(one, other)):
            yield from walk(first, second, (*path, place), beside, sight)
    elif one != other:
        yield Leaf(path, one, other, (beside[0], beside[1]))


def _walk_mapping(
    old: Mapping[object, object],
    new: Mapping[object, object],
    path: tuple[Step, ...],
    beside: tuple[object, object],
    sight: Sight,
) -> Iterator[Leaf]:
    for key in {**old, **new}:
        step = (*path, key if isinstance(key, At) else At(str(key)))
        if key in old and key in new:
            yield from walk(old[key], new[key], step, beside, sight)
        else:
            yield Leaf(step, old.get(key), new.get(key), beside)
    # Rules and limits are asked in the order of the file.
    before, after = [key for key in old if key in new], [key for key in new if key in old]
    if before != after:
        yield Leaf((*path, ORDER), tuple(before), tuple(after), beside)


def _holds_records(value: object) -> bool:
    return isinstance(value, tuple) and (not value or any(is_dataclass(each) for each in value))
