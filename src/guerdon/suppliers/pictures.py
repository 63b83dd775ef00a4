"""Fetching a picture from where a supplier says it is: as bounded as any question, and never inside."""

from guerdon.engine.catalog.images import BYTES_MAX
from guerdon.engine.catalog.wrong import Reason
from guerdon.http import Unreachable
from guerdon.suppliers import Asks

WITHIN_S = 10.0
FOUND = 200
# No key of the account goes there, nor anything else that says who asks.
HEADERS = {"Accept": "image/png, image/jpeg, image/webp"}


def picture_at(http: Asks, address: str) -> bytes | Reason:
    """What stands at an address, whatever it is; or why there is nothing. No redirect is followed."""
    try:
        answer = http.ask("GET", address, HEADERS, None, WITHIN_S)
    except Unreachable as fault:
        if fault.reason in ("url", "inside"):
            return Reason("picture_address", {})
        return Reason("image_more", {"most": BYTES_MAX}) if fault.reason == "large" else _SILENT
    return answer.body if answer.status == FOUND else Reason("picture_status", {"status": answer.status})


_SILENT = Reason("picture_silent", {})
