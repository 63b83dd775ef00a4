"""Where mail comes from and goes to: addresses, senders, mail servers, as people write them."""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Literal
from urllib.parse import unquote, urlsplit

ADDRESS_BYTES_MAX = 254
LOCAL_PART_BYTES_MAX = 64
TLS_BY_SCHEME: dict[str, Literal["none", "starttls", "tls"]] = {
    "smtp": "none",
    "smtp+starttls": "starttls",
    "smtps": "tls",
}
PORTS = {"none": 25, "starttls": 587, "tls": 465}
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

_LOCAL_PART = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\xa0]+")
_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: an address and, unless the program's own name is to stand there, a name."""

    name: str
    address: str


def read_sender(text: str) -> Sender | None:
    """Read `Nordlys Circle <rewards@example.com>` or a bare address; None when it is neither."""
    name, address = parseaddr(text)
    usable = usable_address(address)
    return Sender(name, usable) if usable and usable.isascii() else None


def usable_address(text: str) -> str | None:
    """Give an address as the wire needs it, its domain in ASCII; None when no server could deliver to it."""
    local_part, _, domain = text.strip().rpartition("@")
    try:
        local_part.encode()
        domain = domain.encode("idna").decode()
    except UnicodeError:
        return None
    if not _LOCAL_PART.fullmatch(local_part) or not _DOMAIN.fullmatch(domain):
        return None
    if local_part[0] == "." or local_part[-1] == "." or ".." in local_part:
        return None
    address = f"{local_part}@{domain}"
    if len(local_part.encode()) > LOCAL_PART_BYTES_MAX or len(address.encode()) > ADDRESS_BYTES_MAX:
        return None
    return address


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters go, and how we introduce ourselves there."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"]
    user: str = ""
    password: str = ""


def read_listening(text: str) -> tuple[str, int] | None:
    """Read where to listen, like `127.0.0.1:8727` or `[::1]:25`; None when it is no host with a port."""
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536):
        return None
    if bare != host or ":" in host:
        try:
            return (bare, int(port)) if bare != host and ip_address(bare).version == 6 else None
        except ValueError:
            return None
    return (host, int(port)) if _DOMAIN.fullmatch(host) else None


def read_smtp_url(text: str) -> MailServer:
    """Read `smtp://127.0.0.1:8725`, `smtps://me:word@host` or `smtp+starttls://...`; raises ValueError."""
    url = urlsplit(text)
    url.port  # noqa: B018  reading it says whether it is a number
    tls = TLS_BY_SCHEME.get(url.scheme)
    if tls is None or not url.hostname or url.path not in {"", "/"}:
        raise ValueError(
            "write it like smtp://127.0.0.1:8725, smtp+starttls://user:password@host or smtps://host"
        )
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if user and tls == "none" and url.hostname not in LOOPBACK:
        raise ValueError("a password over smtp:// could be read on the way: use smtp+starttls:// or smtps://")
    return MailServer(url.hostname, url.port or PORTS[tls], tls, user, password)
