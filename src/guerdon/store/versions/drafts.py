"""Drafts of versions: a text that people edit, one after the other, until others are asked to sign it."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft as it stands; `asked` is the state of the request about it, empty where there is none."""

    id: int
    title: str
    text: str
    edition: int
    based_on: int
    created_by: str
    created_at: datetime
    saved_by: str
    saved_at: datetime
    request_id: int | None
    closed_at: datetime | None
    asked: str
    revision: int

    @property
    def waits(self) -> bool:
        """Whether people are asked to sign it, so that it stands still."""
        return self.asked in {"open", "approved"}

    @property
    def stands(self) -> bool:
        """Whether it can be edited."""
        return self.closed_at is None and not self.waits and self.asked != "done"


def list_drafts(tx: Transaction, program_id: int) -> list[DraftRow]:
    """Drafts that were neither published nor put away, the latest first."""
    return sorted(_load(tx, program_id), key=lambda draft: (draft.saved_at, draft.id), reverse=True)


def find_draft(tx: Transaction, program_id: int, number: int) -> DraftRow | None:
    """A draft."""
    return next(iter(_load(tx, program_id, number)), None)


def _load(tx: Transaction, program_id: int, number: int | None = None) -> list[DraftRow]:
    rows = tx.execute(
        """
        select d.id, d.title, d.text, d.edition, d.based_on, d.created_by, d.created_at, d.saved_by,
               d.saved_at, d.request_id, d.closed_at, coalesce(r.state, ''), coalesce(r.revision, 0)
        from program_drafts d
        left join requests r on r.program_id = d.program_id and r.id = d.request_id
        where d.program_id = %s and (d.id = %s::bigint
          or %s::bigint is null and d.closed_at is null and coalesce(r.state, '') <> 'done')
        """,
        (program_id, number, number),
    ).fetchall()
    return [DraftRow(*row) for row in rows]


def lock_draft(tx: Transaction, program_id: int, number: int) -> DraftRow | None:
    """A draft that nobody changes until this transaction ends."""
    tx.execute(
        "select from program_drafts where program_id = %s and id = %s for update", (program_id, number)
    )
    return find_draft(tx, program_id, number)


def find_draft_of(tx: Transaction, program_id: int, request_id: int) -> int | None:
    """The number of the draft that a request is about; None for one that was asked for by another door."""
    row = tx.execute(
        "select id from program_drafts where program_id = %s and request_id = %s", (program_id, request_id)
    ).fetchone()
    return None if row is None else int(row[0])


def find_text_of_version(tx: Transaction, program_id: int, version: int) -> str | None:
    """The text as somebody wrote it, with its comments, of a version that was a draft here."""
    row = tx.execute(
        """
        select d.text from version_origins o
        join program_drafts d on d.program_id = o.program_id and d.request_id = o.request_id
        where o.program_id = %s and o.version = %s
        """,
        (program_id, version),
    ).fetchone()
    return None if row is None else str(row[0])


def record_draft(
    tx: Transaction, program_id: int, said: tuple[str, str], based_on: int, by: str, now: datetime
) -> int:
    """Keep a new draft, by title and text; its number."""
    row = tx.execute(
        """
        insert into program_drafts
          (program_id, title, text, based_on, created_by, created_at, saved_by, saved_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s) returning id
        """,
        (program_id, *said, based_on, by, now, by, now),
    ).fetchone()
    assert row is not None
    return int(row[0])


def record_save(
    tx: Transaction, program_id: int, number: int, said: tuple[str, str], by: str, now: datetime
) -> None:
    """Keep a draft's next edition."""
    tx.execute(
        """
        update program_drafts set title = %s, text = %s, edition = edition + 1, saved_by = %s, saved_at = %s
        where program_id = %s and id = %s
        """,
        (*said, by, now, program_id, number),
    )


def record_submitted(tx: Transaction, program_id: int, number: int, request_id: int) -> None:
    """Keep by which request others are asked to sign a draft."""
    tx.execute(
        "update program_drafts set request_id = %s where program_id = %s and id = %s",
        (request_id, program_id, number),
    )


def record_put_away(tx: Transaction, program_id: int, number: int, now: datetime) -> None:
    """Close a draft that shall not become a version; its text stays."""
    tx.execute(
        "update program_drafts set closed_at = %s where program_id = %s and id = %s",
        (now, program_id, number),
    )
