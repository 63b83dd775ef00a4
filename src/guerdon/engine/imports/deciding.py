"""What people do with a file: have it tried, confirm it, or drop it.

Each deed is audited in its own commit, under the import's lock, so of two people who press at once the second
is told that it stands otherwise by now. Rates are not confirmed by whoever brought them: every figure in
money turns on them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import msgspec

from guerdon.engine.files.rates import HEADER
from guerdon.engine.files.taken import FileTaken
from guerdon.engine.imports.rows import header_of, lines_of, refusal_rows, seal_file
from guerdon.engine.rehearsing import Rehearsed
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.store.imports.refusals import record_refusals
from guerdon.store.imports.runs import (
    Counts,
    Import,
    Kind,
    NewImport,
    lock_import,
    record_import,
    settle_confirmed,
    settle_over,
)
from guerdon.store.sealing import Vault
from guerdon.values.ids import show
from guerdon.values.problems import Problem

Act = Literal["confirm", "drop"]
ACTS: tuple[Act, ...] = get_args(Act)
NAME_LENGTH_MAX = 200
TURNING_KEPT = 10
LIVE = "guerdon_live"

# own: whoever brought it does not confirm it. nothing: it would change nothing. state: it stands otherwise.
Why = Literal["own", "nothing", "state"]


class Trial(msgspec.Struct):
    """What a trial found, as it is kept: by columns, some changes (line, member, columns), turning marks."""

    new: int
    changed: int = 0
    same: int = 0
    repeated: int = 0
    refused: int = 0
    header: list[str] = []
    columns: dict[str, int] = {}
    changes: list[tuple[int, int, list[str]]] = []
    turning: list[int] = []

    @property
    def counts(self) -> Counts:
        """The rows by what would become of them."""
        return Counts(self.new, self.changed, self.same, self.repeated, self.refused)


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that somebody brought: of what, how it is called, what it holds."""

    kind: Kind
    file: str
    data: bytes
    by: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why nothing was done."""

    why: Why


def keep_trial(
    tx: Transaction,
    vault: Vault,
    program_id: int,
    brought: Brought,
    found: Rehearsed | FileTaken,
    now: datetime,
) -> int | None:
    """Keep a file that was tried, with what was found; its number, or None where it has no rows."""
    lines = lines_of(brought.data.decode("utf-8-sig"))
    trial = _of_members(found, lines) if isinstance(found, Rehearsed) else _of_rates(found, lines)
    if not trial.counts.done:
        return None
    sha = hashlib.sha256(brought.data).digest()
    new = NewImport(
        brought.kind,
        "".join(filter(str.isprintable, brought.file))[:NAME_LENGTH_MAX],
        sha,
        len(brought.data),
        seal_file(vault, program_id, sha, brought.data),
        msgspec.json.encode(trial).decode(),
        trial.counts.done,
        brought.by,
    )
    number = record_import(tx, program_id, new, now)
    record_refusals(
        tx, program_id, number, refusal_rows(vault, (program_id, number), _told(found.problems), lines)
    )
    record_audit(
        *(tx, program_id, brought.by, "import.tried", show("imp", number), now),
        kind=brought.kind,
        sha256=sha.hex(),
        rows=trial.counts.done,
    )
    return number


def trial_of(run: Import) -> Trial:
    """What its trial found."""
    return msgspec.convert(run.trial, Trial)


def acts_of(run: Import, by: str) -> list[Act]:
    """What somebody may do with an import as it stands."""
    if run.state != "tried":
        return []
    return ["drop"] if _wrong(run, by) else ["confirm", "drop"]


def do(tx: Transaction, whose: tuple[int, int], act: Act, by: str, now: datetime) -> Import | Wrong:
    """Confirm or drop an import; gives it as it stood before, or why it was not done.

    `whose`: program, import.
    """
    run = lock_import(tx, *whose, waits=True)
    if run is None or run.state != "tried":
        return Wrong("state")
    if act == "confirm":
        wrong = _wrong(run, by)
        if wrong is not None:
            return wrong
        settle_confirmed(tx, run, by, now)
    else:
        settle_over(tx, *whose, "dropped", now)
    action = "import.confirmed" if act == "confirm" else "import.dropped"
    record_audit(tx, run.program_id, by, action, show("imp", run.id), now, sha256=run.sha.hex())
    notify(tx, LIVE, run.program_id)
    return run


def unconfirmed(run: Import, by: str) -> Why | None:
    """Why somebody may not confirm what waits for it."""
    wrong = _wrong(run, by) if run.state == "tried" else None
    return wrong.why if wrong else None


def _wrong(run: Import, by: str) -> Wrong | None:
    trial = trial_of(run)
    if not trial.new + trial.changed or (run.kind == "rates" and trial.refused):
        return Wrong("nothing")
    return Wrong("own") if run.kind == "rates" and run.made_by == by else None


def _told(problems: Sequence[Problem]) -> list[Problem]:
    """What is wrong with rows; a fault of the whole file stands at its first."""
    return [problem for problem in problems if problem.line is not None]


def _of_members(found: Rehearsed, lines: Sequence[str]) -> Trial:
    return Trial(
        *(found.new, found.changed, found.same, len(found.repeated), found.refused),
        header_of(lines),
        dict(found.columns.most_common()),
        [(each.line, each.member_id, list(each.columns)) for each in found.changes],
        found.turning[:TURNING_KEPT],
    )


def _of_rates(found: FileTaken, lines: Sequence[str]) -> Trial:
    # All of them or none: with one wrong row no row of the file is taken.
    rows = sum(bool(line.strip()) for line in lines) - 1
    taken = not found.problems
    return Trial(
        new=found.taken if taken else 0,
        same=found.known if taken else 0,
        refused=0 if taken else max(rows, 0),
        header=list(HEADER),
    )
