"""All mutants: those that modules of this folder declare, and those of the schema's own catalog."""

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

import tests.mutants as folder
from tests.mutants.catalog import list_schema_mutants
from tests.mutants.mutant import Mutant

NOT_DECLARING = {"__main__", "catalog", "found", "mutant", "planting"}


def list_declared() -> list[Mutant]:
    """The mutants that modules declare, in the order of their modules' names."""
    names = sorted(each.name for each in iter_modules(folder.__path__) if each.name not in NOT_DECLARING)
    return [mutant for name in names for mutant in import_module(f"tests.mutants.{name}").MUTANTS]


def list_mutants(url: str) -> list[Mutant]:
    """The declared ones, then those of a migrated database."""
    found = [*list_declared(), *list_schema_mutants(url)]
    titles = [mutant.title for mutant in found]
    assert len(set(titles)) == len(titles), "two mutants have one name"
    return found


def chosen(mutants: Sequence[Mutant], names: Sequence[str], part: str) -> list[Mutant]:
    """Those whose title holds one of the names, and of these every Nth."""
    number, parts = (int(each) for each in part.split("/"))
    asked = [m for m in mutants if not names or any(name.casefold() in m.title.casefold() for name in names)]
    return asked[number - 1 :: parts]
