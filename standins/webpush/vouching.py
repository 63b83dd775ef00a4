"""Who pushes: the token that comes with a message, and whether the subscription is theirs (RFC 8292)."""

import re
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from standins.webpush.reading import decoded

VAPID = re.compile(r"vapid\s+(?P<parameters>.+)", re.IGNORECASE)
HALF = 32


class Unvouched(Exception):  # noqa: N818 - says what it found
    """A request that does not say rightly who sends it; 401 where it says nothing, 403 where it is not so."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def check(header: str, key: bytes, origin: str, now_s: float, lasts_most_s: int) -> None:
    """Check the token of a request for a subscription that belongs to this key; raises `Unvouched`."""
    found = VAPID.fullmatch(header.strip())
    if found is None:
        raise Unvouched(401, "who pushes has to say so")
    pairs = (part.strip().partition("=") for part in found["parameters"].split(","))
    told = {name: text for name, _, text in pairs}
    try:
        token, named = told["t"], decoded(told["k"])
        head, body, signature = token.split(".")
        header_said, claims = (msgspec.json.decode(decoded(part)) for part in (head, body))
        signed = decoded(signature)
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), named)
    except (KeyError, ValueError, msgspec.DecodeError):
        raise Unvouched(401, "the token cannot be read") from None
    if named != key:
        raise Unvouched(403, "this subscription belongs to another key")
    if header_said != {"typ": "JWT", "alg": "ES256"} or len(signed) != 2 * HALF:
        raise Unvouched(403, "the token is not signed as it must be")
    r, s = (int.from_bytes(half, "big") for half in (signed[:HALF], signed[HALF:]))
    try:
        public.verify(utils.encode_dss_signature(r, s), f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Unvouched(403, "the signature of the token is wrong") from None
    _check_claims(claims, origin, now_s, lasts_most_s)


def _check_claims(claims: Any, origin: str, now_s: float, lasts_most_s: int) -> None:
    if not isinstance(claims, dict) or not isinstance(claims.get("exp"), int):
        raise Unvouched(403, "the token does not say until when it is good")
    if claims.get("aud") != origin:
        raise Unvouched(403, "the token is for somebody else")
    if not now_s < claims["exp"] <= now_s + lasts_most_s:
        raise Unvouched(403, "the token is over, or good for too long")
    contact = claims.get("sub", "mailto:")
    if not isinstance(contact, str) or not contact.startswith(("mailto:", "https:")):
        raise Unvouched(403, "the token names nobody who could be asked")
