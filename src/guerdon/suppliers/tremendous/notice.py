"""Callbacks of Tremendous: HMAC-SHA-256 in hex over the raw body, under the webhook's own key.

There is no time in them, so an old one may be sent again for ever: it is read as "look", and looking does no
harm.
"""

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256

from guerdon.engine.orders.port import Notice
from guerdon.suppliers.reading import Unreadable, inner, is_name, read_record, text

HEADER = "tremendous-webhook-signature"
_SIGNATURE = re.compile(r"(?:sha256=)?([0-9a-f]{64})")


def read_notice(headers: Mapping[str, str], body: bytes, secret: str) -> Notice | None:
    """What it names; None when it is not signed with the secret. An order is named, a reward cannot be."""
    given = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    found = _SIGNATURE.fullmatch(given.strip())
    if not secret or found is None:
        return None
    if not hmac.compare_digest(bytes.fromhex(found[1]), hmac.digest(secret.encode(), body, sha256)):
        return None
    try:
        said = read_record(body)
        resource = inner(inner(said, "payload"), "resource")
        once, kind, whom = text(said, "uuid")[:200], text(resource, "type"), text(resource, "id")
    except Unreadable:
        return Notice()
    return Notice(their_id=whom if kind == "orders" and is_name(whom) else "", id=once)
