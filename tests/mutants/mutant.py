"""What a mutant is: one named defect, the invariant it breaks, how it is planted, and who must turn red."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import psycopg

# How it is tried: by its tests in a process of its own; in a house of the property machine, in this process;
# by a model, which knows the mistake itself; or by a test that plants it, and is green when it is found.
Way = Literal["process", "machine", "model", "own"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A defect: `sql` is run in each database after its migration, `patch` when the tests' process begins."""

    invariant: str
    name: str
    # Arguments for pytest: files or tests.
    tests: tuple[str, ...]
    sql: str = ""
    patch: Callable[[], None] | None = None
    # Whether its tests are of the full set alone.
    full: bool = False
    # The test of the programme that names it, with a dot where it must be run by that name: "T-01 ●".
    of: str = ""
    way: Way = "process"
    # Of those of the machine: a test of a house that notices too, in a moment.
    quick: str = ""

    @property
    def title(self) -> str:
        """As it is told and asked for."""
        return f"{self.invariant}: {self.name}"


_REPLACED: list[tuple[object, str, object]] = []


def put(place: str, thing: object) -> None:
    """Put another thing in a place of the code, `guerdon.ledger.trail:seal_hash`, which must be there."""
    module, _, path = place.partition(":")
    owner: object = import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    assert hasattr(owner, name), f"{place} is not there"
    _REPLACED.append((owner, name, getattr(owner, name)))
    setattr(owner, name, thing)


def rewriting(parts: Mapping[str, str]) -> None:
    """Have every connection say other things where these stand in a statement."""
    execute = psycopg.Connection.execute

    def execute_other(db: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(query, str):
            for part, other in parts.items():
                query = query.replace(part, other)
        return execute(db, query, *args, **kwargs)

    put("psycopg:Connection.execute", execute_other)


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """Have a mutant in this process for a while."""
    assert mutant.patch is not None
    try:
        mutant.patch()
        yield
    finally:
        while _REPLACED:
            setattr(*_REPLACED.pop())
