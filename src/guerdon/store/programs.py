"""Programs and their versions: text that is never changed, only followed by another version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction
from guerdon.store.versions.timeline import first_free_instant, lock_timeline


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


def lock_beginning(tx: Transaction) -> None:
    """Let nobody else begin the first program until this transaction ends."""
    tx.execute("select pg_advisory_xact_lock(1735289460)")


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
        where v.program_id = %s and v.live_from <= %s and not exists (
          select from version_calloffs c where c.program_id = v.program_id and c.version = v.version)
        order by v.live_from desc, v.version desc limit 1
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


def is_version(tx: Transaction, program_id: int, sha: str) -> bool:
    """Whether a text is a version of a program, live or not."""
    row = tx.execute(
        "select exists (select from program_versions where program_id = %s and sha = %s)", (program_id, sha)
    ).fetchone()
    return row == (True,)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A text that is published; `live_from` None: from now on."""

    bundle: str
    sha: str
    by: str
    at: datetime
    live_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordedVersion:
    """A version as it was kept: its number and from when it is live."""

    version: int
    live_from: datetime
    is_live: bool


def record_version(tx: Transaction, program_id: int, new: NewVersion) -> RecordedVersion:
    """Publish a text as the next version, live from now or from later on, and never from before.

    The very same text again, from now on, is the version it already is.
    """
    timeline = lock_timeline(tx, program_id)
    now = first_free_instant(tx, program_id, new.at)
    live = timeline.live(now)
    later = new.live_from is not None and new.live_from > now
    if live is not None and live.sha == new.sha and not later:
        return RecordedVersion(live.version, live.live_from, is_live=True)
    live_from = new.live_from if later and new.live_from is not None else now
    row = tx.execute(
        """
        insert into program_versions
          (program_id, version, bundle, sha, live_from, published_at, published_by)
        select %s, coalesce(max(version), 0) + 1, %s, %s, %s, %s, %s
        from program_versions where program_id = %s
        returning version
        """,
        (program_id, new.bundle, new.sha, live_from, now, new.by, program_id),
    ).fetchone()
    assert row is not None
    return RecordedVersion(row[0], live_from, is_live=not later)
