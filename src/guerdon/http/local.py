"""Asking Guerdon's own processes on this machine: no proxy, no redirects, no TLS."""

from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

TIMEOUT_S = 10.0


def answers(url: str, within_s: float = TIMEOUT_S) -> bool:
    """Whether somebody answers at an address, whatever it is that they say."""
    try:
        _get(url, within_s)
    except (OSError, HTTPException):
        return False
    return True


def fetch(url: str, within_s: float = TIMEOUT_S) -> bytes:
    """The body of what an address answers; raises `OSError` when that is not a success."""
    try:
        status, body = _get(url, within_s)
    except HTTPException as fault:
        raise ConnectionError(f"{url} does not speak HTTP") from fault
    if not 200 <= status < 300:
        raise ConnectionError(f"{url} answered {status}")
    return body


def _get(url: str, within_s: float) -> tuple[int, bytes]:
    parts = urlsplit(url)
    assert parts.scheme == "http", f"{url} is not asked without TLS"
    assert parts.hostname, f"{url} has no host"
    connection = HTTPConnection(parts.hostname, parts.port, timeout=within_s)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
