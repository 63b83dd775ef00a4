"""By which text an event is tried: the version that was live when it happens, another one, or a draft."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from guerdon.access.grants import Scope
from guerdon.engine.why.trying import Invented
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.store.versions.drafts import find_draft
from guerdon.store.versions.timeline import load_timeline
from guerdon.values.problems import Problem
from guerdon.web.rooms import room


def reaches(scope: Scope, invented: Invented) -> bool:
    """Whether somebody invented would stand where this reader sees members."""
    whole = not scope.markets and not scope.locations
    return whole or invented.market in scope.markets or invented.location in scope.locations


@dataclass(frozen=True, slots=True)
class Which:
    """A version or a draft, by number; neither: what was live then."""

    version: int | None = None
    draft: int | None = None


def playbook_for(
    tx: Transaction, program_id: int, which: Which, at: datetime, now: datetime
) -> Playbook | Problem:
    """The text, ready for deciding with money where it is now; or why it cannot be.

    Read as far as the transaction sees: drafts are for those who see the whole program.
    """
    timeline = load_timeline(tx, program_id)
    era = timeline.live(now)
    live = room().playbook(tx, program_id, era.version) if era is not None else None
    if live is None:
        return Problem("version", None, "no version is live that this release can read")
    if which.draft is not None:
        return _of_draft(tx, live, which.draft)
    version = which.version if which.version is not None else timeline.at(min(at, now)).version
    if version == live.version:
        return live
    book = room().playbook(tx, program_id, version)
    if book is None:
        return Problem("version", None, f"there is no version {version}, or this release cannot read it")
    return book.at_present(live)


def _of_draft(tx: Transaction, live: Playbook, number: int) -> Playbook | Problem:
    draft = find_draft(tx, live.program_id, number)
    if draft is None:
        return Problem("draft", None, "there is no such draft")
    book = _book_of_text(draft.text, live.program_id, live.version)
    if isinstance(book, int):
        what = "1 mistake" if book == 1 else f"{book} mistakes"
        return Problem("draft", None, f"it has {what} and decides nothing", "correct it first")
    return book.at_present(live)


@lru_cache(maxsize=8)
def _book_of_text(text: str, program_id: int, version: int) -> Playbook | int:
    """A text ready for deciding, or how many mistakes it has."""
    made = read_program(text)
    return Playbook(made, program_id, version) if isinstance(made, Program) else len(made)
