"""Where others answer, if not where they usually do: as an operator writes it, read strictly.

An address of this machine itself may be asked without being in a network that is allowed, for whoever sets it
means it.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address

from guerdon.values.destinations import Network, may_be_written, read_destination
from guerdon.values.problems import Problem

_KIND = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A setting that says where others answer: what one of them is called, and how it is written."""

    name: str
    one: str
    kind: str
    example: str


SUPPLIERS = Elsewhere("GUERDON_SUPPLIERS", "supplier", "kind of supplier", "tremendous=https://host/api/v2")
CHANNELS = Elsewhere("GUERDON_CHANNELS", "provider", "provider", "twilio=https://host")


def read_addresses(
    noun: Elsewhere, text: str, allowed: Sequence[Network]
) -> tuple[dict[str, str], list[Problem]]:
    """Read `name=address, ...`: the addresses by name, and what is wrong with the rest."""
    found: dict[str, str] = {}
    problems = []
    for each in text.split(","):
        kind, _, address = (part.strip() for part in each.partition("="))
        if not each.strip():
            continue
        if not _KIND.fullmatch(kind) or not address:
            what, hint = f"{each.strip()[:40]!r} is no {noun.one}", f"like {noun.example}"
        elif kind in found:
            what, hint = f"names {kind} twice", f"each {noun.kind} answers at one address"
        elif not may_be_asked(address, allowed):
            what = f"the address of {kind} is none that may be asked"
            hint = "https, or an address of this machine or of a network in GUERDON_OUTBOUND_ALLOW"
        else:
            found[kind] = address.rstrip("/")
            continue
        problems.append(Problem(noun.name, None, what, hint))
    return found, problems


def may_be_asked(address: str, allowed: Sequence[Network]) -> bool:
    """Whether an operator may name this: https outside, this machine, or a network that is allowed."""
    there = read_destination(address)
    if there is None or "?" in there.path:
        return False
    with suppress(ValueError):
        if ip_address(there.host).is_loopback:
            return True
    return may_be_written(there, allowed)
