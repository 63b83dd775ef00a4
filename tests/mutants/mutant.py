"""What a mutant is: one named defect, the invariant it breaks, how it is planted, and who must turn red."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Mutant:
    """A defect: `sql` is run in each database after its migration, `patch` when the tests' process begins."""

    invariant: str
    name: str
    # Arguments for pytest: files or tests.
    tests: tuple[str, ...]
    sql: str = ""
    patch: Callable[[], None] | None = None
    # Which tests of these, as pytest's -k has it; all when nothing is said.
    only: str = ""
    # Whether its tests are of the full set alone.
    full: bool = False

    @property
    def title(self) -> str:
        """As it is told and asked for."""
        return f"{self.invariant}: {self.name}"


def put(place: str, thing: object) -> None:
    """Put another thing in a place of the code, `guerdon.ledger.trail:seal_hash`, which must be there."""
    module, _, name = place.partition(":")
    owner = import_module(module)
    assert hasattr(owner, name), f"{place} is not there"
    setattr(owner, name, thing)
