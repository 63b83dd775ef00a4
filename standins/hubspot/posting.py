"""One POST to somebody else's address, in a thread of its own."""

import http.client
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

ANSWER_BYTES_MAX = 1_000_000


class Posted(NamedTuple):
    """What came back; status 0 is no answer at all."""

    status: int
    retry_after_s: float | None = None
    body: bytes = b""


def post(url: str, headers: dict[str, str], body: bytes, within_s: float) -> Posted:
    """Send the body and wait for the answer; redirects are not followed."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=within_s, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=within_s)
    try:
        connection.request("POST", target, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.getheader("Retry-After", "")
        after = float(text) if text.isdigit() else None
        return Posted(answer.status, after, answer.read(ANSWER_BYTES_MAX))
    except (OSError, http.client.HTTPException):
        return Posted(0)
    finally:
        connection.close()
