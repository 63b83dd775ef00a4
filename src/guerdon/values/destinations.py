"""Where a request may go: an address written down by somebody, and whether it lies outside.

Whoever may write an address could make us ask our own machines. So an address is read strictly, and each IP
address that its name stands for is judged, by what it means and not by how it is written: one that carries
another inside (mapped, translated, tunnelled) is as good as that one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
URL_LENGTH_MAX = 500
# What others hand us to be asked once, a file's signed address say, is longer than what people write down.
ASKED_LENGTH_MAX = 8_000
PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.IGNORECASE)
# What a resolver would take for a number, in whichever base: 0177, 0x7f, 2130706433.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
# An IPv6 address with one of IPv4 inside: where it starts, in bits from the right.
_CARRYING = (
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)
# Nothing behind these is anybody's on the open network, whatever Python's tables say of them.
_NEVER = tuple(
    ip_network(each) for each in ("64:ff9b:1::/48", "2001::/32", "100.64.0.0/10", "fec0::/10", "5f00::/16")
)


@dataclass(frozen=True, slots=True)
class Destination:
    """An address taken apart: its host is a name, or an IP address in its one usual spelling."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def named_host(self) -> str:
        """The host as the request names it, with the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_destination(url: str, length_max: int = URL_LENGTH_MAX) -> Destination | None:
    """Take an address apart; None for what is none, or says more than where and what."""
    if len(url) > length_max or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or parts.fragment or "@" in parts.netloc or not parts.hostname:
        return None
    host = _read_host(parts.hostname, bracketed=parts.netloc.startswith("["))
    if host is None or port == 0:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(parts.scheme, host, port or PORTS[parts.scheme], path)


def _read_host(host: str, *, bracketed: bool) -> str | None:
    if bracketed:
        try:
            return str(IPv6Address(host)) if "%" not in host else None
        except ValueError:
            return None
    host = host.removesuffix(".")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        # It would be taken for an IP address, so it has to be one as everybody writes it.
        try:
            return host if str(IPv4Address(host)) == host else None
        except ValueError:
            return None
    return host if len(host) <= 253 and _NAME.fullmatch(host) else None


def read_networks(text: str) -> tuple[Network, ...] | None:
    """Read networks, separated by commas: `10.1.2.0/24, fd00::/8`; None where one is none."""
    try:
        return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError:
        return None


def is_outside(address: Address) -> bool:
    """Whether an IP address is one of the open network, and of no inner one by a detour."""
    inner = _inside(address)
    if inner is not None:
        return is_outside(inner)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _NEVER if network.version == address.version)
    )


def may_be_asked(destination: Destination, addresses: Sequence[Address], allowed: Sequence[Network]) -> bool:
    """Whether a request may go there, all of these being addresses of its host.

    Outside that is https on its usual port; where the operator allowed a network it is anything.
    """
    if addresses and all(_is_in(each, allowed) for each in addresses):
        return True
    usual = destination.scheme == "https" and destination.port == PORTS["https"]
    return usual and bool(addresses) and all(_is_in(each, allowed) or is_outside(each) for each in addresses)


def may_be_written(destination: Destination, allowed: Sequence[Network]) -> bool:
    """Whether a request might go there, as far as can be told before its name is looked up."""
    try:
        addresses = [ip_address(destination.host)]
    except ValueError:
        usual = destination.scheme == "https" and destination.port == PORTS["https"]
        return usual or bool(allowed)
    return may_be_asked(destination, addresses, allowed)


def with_own(address: str, allowed: Sequence[Network]) -> Sequence[Network]:
    """The allowed networks, and the one machine of an address of our own that an operator set."""
    # Whoever sets an address of this machine means it.
    there = read_destination(address)
    try:
        own = ip_address(there.host) if there else None
    except ValueError:
        own = None
    return allowed if own is None or not own.is_loopback else (*allowed, ip_network(own))


def _inside(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    for network, shift in _CARRYING:
        if address in network:
            return IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return None


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    inner = _inside(address) or address
    return any(inner in network for network in networks if network.version == inner.version)
