"""Programs and their versions: text that is never changed, only followed by another version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version as it was published."""

    program_id: int
    key: str
    version: int
    bundle: str
    sha: str


def find_program_id(tx: Transaction, key: str) -> int | None:
    """The id of a program by its key."""
    row = tx.execute("select program_id from programs where key = %s", (key,)).fetchone()
    return row[0] if row else None


def record_program(tx: Transaction, key: str, at: datetime) -> int:
    """The id of a program; made when it is new."""
    tx.execute(
        "insert into programs (key, created_at) values (%s, %s) on conflict (key) do nothing", (key, at)
    )
    found = find_program_id(tx, key)
    assert found is not None
    return found


def list_programs(tx: Transaction) -> list[tuple[int, str]]:
    """All programs of this database: (id, key)."""
    return [
        (row[0], row[1])
        for row in tx.execute("select program_id, key from programs order by program_id").fetchall()
    ]


def load_live(tx: Transaction, program_id: int, at: datetime) -> StoredVersion | None:
    """The version of a program that is live at an instant."""
    row = tx.execute(
        """
        select v.program_id, p.key, v.version, v.bundle, v.sha
        from program_versions v join programs p using (program_id)
        where v.program_id = %s and v.live_from <= %s order by v.version desc limit 1
        """,
        (program_id, at),
    ).fetchone()
    return StoredVersion(*row) if row else None


def load_versions(tx: Transaction, program_id: int, versions: Sequence[int]) -> list[StoredVersion]:
    """Some versions of a program, as they were published."""
    if not versions:
        return []
    rows = tx.execute(
        """
        select v.program_id, p.key, v.version, v.bundle, v.sha
        from program_versions v join programs p using (program_id)
        where v.program_id = %s and v.version = any(%s) order by v.version
        """,
        (program_id, list(versions)),
    ).fetchall()
    return [StoredVersion(*row) for row in rows]


def record_version(tx: Transaction, program_id: int, bundle: str, sha: str, by: str, at: datetime) -> int:
    """Publish a text as the next version, live from now.

    The very same text again is the version it already is.
    """
    tx.execute("select pg_advisory_xact_lock(1735289447, %s)", (program_id,))
    last = tx.execute(
        "select version, sha from program_versions where program_id = %s order by version desc limit 1",
        (program_id,),
    ).fetchone()
    if last and last[1] == sha:
        return int(last[0])
    version = int(last[0]) + 1 if last else 1
    tx.execute(
        "insert into program_versions values (%s, %s, %s, %s, %s, %s, %s)",
        (program_id, version, bundle, sha, at, at, by),
    )
    return version
