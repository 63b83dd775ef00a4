"""HubSpot's signatures: who really sent this request, and by v3 also when.

v3 (webhooks): base64 of HMAC-SHA-256 under the client secret over method + public URI + raw body +
timestamp. v2 (workflow actions) and v1: SHA-256 in hex over secret + method + public URI + raw body, or
over secret + raw body. Those two have no time in them: a request can be sent again for ever, so whoever
believes one keys what it does by what is in it. The verifiers never raise: whatever is odd about a request
is a reason to reject it.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import unquote

WINDOW_MS = 300_000
SIGNATURE_HEADER = b"x-hubspot-signature-v3"
TIMESTAMP_HEADER = b"x-hubspot-request-timestamp"
OLD_SIGNATURE_HEADER = b"x-hubspot-signature"
OLD_VERSION_HEADER = b"x-hubspot-signature-version"
SIGNATURE_BYTES = 32
OldVersion = Literal["v1", "v2"]
_HEX = re.compile(rb"[0-9a-f]{64}")
# The escapes HubSpot decodes before it signs; every other one stays as it was sent.
_DECODED = ("%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B")
_ESCAPES = {escape: unquote(escape) for escape in _DECODED} | {e.lower(): unquote(e) for e in _DECODED}


@dataclass(frozen=True, slots=True)
class Verified:
    """The request is authentic and fresh."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The request is not to be believed: `reason` is forged, stale, future or missing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Request:
    """What of a request is signed. Headers in lower case, as bytes, repeated ones repeated."""

    method: str
    public_url: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


def verify(request: Request, secrets: Iterable[str], now: datetime) -> Verified | Rejected:
    """Judge a request; `secrets` are the current client secret and, while it is changed, the previous one."""
    try:
        return _judged(request, secrets, now)
    except ValueError:
        # A text that no encoding takes: nobody signed that.
        return Rejected("forged")


def _judged(request: Request, secrets: Iterable[str], now: datetime) -> Verified | Rejected:
    signature = _single(request.headers, SIGNATURE_HEADER)
    timestamp = _single(request.headers, TIMESTAMP_HEADER)
    if signature is None or timestamp is None:
        return Rejected("missing")
    if not timestamp.isdigit() or len(timestamp) > 16:
        return Rejected("forged")
    age_ms = int(now.timestamp() * 1000) - int(timestamp)
    given = _decoded(signature)
    if given is None:
        return Rejected("forged")
    signed = b"".join(
        (request.method.encode(), signed_uri(request.public_url).encode(), request.body, timestamp)
    )
    if not any(hmac.compare_digest(given, _mac(secret, signed)) for secret in secrets):
        return Rejected("forged")
    if age_ms > WINDOW_MS:
        return Rejected("stale")
    return Rejected("future") if age_ms < -WINDOW_MS else Verified()


def verify_old(request: Request, secrets: Iterable[str], version: OldVersion) -> Verified | Rejected:
    """Whether a request is HubSpot's by v2 or v1; only by the version that belongs to the address.

    v1 says nothing of the address: what was signed for one could be shown at another.
    """
    try:
        return _verify_old(request, secrets, version)
    except ValueError:
        # A text that no encoding takes: nobody signed that.
        return Rejected("forged")


def _verify_old(request: Request, secrets: Iterable[str], version: OldVersion) -> Verified | Rejected:
    signature = _single(request.headers, OLD_SIGNATURE_HEADER)
    named = _single(request.headers, OLD_VERSION_HEADER)
    if signature is None or named is None:
        return Rejected("missing")
    if named != version.encode() or not _HEX.fullmatch(signature):
        return Rejected("forged")
    # Compared against every secret, so that the time it takes says nothing of which.
    same = [hmac.compare_digest(signature, sign_old(request, secret, version).encode()) for secret in secrets]
    return Verified() if any(same) else Rejected("forged")


def sign_old(request: Request, secret: str, version: OldVersion) -> str:
    """The v2 or v1 signature HubSpot would send."""
    signed = request.body
    if version == "v2":
        signed = (request.method + request.public_url).encode() + signed
    return hashlib.sha256(secret.encode() + signed).hexdigest()


def sign(request: Request, secret: str, timestamp: str) -> str:
    """The signature HubSpot would send."""
    signed = request.method + signed_uri(request.public_url)
    return base64.b64encode(_mac(secret, signed.encode() + request.body + timestamp.encode())).decode()


def signed_uri(public_url: str) -> str:
    """The public URL as HubSpot signs it: a fixed list of escapes decoded, the rest untouched."""
    if "%" not in public_url:
        return public_url
    for escape, plain in _ESCAPES.items():
        public_url = public_url.replace(escape, plain)
    return public_url


def _mac(secret: str, signed: bytes) -> bytes:
    return hmac.digest(secret.encode(), signed, hashlib.sha256)


def _decoded(signature: bytes) -> bytes | None:
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return None
    return given if len(given) == SIGNATURE_BYTES else None


def _single(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """A header that stands exactly once; one that is repeated is as good as none."""
    found = [value for key, value in headers if key == name]
    return found[0] if len(found) == 1 else None
