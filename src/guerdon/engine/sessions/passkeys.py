"""Passkeys of members: what a browser is asked to sign, once, and which device signs for whom.

A challenge is 32 random bytes for one browser and one purpose, for five minutes. What is signed is verified
by whoever speaks with browsers; here is what has to stand beside it in one transaction: that the challenge
was unused, that the count of signatures rose, and the row of the audit.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.messages.keys import have_key, load_keys
from guerdon.store.sealing import Unreadable, Vault, open_with, seal_with
from guerdon.store.sessions.passkeys import (
    PasskeyRow,
    Purpose,
    count_signature,
    delete_passkey,
    drop_challenges,
    find_passkeys,
    insert_challenge,
    insert_passkey,
    list_passkeys,
    take_challenge,
)
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show

ADDED, REMOVED, FELL = "passkey.added", "passkey.removed", "passkey.count_fell"
CHALLENGE_BYTES = 32
ASKED_FOR = timedelta(minutes=5)
PASSKEYS_MAX = 10
NAME_MAX = 60
# full: they have as many as one may have. known: this device has one here already. unknown: no such member.
Came = Literal["kept", "full", "known", "unknown"]


@dataclass(frozen=True, slots=True)
class Made:
    """What a device told of the passkey that it made, verified."""

    credential: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    transports: str


@dataclass(frozen=True, slots=True)
class Own:
    """A passkey as its member sees it in a list."""

    row: PasskeyRow
    name: str


def make_challenge(
    tx: Transaction, program_id: int, purpose: Purpose, browser: bytes, now: datetime
) -> bytes:
    """Ask a browser; in a transaction of no member. `browser`: 32 bytes by which it is known."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    drop_challenges(tx, program_id, now - ASKED_FOR)
    insert_challenge(tx, program_id, (sha256(challenge).digest(), purpose, browser), now)
    return challenge


def answers(tx: Transaction, program_id: int, asked: tuple[bytes, Purpose, bytes], now: datetime) -> bool:
    """Whether a browser answers what it was asked: challenge, purpose, browser. It is answered with that."""
    challenge, purpose, browser = asked
    return take_challenge(tx, program_id, (sha256(challenge).digest(), purpose, browser), now - ASKED_FOR)


def keep_passkey(
    tx: Transaction, vault: Vault, whose: tuple[int, int], made: Made, name: str, now: datetime
) -> Came:
    """Keep a passkey of a member, under a name of theirs; in a transaction of no member."""
    if lock_member(tx, *whose) is None:
        return "unknown"
    hashed = sha256(made.credential).digest()
    if len(list_passkeys(tx, *whose)) >= PASSKEYS_MAX:
        return "full"
    # Also where it is somebody else's: a device signs for one of them.
    if find_passkeys(tx, whose[0], hashed):
        return "known"
    sealed = seal_with(AESGCM(have_key(tx, vault, *whose)), _place(whose, hashed), name.encode())
    insert_passkey(
        tx,
        PasskeyRow(
            *(*whose, hashed, made.credential, made.public_key, made.sign_count),
            *(made.transports, sealed, now),
        ),
    )
    _tell(tx, whose, ADDED, hashed, now)
    return "kept"


def own_passkeys(tx: Transaction, vault: Vault, whose: tuple[int, int]) -> list[Own]:
    """A member's passkeys with their names; one whose name does not open has none."""
    rows = list_passkeys(tx, *whose)
    key = load_keys(tx, vault, whose[0], [whose[1]]).get(whose[1]) if rows else None
    return [Own(row, _opened(key, row)) for row in rows]


def remove_passkey(tx: Transaction, whose: tuple[int, int], passkey_hash: bytes, now: datetime) -> bool:
    """Sign a member in by this passkey no more; False: they have none of this hash."""
    lock_member(tx, *whose)
    gone = delete_passkey(tx, (*whose, passkey_hash))
    if gone:
        _tell(tx, whose, REMOVED, passkey_hash, now)
    return gone


def passkeys_of_credential(tx: Transaction, program_id: int, credential: bytes) -> list[PasskeyRow]:
    """Who in a program has the passkey of a credential; in a transaction of no member."""
    return find_passkeys(tx, program_id, sha256(credential).digest())


def note_signature(tx: Transaction, row: PasskeyRow, told: int, now: datetime) -> bool:
    """Count a signature that was verified; False, and told to the audit, where its count did not rise."""
    lock_member(tx, row.program_id, row.member_id)
    if count_signature(tx, row.key, told, now):
        return True
    who = show("mem", row.member_id)
    record_audit(
        *(tx, row.program_id, who, FELL, who, now),
        passkey=row.passkey_hash.hex()[:16],
        told=told,
        known=row.sign_count,
    )
    return False


def _tell(tx: Transaction, whose: tuple[int, int], action: str, passkey_hash: bytes, now: datetime) -> None:
    who = show("mem", whose[1])
    record_audit(tx, whose[0], who, action, who, now, passkey=passkey_hash.hex()[:16])


def _opened(key: bytes | None, row: PasskeyRow) -> str:
    if key is None:
        return ""
    try:
        place = _place((row.program_id, row.member_id), row.passkey_hash)
        return open_with(AESGCM(key), place, row.name).decode()
    except Unreadable:
        return ""


def _place(whose: tuple[int, int], passkey_hash: bytes) -> str:
    return f"{whose[0]}|{whose[1]}|member_passkeys.name|{passkey_hash.hex()}"
