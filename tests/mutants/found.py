"""The mutants that modules of this folder declare: each that has some calls them MUTANTS."""

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, TypeVar

import tests.mutants as folder
from tests.mutants.mutant import Mutant

NOT_DECLARING = {"__main__", "catalog", "found", "mutant", "planting", "trying", "verdict"}


class Titled(Protocol):
    """What can be asked for by name."""

    @property
    def title(self) -> str: ...


T = TypeVar("T", bound=Titled)


def list_declared() -> list[Mutant]:
    """The mutants that modules declare, in the order of their modules' names."""
    names = sorted(
        each.name
        for each in iter_modules(folder.__path__)
        if each.name not in NOT_DECLARING and not each.name.startswith("test_")
    )
    found = [mutant for name in names for mutant in import_module(f"tests.mutants.{name}").MUTANTS]
    titles = [mutant.title for mutant in found]
    assert len(set(titles)) == len(titles), "two mutants have one name"
    return found


def chosen(mutants: Sequence[T], names: Sequence[str], part: str) -> list[T]:
    """Those whose title holds one of the names, and of these every Nth."""
    number, parts = (int(each) for each in part.split("/"))
    asked = [m for m in mutants if not names or any(name.casefold() in m.title.casefold() for name in names)]
    return asked[number - 1 :: parts]
