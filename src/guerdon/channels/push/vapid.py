"""VAPID (RFC 8292): who pushes says so to each push service, by a token of one key.

A browser subscribes for that key alone, so the key has to stay the same for the life of an installation: it
is derived from the installation's secret. A token is good for half a day at one service, and signed once.
"""

import hmac
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha512
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from guerdon.channels.push.encryption import point
from guerdon.channels.push.tokens import coded, write_token

# A token may be good for a day (RFC 8292, 2); clocks differ.
LASTS = timedelta(hours=12)
RENEWED_BEFORE = timedelta(hours=1)
# There are a handful of push services; a stranger may name any number.
ORIGINS_MAX = 256
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def vapid_key(seed: bytes) -> EllipticCurvePrivateKey:
    """The key that follows from a secret of at least 32 bytes; the same secret gives the same key."""
    assert len(seed) >= 32, "a key is no better than its seed"
    # 64 bytes for a number of 32: what taking the rest leaves uneven is nothing.
    number = int.from_bytes(hmac.digest(seed, b"guerdon web push", sha512), "big")
    return derive_private_key(number % (_ORDER - 1) + 1, SECP256R1())


@dataclass(slots=True)
class Vapid:
    """Who pushes: its key, and where push services may complain (`mailto:` or https). For any thread."""

    key: EllipticCurvePrivateKey = field(repr=False)
    contact: str
    _kept: OrderedDict[str, tuple[datetime, str]] = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def public(self) -> str:
        """The public key, as a page hands it to the browser (`applicationServerKey`)."""
        return coded(point(self.key.public_key()))

    def authorization(self, origin: str, now: datetime) -> str:
        """What goes into `Authorization` for a push service (`https://push.example`)."""
        with self._lock:
            until, kept = self._kept.get(origin, (now, ""))
            if until - now > RENEWED_BEFORE:
                return kept
            until = now + LASTS
            made = f"vapid t={self._token(origin, until)}, k={self.public}"
            self._kept[origin] = (until, made)
            self._kept.move_to_end(origin)
            if len(self._kept) > ORIGINS_MAX:
                self._kept.popitem(last=False)
            return made

    def _token(self, origin: str, until: datetime) -> str:
        claims = {"aud": origin, "exp": int(until.timestamp()), "sub": self.contact}
        return write_token({"typ": "JWT", "alg": "ES256"}, claims, self._sign)

    def _sign(self, signed: bytes) -> bytes:
        r, s = decode_dss_signature(self.key.sign(signed, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
