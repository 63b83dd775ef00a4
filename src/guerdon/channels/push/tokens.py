"""Signed tokens (JWT), as push services ask for them: header and claims in base64url, and their signature."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Mapping

import msgspec

_CODED = re.compile(r"[A-Za-z0-9_-]*={0,2}")


def write_token(
    header: Mapping[str, object], claims: Mapping[str, object], sign: Callable[[bytes], bytes]
) -> str:
    """The token of these claims."""
    signed = f"{coded(msgspec.json.encode(header))}.{coded(msgspec.json.encode(claims))}"
    return f"{signed}.{coded(sign(signed.encode()))}"


def coded(held: bytes) -> str:
    """Bytes as base64url without padding."""
    return urlsafe_b64encode(held).rstrip(b"=").decode()


def decoded(text: str) -> bytes | None:
    """What base64url stands for, padded or not; None for what is none."""
    # The standard library would skip over what is none of its letters.
    if not _CODED.fullmatch(text):
        return None
    bare = text.rstrip("=")
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except Error:
        return None
