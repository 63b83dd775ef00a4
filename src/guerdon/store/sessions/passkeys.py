"""Passkeys of members as rows, and the challenges that wait to be signed, each as a hash."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from guerdon.store.database import Transaction

Purpose = Literal["add", "use"]


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """A passkey: whose it is, by which hash it is known, and what its device told. `name` is sealed."""

    program_id: int
    member_id: int
    passkey_hash: bytes
    credential: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    transports: str
    name: bytes = field(repr=False)
    added_at: datetime
    used_at: datetime | None = None

    @property
    def key(self) -> tuple[int, int, bytes]:
        """Program, member and hash."""
        return self.program_id, self.member_id, self.passkey_hash


def insert_passkey(tx: Transaction, row: PasskeyRow) -> None:
    """Keep a passkey."""
    tx.execute(
        """
        insert into member_passkeys (program_id, member_id, passkey_hash, credential, public_key, sign_count,
                                     transports, name, added_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (*row.key, row.credential, row.public_key, row.sign_count, row.transports, row.name, row.added_at),
    )


def list_passkeys(tx: Transaction, program_id: int, member_id: int) -> list[PasskeyRow]:
    """A member's passkeys, the first that was added first."""
    rows = tx.execute(
        """
        select program_id, member_id, passkey_hash, credential, public_key, sign_count, transports, name,
               added_at, used_at
        from member_passkeys where program_id = %s and member_id = %s order by added_at, passkey_hash
        """,
        (program_id, member_id),
    ).fetchall()
    return [_row(row) for row in rows]


def find_passkeys(tx: Transaction, program_id: int, passkey_hash: bytes) -> list[PasskeyRow]:
    """Who in the whole program has a passkey; one member, but where two added the same at one moment."""
    rows = tx.execute(
        """
        select program_id, member_id, passkey_hash, credential, public_key, sign_count, transports, name,
               added_at, used_at
        from member_passkeys where program_id = %s and passkey_hash = %s order by member_id
        """,
        (program_id, passkey_hash),
    ).fetchall()
    return [_row(row) for row in rows]


def count_signature(tx: Transaction, key: tuple[int, int, bytes], told: int, now: datetime) -> bool:
    """Note that a passkey signed; False where its count was reached by another signature meanwhile.

    A count of 0 is that of a device that does not count.
    """
    return (
        tx.execute(
            """
            update member_passkeys set sign_count = %(told)s, used_at = greatest(added_at, used_at, %(now)s)
            where program_id = %(program)s and member_id = %(member)s and passkey_hash = %(hash)s
              and (sign_count < %(told)s or sign_count = 0 and %(told)s = 0)
            """,
            {"told": told, "now": now, "program": key[0], "member": key[1], "hash": key[2]},
        ).rowcount
        == 1
    )


def delete_passkey(tx: Transaction, key: tuple[int, int, bytes]) -> bool:
    """Let a passkey go; False: there was none of this hash."""
    return (
        tx.execute(
            "delete from member_passkeys where program_id = %s and member_id = %s and passkey_hash = %s", key
        ).rowcount
        == 1
    )


def insert_challenge(
    tx: Transaction, program_id: int, challenge: tuple[bytes, Purpose, bytes], now: datetime
) -> None:
    """Keep what a browser is asked to sign: hash, purpose, and the mark of the browser."""
    tx.execute("insert into passkey_challenges values (%s, %s, %s, %s, %s)", (program_id, *challenge, now))


def take_challenge(
    tx: Transaction, program_id: int, challenge: tuple[bytes, Purpose, bytes], since: datetime
) -> bool:
    """Whether this browser was asked this, for this, after an instant, and has not answered yet."""
    return (
        tx.execute(
            """
            delete from passkey_challenges
            where program_id = %s and challenge_hash = %s and purpose = %s and browser = %s and asked_at > %s
            """,
            (program_id, *challenge, since),
        ).rowcount
        == 1
    )


def drop_challenges(tx: Transaction, program_id: int, before: datetime) -> int:
    """Let challenges go that nobody may answer any more; how many those were."""
    return tx.execute(
        "delete from passkey_challenges where program_id = %s and asked_at < %s", (program_id, before)
    ).rowcount


def _row(row: tuple[Any, ...]) -> PasskeyRow:
    program, member, hashed, credential, key, count, transports, name, *times = row
    return PasskeyRow(
        program, member, bytes(hashed), bytes(credential), bytes(key), count, transports, bytes(name), *times
    )
