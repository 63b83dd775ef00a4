"""How each import stands, and how far it is.

Whoever carries one on locks it, for some rows and one commit. So two workers never take the same rows, and
one that is killed leaves the place of its last commit.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from guerdon.store.database import Transaction

Kind = Literal["members", "rates"]
State = Literal["tried", "running", "ended", "dropped", "lapsed"]


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of rows; each is one of them."""

    new: int = 0
    changed: int = 0
    same: int = 0
    repeated: int = 0
    refused: int = 0

    @property
    def done(self) -> int:
        """How many rows that are."""
        return self.new + self.changed + self.same + self.repeated + self.refused

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.new + other.new,
            self.changed + other.changed,
            self.same + other.same,
            self.repeated + other.repeated,
            self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True)
class NewImport:
    """A file that was tried. `sealed`: the file; `trial`: what was found, as JSON; `total`: its rows."""

    kind: Kind
    file: str
    sha: bytes
    size: int
    sealed: bytes
    trial: str
    total: int
    by: str


@dataclass(frozen=True, slots=True)
class Import:
    """An import as it stands. `walked_to` is the last line that is done; `total` counts the file's rows."""

    program_id: int
    id: int
    kind: Kind
    file: str
    sha: bytes
    size: int
    state: State
    trial: dict[str, object]
    made_by: str
    made_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    walked_to: int
    total: int
    new: int
    changed: int
    same: int
    repeated: int
    refused: int
    ended_at: datetime | None

    @property
    def counts(self) -> Counts:
        """What became of its rows until there."""
        return Counts(self.new, self.changed, self.same, self.repeated, self.refused)


def record_import(tx: Transaction, program_id: int, new: NewImport, now: datetime) -> int:
    """Keep a file that was tried; its number."""
    row = tx.execute(
        """
        insert into imports (program_id, kind, file, sha, bytes, body, trial, total, made_by, made_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id
        """,
        (
            *(program_id, new.kind, new.file, new.sha, new.size, new.sealed, new.trial, new.total, new.by),
            now,
        ),
    ).fetchone()
    assert row is not None, "it was just kept"
    return int(row[0])


def find_import(tx: Transaction, program_id: int, number: int) -> Import | None:
    """An import."""
    row = tx.execute(
        """
        select program_id, id, kind, file, sha, bytes, state, trial, made_by, made_at, confirmed_by,
               confirmed_at, walked_to, total, new, changed, same, repeated, refused, ended_at
        from imports where program_id = %s and id = %s
        """,
        (program_id, number),
    ).fetchone()
    return None if row is None else Import(*row)


def list_runs(tx: Transaction, program_id: int, at_most: int) -> list[Import]:
    """The latest imports."""
    rows = tx.execute(
        """
        select program_id, id, kind, file, sha, bytes, state, trial, made_by, made_at, confirmed_by,
               confirmed_at, walked_to, total, new, changed, same, repeated, refused, ended_at
        from imports where program_id = %s order by id desc limit %s
        """,
        (program_id, at_most),
    ).fetchall()
    return [Import(*row) for row in rows]


def lock_import(tx: Transaction, program_id: int, number: int, *, waits: bool = False) -> Import | None:
    """An import that nobody else changes until the commit; None: there is none, or somebody is at it."""
    if waits:
        tx.execute("select from imports where program_id = %s and id = %s for update", (program_id, number))
        return find_import(tx, program_id, number)
    held = tx.execute(
        "select from imports where program_id = %s and id = %s for no key update skip locked",
        (program_id, number),
    ).rowcount
    return find_import(tx, program_id, number) if held else None


def list_running(tx: Transaction, program_id: int) -> list[int]:
    """Those that were confirmed and are not over, the oldest first."""
    rows = tx.execute(
        """
        select id from imports where program_id = %s and ended_at is null and state = 'running' order by id
        """,
        (program_id,),
    ).fetchall()
    return [int(row[0]) for row in rows]


def list_lapsing(tx: Transaction, program_id: int, before: datetime) -> list[int]:
    """Those that were tried before then and never confirmed; they are locked."""
    rows = tx.execute(
        """
        select id from imports where program_id = %s and ended_at is null and state = 'tried' and made_at < %s
        order by id for no key update skip locked
        """,
        (program_id, before),
    ).fetchall()
    return [int(row[0]) for row in rows]


def load_file(tx: Transaction, program_id: int, number: int) -> bytes | None:
    """The sealed file of an import that is not over."""
    row = tx.execute(
        "select body from imports where program_id = %s and id = %s", (program_id, number)
    ).fetchone()
    return None if row is None or row[0] is None else bytes(row[0])


def settle_confirmed(tx: Transaction, run: Import, by: str, now: datetime) -> None:
    """A worker may take it in."""
    tx.execute(
        """
        update imports set state = 'running', confirmed_by = %s, confirmed_at = %s
        where program_id = %s and id = %s
        """,
        (by, now, run.program_id, run.id),
    )


def settle_walked(tx: Transaction, run: Import, walked_to: int, counts: Counts) -> None:
    """How far it is, and what became of all rows until there."""
    tx.execute(
        """
        update imports set walked_to = %s, new = %s, changed = %s, same = %s, repeated = %s, refused = %s
        where program_id = %s and id = %s
        """,
        (
            walked_to,
            *(counts.new, counts.changed, counts.same, counts.repeated, counts.refused),
            run.program_id,
            run.id,
        ),
    )


def settle_over(tx: Transaction, program_id: int, number: int, state: State, now: datetime) -> None:
    """It is over, and its file is let go."""
    tx.execute(
        """
        update imports set state = %s, ended_at = %s, body = null where program_id = %s and id = %s
        """,
        (state, now, program_id, number),
    )


def let_go_rows(tx: Transaction, program_id: int, kept_for: timedelta, now: datetime) -> int:
    """Forget what refused rows of imports say that were brought so long ago; how many."""
    return tx.execute(
        """
        update import_refusals r set sealed = null from imports i
        where r.program_id = %s and r.sealed is not null and i.program_id = r.program_id
          and i.id = r.import_id and i.made_at < %s
        """,
        (program_id, now - kept_for),
    ).rowcount
