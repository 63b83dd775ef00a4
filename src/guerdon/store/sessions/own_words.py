"""What members changed of themselves, and mails and texts that go elsewhere than to their address."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guerdon.store.database import Transaction
from guerdon.store.messages.keys import have_key, load_keys
from guerdon.store.sealing import Unreadable, Vault, open_with, seal_with

Reached = Literal["email", "phone"]
Field = Literal["email", "phone", "language"]


def divert(
    tx: Transaction,
    vault: Vault,
    message: tuple[int, int, int],
    to: tuple[Reached, str],
    now: datetime,
) -> None:
    """Have a message (program, member, number) go to this address, sealed under its member's key."""
    field, address = to
    sealed = seal_with(AESGCM(have_key(tx, vault, *message[:2])), _place(message), address.encode())
    tx.execute(
        "insert into diverted_messages values (%s, %s, %s, %s, %s, %s)", (*message, field, sealed, now)
    )


def load_diverted(
    tx: Transaction, vault: Vault, program_id: int, messages: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], tuple[Reached, str]]:
    """Where messages (member, number) go that go elsewhere; one that does not open is absent."""
    rows = tx.execute(
        """
        select d.member_id, d.message_id, d.field, d.address
        from unnest(%s::bigint[], %s::bigint[]) as m (member_id, message_id)
        join diverted_messages d
          on d.program_id = %s and d.member_id = m.member_id and d.message_id = m.message_id
        """,
        ([member for member, _ in messages], [number for _, number in messages], program_id),
    ).fetchall()
    keys = load_keys(tx, vault, program_id, sorted({row[0] for row in rows})) if rows else {}
    found: dict[tuple[int, int], tuple[Reached, str]] = {}
    for member_id, number, field, sealed in rows:
        try:
            place = _place((program_id, member_id, number))
            address = open_with(AESGCM(keys[member_id]), place, bytes(sealed)).decode()
        except (Unreadable, KeyError):
            continue
        found[member_id, number] = field, address
    return found


def delete_diverted(tx: Transaction, whose: tuple[int, int], numbers: Sequence[int]) -> None:
    """What these messages of a member were diverted to is not known any more."""
    tx.execute(
        "delete from diverted_messages where program_id = %s and member_id = %s and message_id = any(%s)",
        (*whose, list(numbers)),
    )


def drop_diverted(tx: Transaction, program_id: int, before: datetime, at_most: int) -> int:
    """Let go of where messages went before an instant, so many at most; how many those were."""
    return tx.execute(
        """
        with old as materialized (
          select member_id, message_id from diverted_messages
          where program_id = %(program)s and made_at < %(before)s order by made_at limit %(most)s
        )
        delete from diverted_messages d using old o
        where d.program_id = %(program)s and d.member_id = o.member_id and d.message_id = o.message_id
        """,
        {"program": program_id, "before": before, "most": at_most},
    ).rowcount


def record_word(
    tx: Transaction, whose: tuple[int, int], field: Field, instead_of: bytes, now: datetime
) -> None:
    """Keep that a member changed a field; what sources said before the first change stays what is old."""
    tx.execute(
        """
        insert into own_words values (%s, %s, %s, %s, %s)
        on conflict (program_id, member_id, field) do update set said_at = excluded.said_at
        """,
        (*whose, field, instead_of, now),
    )


def load_said_at(tx: Transaction, whose: tuple[int, int], field: Field) -> datetime | None:
    """When a member (program, member) changed a field last; None: they did not, or a source is newer."""
    row = tx.execute(
        "select said_at from own_words where program_id = %s and member_id = %s and field = %s",
        (*whose, field),
    ).fetchone()
    return None if row is None else row[0]


def load_words(
    tx: Transaction, program_id: int, member_ids: Sequence[int]
) -> Mapping[int, Mapping[Field, bytes]]:
    """What members changed, by member and field: the hash of what their sources said until then."""
    found: dict[int, dict[Field, bytes]] = {}
    for member_id, field, instead_of in tx.execute(
        """
        select member_id, field, instead_of from own_words
        where program_id = %s and member_id = any(%s)
        """,
        (program_id, list(member_ids)),
    ).fetchall():
        found.setdefault(member_id, {})[field] = bytes(instead_of)
    return found


def delete_words(tx: Transaction, program_id: int, words: Sequence[tuple[int, Field]]) -> None:
    """Sources said something newer of these members and fields than these did."""
    tx.execute(
        """
        delete from own_words w using unnest(%s::bigint[], %s::text[]) as n (member_id, field)
        where w.program_id = %s and w.member_id = n.member_id and w.field = n.field
        """,
        ([member for member, _ in words], [field for _, field in words], program_id),
    )


def _place(message: tuple[int, int, int]) -> str:
    return f"{message[0]}|{message[1]}|diverted_messages.address|{message[2]}"
