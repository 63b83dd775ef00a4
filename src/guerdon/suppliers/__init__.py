"""Suppliers of rewards: a folder each. Dropping one in is adding it; `docs/suppliers.md` shows how.

A folder has a module `vendor` with a `VENDOR`: its abilities, its address, and how its accounts are opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from guerdon.engine.orders.port import Abilities, Account, Supplier
from guerdon.http import Answer


class Asks(Protocol):
    """What asks another address; `guerdon.http.Client` does."""

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        """The answer; raises `Unreachable` and nothing else."""


class Opens(Protocol):
    """How an account is opened: nothing is asked by that."""

    def __call__(self, http: Asks, account: Account) -> Supplier:
        """The account, ready to be asked."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A kind of supplier: the word by which programs name it, and how its accounts are opened.

    `address` is where it answers, unless the installation says otherwise. `options` are the words that a
    program may or must (True) say of an account.
    """

    kind: str
    abilities: Abilities
    address: str
    opens: Opens
    options: Mapping[str, bool]


@cache
def vendors() -> Mapping[str, Vendor]:
    """All kinds of suppliers that are here, by their words."""
    found = {}
    for module in iter_modules(__path__):
        if module.ispkg:
            vendor = import_module(f"{__name__}.{module.name}.vendor").VENDOR
            assert vendor.kind == module.name, f"the folder {module.name} holds a {vendor.kind}"
            found[vendor.kind] = vendor
    return found
