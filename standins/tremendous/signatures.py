"""How a webhook is signed: HMAC-SHA256 of the body, in hexadecimal, after `sha256=`."""

import hashlib
import hmac


def signed(private_key: str, body: bytes) -> dict[str, str]:
    """The header over a body."""
    digest = hmac.new(private_key.encode(), body, hashlib.sha256).hexdigest()
    return {"Tremendous-Webhook-Signature": f"sha256={digest}"}
