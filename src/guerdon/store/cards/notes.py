"""Notes that staff of a location wrote of a customer, sealed; they go with who is written of."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction
from guerdon.store.sealing import Unreadable, Vault

PURPOSE = "location-notes"
# Of one member at one location; whoever wants more takes one away.
NOTES_MAX = 50
NOTE_LETTERS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Note:
    """A note; `by` is who wrote it, as the audit names them."""

    id: int
    words: str
    by: str
    at: datetime


def record_note(
    tx: Transaction, vault: Vault, whose: tuple[int, int], place: tuple[str, str], note: Note
) -> bool:
    """Write a note of a member (program, member) at a place (location, market); False: there are too many."""
    program_id, member_id = whose
    location, market = place
    made = tx.execute(
        """
        insert into location_notes
        select %(program)s, %(member)s, %(id)s, %(location)s, %(market)s, %(words)s, %(by)s, %(at)s
        where (select count(*) from location_notes
               where program_id = %(program)s and member_id = %(member)s
                 and location = %(location)s) < %(most)s
        on conflict do nothing returning id
        """,
        {
            "program": program_id,
            "member": member_id,
            "id": note.id,
            "location": location,
            "market": market,
            "words": vault.seal(PURPOSE, f"{program_id}|{note.id}", note.words.encode()),
            "by": note.by,
            "at": note.at,
            "most": NOTES_MAX,
        },
    ).fetchone()
    return made is not None


def remove_note(tx: Transaction, whose: tuple[int, int], location: str, note_id: int, by: str | None) -> bool:
    """Take a note of a member away, with `by` only one of theirs; False: there is none."""
    gone = tx.execute(
        """
        delete from location_notes
        where program_id = %s and member_id = %s and location = %s and id = %s
          and (%s::text is null or written_by = %s)
        returning id
        """,
        (*whose, location, note_id, by, by),
    ).fetchone()
    return gone is not None


def list_notes(tx: Transaction, vault: Vault, whose: tuple[int, int], location: str) -> list[Note]:
    """What was written of a member (program, member) at a location, the newest first."""
    rows = tx.execute(
        """
        select id, words, written_by, written_at from location_notes
        where program_id = %s and member_id = %s and location = %s
        order by written_at desc, id limit %s
        """,
        (*whose, location, NOTES_MAX),
    ).fetchall()
    return [
        Note(number, _opened(vault, whose[0], number, bytes(words)), by, at) for number, words, by, at in rows
    ]


def _opened(vault: Vault, program_id: int, number: int, sealed: bytes) -> str:
    try:
        return vault.open(PURPOSE, f"{program_id}|{number}", sealed).decode()
    except Unreadable:
        return ""
