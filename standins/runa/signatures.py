"""How Svix signs a webhook: HMAC-SHA256 over id, time and body, keyed with the decoded secret, in base64."""

import base64
import hashlib
import hmac


def signed(secret: str, message_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The three headers over a body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{message_id}.{at_s}.".encode() + body
    digest = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return {"svix-id": message_id, "svix-timestamp": str(at_s), "svix-signature": f"v1,{digest}"}
