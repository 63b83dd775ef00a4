"""A browser's own side: the keys of a subscription, and what was pushed for them (RFC 8291 over RFC 8188)."""

import base64
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SALT, SIZE, POINT, TAG = 16, 4, 65, 16
# A record holds more than its tag and its delimiter (RFC 8188, 2.1).
RECORD_LEAST = TAG + 2
LAST = 2
CODED = re.compile(r"[A-Za-z0-9_-]*={0,2}")


class Unreadable(Exception):  # noqa: N818 - says what it found
    """What was pushed is not for this browser, or not as it must be."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a browser made when somebody subscribed; only `point` and `secret` leave it."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    secret: bytes = field(repr=False)

    @property
    def point(self) -> bytes:
        """Its public key, as it is handed out."""
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def read_pushed(keys: Keys, body: bytes) -> bytes:
    """Open a push message; raises `Unreadable` in words."""
    start = SALT + SIZE + 1
    if len(body) < start:
        raise Unreadable("it ends within its header")
    salt, size, length = body[:SALT], int.from_bytes(body[SALT : SALT + SIZE], "big"), body[start - 1]
    sender, sealed = body[start : start + length], body[start + length :]
    if length != POINT:
        raise Unreadable("its header holds no key of the sender's")
    if size < RECORD_LEAST or len(sealed) > size:
        # RFC 8291, 4: a push message is one record.
        raise Unreadable("it is more than one record")
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
    except ValueError as fault:
        raise Unreadable("its sender's key is no point of the curve") from fault
    shared = _derived(
        keys.secret,
        keys.private.exchange(ec.ECDH(), theirs),
        b"WebPush: info\0" + keys.point + sender,
        32,
    )
    key = _derived(salt, shared, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, shared, b"Content-Encoding: nonce\0", 12)
    try:
        record = AESGCM(key).decrypt(nonce, sealed, None)
    except InvalidTag as fault:
        raise Unreadable("it was sealed for somebody else") from fault
    padded = record.rstrip(b"\0")
    if not padded or padded[-1] != LAST:
        raise Unreadable("its record does not end as the last one does")
    return padded[:-1]


def _derived(salt: bytes, material: bytes, about: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=about).derive(material)


def coded(held: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(held).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """What base64url stands for; raises ValueError for what is none."""
    if CODED.fullmatch(text) is None:
        raise ValueError(text)
    bare = text.rstrip("=")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
