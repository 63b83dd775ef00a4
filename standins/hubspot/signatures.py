"""HubSpot's three signatures, written from its guide on validating requests."""

import base64
import hashlib
import hmac

# The only escapes that version 3 decodes in the address before it signs.
DECODED = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}


def sign_v1(secret: str, body: bytes) -> str:
    """SHA-256 of secret and body, hex."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def sign_v2(secret: str, method: str, url: str, body: bytes) -> str:
    """SHA-256 of secret, method, address and body, hex."""
    return hashlib.sha256((secret + method + url).encode() + body).hexdigest()


def sign_v3(secret: str, method: str, url: str, body: bytes, sent_ms: int) -> str:
    """HMAC-SHA256 under the secret of method, address, body and time, base64."""
    for escape, plain in DECODED.items():
        url = url.replace(escape, plain).replace(escape.lower(), plain)
    text = (method + url).encode() + body + str(sent_ms).encode()
    return base64.b64encode(hmac.digest(secret.encode(), text, "sha256")).decode()
