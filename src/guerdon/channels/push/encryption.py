"""What a push service carries and cannot read: aes128gcm (RFC 8188) for one browser's eyes (RFC 8291).

A body is one record of at most 4,096 bytes, which every service has to take. Messages are padded to one of a
few lengths, so that a length says little of what a member is told.
"""

import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

BODY_MAX = 4_096
KEY_BYTES, SECRET_BYTES, SALT_BYTES, TAG_BYTES = 65, 16, 16, 16
# Salt, size of a record, length of a key, the key.
HEADER_BYTES = SALT_BYTES + 4 + 1 + KEY_BYTES
TEXT_MAX = BODY_MAX - HEADER_BYTES - TAG_BYTES - 1
# Lengths to which a text is padded, its delimiter counted.
PADDED = (512, 1_024, 2_048, TEXT_MAX + 1)
LAST_RECORD = b"\x02"


def point(key: EllipticCurvePublicKey) -> bytes:
    """A public key as push has it: the point on the curve, not compressed, 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def read_point(held: bytes) -> EllipticCurvePublicKey | None:
    """The key of a point; None for bytes that are none on the curve."""
    if len(held) != KEY_BYTES:
        return None
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), held)
    except ValueError:
        return None


def padded(text: bytes) -> bytes:
    """The text as it is encrypted: delimited, of one of a few lengths; raises ValueError for a long one."""
    if len(text) > TEXT_MAX:
        raise ValueError(f"a push message holds {TEXT_MAX} bytes")
    whole = text + LAST_RECORD
    return whole.ljust(next(length for length in PADDED if length >= len(whole)), b"\0")


def encrypt(
    record: bytes, reader: EllipticCurvePublicKey, secret: bytes, own: EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """The body of a push message: a padded record for a reader; its own key and salt are used only once."""
    theirs, ours = point(reader), point(own.public_key())
    shared = _derive(secret, own.exchange(ECDH(), reader), b"WebPush: info\0" + theirs + ours, 32)
    key = _derive(salt, shared, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, shared, b"Content-Encoding: nonce\0", 12)
    header = salt + BODY_MAX.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return header + AESGCM(key).encrypt(nonce, record, None)


def _derive(salt: bytes, key: bytes, info: bytes, length: int) -> bytes:
    # HKDF of RFC 5869; no more than the first block is ever needed.
    return hmac.digest(hmac.digest(salt, key, sha256), info + b"\x01", sha256)[:length]
