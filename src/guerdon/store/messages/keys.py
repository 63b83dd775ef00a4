"""Keys of members: under one of their own, never replaced, lies what is kept of each beside who they are.

A person's key (store/persons) is made anew with every change of a contact, so nothing else may lie under it.
Whoever is forgotten loses this key, and with it what a backup has of them.
"""

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault

KEY_PURPOSE = "member-keys"


def load_keys(tx: Transaction, vault: Vault, program_id: int, member_ids: Sequence[int]) -> dict[int, bytes]:
    """The keys of members; who has none is absent. Raises `Unreadable` for one that another secret sealed."""
    rows = tx.execute(
        "select member_id, key from member_keys where program_id = %s and member_id = any(%s)",
        (program_id, list(member_ids)),
    ).fetchall()
    return {row[0]: vault.open(KEY_PURPOSE, _place(program_id, row[0]), bytes(row[1])) for row in rows}


def have_key(tx: Transaction, vault: Vault, program_id: int, member_id: int) -> bytes:
    """A member's key, made at the first asking; of two who ask at once both have the same."""
    found = load_keys(tx, vault, program_id, [member_id])
    if member_id not in found:
        made = vault.seal(KEY_PURPOSE, _place(program_id, member_id), AESGCM.generate_key(256))
        tx.execute(
            "insert into member_keys (program_id, member_id, key) values (%s, %s, %s) on conflict do nothing",
            (program_id, member_id, made),
        )
        found = load_keys(tx, vault, program_id, [member_id])
    return found[member_id]


def network_mark(key: bytes, network: str) -> bytes | None:
    """What is kept of the network that something came from; None for an empty text.

    It tells whether two proofs of one member came from one place, and tells nothing once the key is gone.
    """
    return hmac.new(key, f"network|{network}".encode(), hashlib.sha256).digest() if network else None


def _place(program_id: int, member_id: int) -> str:
    return f"{program_id}|{member_id}|member_keys.key|1"
