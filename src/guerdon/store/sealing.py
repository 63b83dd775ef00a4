"""Sealing: what must not be readable in the database, encrypted and bound to its place.

Every key is derived from the installation's secret by purpose; a sealed text also carries the context
it was sealed for (whose, which column), so a row moved to another place does not open. AES-256-GCM, 12
random bytes before it.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES_MIN = 32
KEY_BYTES = 32
NONCE_BYTES = 12


class Unreadable(Exception):  # noqa: N818  a fact about stored bytes, not a fault of the caller
    """The sealed bytes do not open: another secret, another place, or altered."""


class Vault:
    """Keys by purpose, all derived from one secret of at least 32 bytes."""

    def __init__(self, secret: str) -> None:
        if len(secret.encode()) < SECRET_BYTES_MIN:
            raise ValueError(f"the secret must have at least {SECRET_BYTES_MIN} bytes")
        self._secret = secret.encode()
        self._keys: dict[str, bytes] = {}
        self._ciphers: dict[str, AESGCM] = {}

    def key(self, purpose: str) -> bytes:
        """The 32-byte key for a purpose."""
        found = self._keys.get(purpose)
        if found is None:
            hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=b"guerdon", info=purpose.encode())
            found = self._keys[purpose] = hkdf.derive(self._secret)
        return found

    def seal(self, purpose: str, context: str, data: bytes) -> bytes:
        """Encrypt for a purpose and a place."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher(purpose).encrypt(nonce, data, context.encode())

    def open(self, purpose: str, context: str, sealed: bytes) -> bytes:
        """Decrypt what `seal` made for the same purpose and place; raises `Unreadable`."""
        return open_with(self._cipher(purpose), context, sealed)

    def index(self, purpose: str, text: str) -> bytes:
        """A blind index: finds an equal text without holding it (HMAC-SHA-256 of the folded text)."""
        return hmac.new(self.key(purpose), text.strip().casefold().encode(), hashlib.sha256).digest()

    def _cipher(self, purpose: str) -> AESGCM:
        found = self._ciphers.get(purpose)
        if found is None:
            found = self._ciphers[purpose] = AESGCM(self.key(purpose))
        return found


def seal_with(cipher: AESGCM, context: str, data: bytes) -> bytes:
    """Encrypt under a key of one's own (a person's), for a place."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, data, context.encode())


def open_with(cipher: AESGCM, context: str, sealed: bytes) -> bytes:
    """Decrypt what `seal_with` made; raises `Unreadable`."""
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as fault:
        raise Unreadable from fault
