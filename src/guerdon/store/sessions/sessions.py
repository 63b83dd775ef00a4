"""Where members are signed in: a hash for each browser, when it began and when it was used last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction

# Program, member and session.
Whose = tuple[int, int, bytes]


@dataclass(frozen=True, slots=True)
class Kept:
    """A session that is there."""

    session_hash: bytes
    device: str
    begun_at: datetime
    seen_at: datetime


def find_by_address(tx: Transaction, program_id: int, email_index: bytes) -> int | None:
    """The member of an address; of several the one with the lowest number. Asked for the whole program."""
    row = tx.execute(
        "select min(member_id) from persons where program_id = %s and email_index = %s",
        (program_id, email_index),
    ).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def insert_session(tx: Transaction, whose: Whose, device: str, now: datetime) -> None:
    """Keep that a browser is signed in."""
    tx.execute("insert into member_sessions values (%s, %s, %s, %s, %s, %s)", (*whose, device, now, now))


def load_session(tx: Transaction, whose: Whose) -> Kept | None:
    """A session; None: it was never there, or ended."""
    row = tx.execute(
        """
        select session_hash, device, begun_at, seen_at from member_sessions
        where program_id = %s and member_id = %s and session_hash = %s
        """,
        whose,
        prepare=True,
    ).fetchone()
    return None if row is None else Kept(bytes(row[0]), *row[1:])


def touch_session(tx: Transaction, whose: Whose, now: datetime) -> None:
    """Note that a session was used now."""
    tx.execute(
        """
        update member_sessions set seen_at = greatest(seen_at, %s)
        where program_id = %s and member_id = %s and session_hash = %s
        """,
        (now, *whose),
    )


def list_sessions(tx: Transaction, program_id: int, member_id: int) -> list[Kept]:
    """Where a member is signed in, the one used last first."""
    rows = tx.execute(
        """
        select session_hash, device, begun_at, seen_at from member_sessions
        where program_id = %s and member_id = %s order by seen_at desc, session_hash
        """,
        (program_id, member_id),
    ).fetchall()
    return [Kept(bytes(row[0]), *row[1:]) for row in rows]


def delete_sessions(tx: Transaction, program_id: int, member_id: int, hashes: Sequence[bytes]) -> int:
    """End sessions of a member; how many were there."""
    return tx.execute(
        "delete from member_sessions where program_id = %s and member_id = %s and session_hash = any(%s)",
        (program_id, member_id, list(hashes)),
    ).rowcount


def drop_idle_sessions(tx: Transaction, program_id: int, before: datetime, at_most: int) -> int:
    """Let sessions go that nobody used since an instant, so many at most; how many those were."""
    return tx.execute(
        """
        with old as materialized (
          select member_id, session_hash from member_sessions
          where program_id = %(program)s and seen_at < %(before)s
          order by seen_at limit %(most)s
        )
        delete from member_sessions s using old o
        -- It may have been used in this very moment.
        where s.program_id = %(program)s and s.member_id = o.member_id and s.session_hash = o.session_hash
          and s.seen_at < %(before)s
        """,
        {"program": program_id, "before": before, "most": at_most},
    ).rowcount
