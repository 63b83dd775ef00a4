"""Whether a choice was made on a phone: what the figures ask, and no more than that is kept of a browser."""

import re
from collections.abc import Mapping
from typing import Literal

Device = Literal["phone", "computer"]

# Tablets call themselves Android without Mobile, or iPad; both are held in two hands and count as computers.
_PHONE = re.compile(r"iphone|ipod|android.*mobile|windows phone|mobile.*firefox", re.IGNORECASE)
_READ_MAX = 512


def device_of(headers: Mapping[str, str]) -> Device:
    """Tell from what the browser says of itself: its own hint first, else its name."""
    hint = headers.get("Sec-CH-UA-Mobile", "")
    if hint in {"?0", "?1"}:
        return "phone" if hint == "?1" else "computer"
    return "phone" if _PHONE.search(headers.get("User-Agent", "")[:_READ_MAX]) else "computer"
