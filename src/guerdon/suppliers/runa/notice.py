"""Callbacks of Runa, signed as Standard Webhooks are: HMAC-SHA-256 over id, time and the raw body."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from guerdon.engine.orders.port import Notice
from guerdon.suppliers.reading import Unreadable, is_name, read_record, text

PREFIX = "whsec_"
WINDOW_S = 300
SIGNATURES_MAX = 20


def read_notice(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Notice | None:
    """What it names; None when it is not signed with the secret, or not within five minutes of now."""
    given = {name.lower(): value for name, value in headers.items()}
    name, at = given.get("svix-id", ""), given.get("svix-timestamp", "")
    key = _decoded(secret.removeprefix(PREFIX))
    if not key or not name or not (at.isascii() and at.isdigit() and len(at) <= 12):
        return None
    if abs(now.timestamp() - int(at)) > WINDOW_S:
        return None
    try:
        signed = b".".join((name.encode(), at.encode(), body))
    except UnicodeEncodeError:
        return None
    wanted = hmac.digest(key, signed, sha256)
    each_given = given.get("svix-signature", "").split(" ")[:SIGNATURES_MAX]
    if not any(_same(each, wanted) for each in each_given):
        return None
    return _named(name[:200], body)


def _named(name: str, body: bytes) -> Notice:
    try:
        said = read_record(body)
        their_id, ref = text(said, "id"), text(said, "description")
    except Unreadable:
        return Notice(id=name)
    return Notice(their_id=their_id if is_name(their_id) else "", ref=ref if is_name(ref) else "", id=name)


def _same(given: str, wanted: bytes) -> bool:
    version, _, encoded = given.partition(",")
    return version == "v1" and hmac.compare_digest(_decoded(encoded) or b"", wanted)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
