"""Signing what we send (Standard Webhooks 1.0.0, `v1`): HMAC-SHA256 over id, time and the very bytes."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

PREFIX = "whsec_"
SECRET_BYTES = 32


def show_secret(secret: bytes) -> str:
    """A secret as receivers are given it."""
    return PREFIX + base64.b64encode(secret).decode()


def sign(secret: bytes, message_id: str, at_s: int, body: bytes) -> str:
    """One signature."""
    signed = b"%s.%d.%s" % (message_id.encode(), at_s, body)
    return "v1," + base64.b64encode(hmac.digest(secret, signed, sha256)).decode()


def signed_headers(secrets: Sequence[bytes], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a message, with a signature by each secret."""
    at_s = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(sign(secret, message_id, at_s, body) for secret in secrets),
        "content-type": "application/json",
    }
