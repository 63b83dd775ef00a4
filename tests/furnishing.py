"""Programs that databases of tests begin with: published once, then copied with all that publishing wrote.

A folder says by its fixture `furnishing` with which; a house of it then asks for `laid_out` instead of
`database`, publishes as if nothing were there (`published`), and finds it in the copy. Where it asks for
another program, or for none, the test fails: no test begins with rows that it did not ask for.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lending import lent

if TYPE_CHECKING:
    from guerdon.program.model import Program

BY = "test"
REPOSITORY = Path(__file__).resolve().parents[1]
# What a copied database began with, until its house asks for it.
_laid_out: dict[str, "Furniture"] = {}


@dataclass(frozen=True, slots=True)
class Furnishing:
    """A program file that is published at an instant."""

    file: Path
    at: datetime

    def lay_out(self, url: str, secret: str) -> "Furniture":
        """Publish it into a database, to be copied from then on."""
        # Not at the top: tests of other parts must run while these do not load.
        from guerdon.engine.publish import publish  # noqa: PLC0415

        program = read_once(self.file)
        with lent(url, secret, "owner") as db:
            program_id = publish(db, program, BY, self.at).program_id
        return Furniture(program.key, program.sha, self.at, program_id)


@dataclass(frozen=True, slots=True)
class Furniture:
    """What a template has in it: which text, since when, under which number."""

    key: str
    sha: str
    at: datetime
    program_id: int


def read_once(file: Path) -> "Program":
    """The program of a file; one of the repository, which no test changes, is read once."""
    return _read_once(file) if file.is_relative_to(REPOSITORY) else _read(file)


@lru_cache(maxsize=32)
def _read_once(file: Path) -> "Program":
    return _read(file)


def _read(file: Path) -> "Program":
    # Not at the top: tests of other parts must run while this one does not load.
    from guerdon.program.load import load_program  # noqa: PLC0415
    from guerdon.program.model import Program  # noqa: PLC0415

    program = load_program(file)
    assert isinstance(program, Program), program
    return program


def published(url: str, secret: str, program: "Program", at: datetime) -> int:
    """Publish a program as the first of a database, unless that began with the very same; its number."""
    from guerdon.engine.publish import publish  # noqa: PLC0415

    there = _laid_out.pop(url, None)
    if there is not None:
        assert (there.key, there.sha, there.at) == (program.key, program.sha, at), (
            "this folder's databases begin with another program: see its fixture furnishing"
        )
        return there.program_id
    with lent(url, secret, "owner") as db:
        return publish(db, program, BY, at).program_id


def begins_with(url: str, furniture: Furniture) -> None:
    """Note what a copy began with."""
    _laid_out[url] = furniture


def was_asked_for(url: str) -> bool:
    """Whether a house asked for what its database began with; forgets it."""
    return _laid_out.pop(url, None) is None
