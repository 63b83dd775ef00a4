"""Accounts with suppliers as this installation may ask them: their addresses, and their secrets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from guerdon.engine.catalog.images import BYTES_MAX as PICTURE_BYTES_MAX
from guerdon.engine.catalog.images import FetchesPicture
from guerdon.engine.orders.port import Account, Notice, Pace, Supplier
from guerdon.http import Client
from guerdon.program.catalog.nouns import SupplierAccount
from guerdon.program.model import Program
from guerdon.suppliers import Asks, Vendor, vendors
from guerdon.suppliers.pictures import Galleries, picture_at
from guerdon.suppliers.turns import ByTurns
from guerdon.values.destinations import Network, with_own
from guerdon.values.problems import Problem, did_you_mean

# A catalog comes in one answer.
BYTES_MAX = 48 * 1024 * 1024
PREVIOUS = "_PREVIOUS"


class Ours(Protocol):
    """The settings of an installation, as far as suppliers are concerned."""

    @property
    def suppliers(self) -> Mapping[str, str]:
        """Where kinds of suppliers answer, if not where they usually do."""

    @property
    def outbound_allow(self) -> Sequence[Network]:
        """Networks of our own that may be asked."""

    def connection_secret(self, name: str) -> str | None:
        """The value of a setting that a program names."""


class Suppliers:
    """Opens accounts; it holds no state, and may be asked from any thread."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self._lines: Mapping[str, Asks] = {
            kind: ByTurns(
                Client(with_own(address_of(ours, vendor), ours.outbound_allow), bytes_max=BYTES_MAX)
            )
            for kind, vendor in vendors().items()
        }
        # They lie with whoever keeps them, who is not the supplier: no turn of an account is spent on them.
        # Their addresses are a supplier's words: what the operator allows of inner networks is not for them.
        outside = Client(bytes_max=PICTURE_BYTES_MAX)
        self._galleries: Mapping[str, Asks] = {
            kind: Galleries(outside, home, with_own(home, ours.outbound_allow))
            if (home := ours.suppliers.get(kind))
            else outside
            for kind in vendors()
        }

    def open(self, program: Program, key: str) -> Supplier | None:
        """An account of a program; None where there is none, or what it needs is not here."""
        declared = program.suppliers.get(key)
        if declared is None or missing_of(program, self._ours, (key,)) or wrong_accounts(program, (key,)):
            return None
        return self._opened(declared, self._secret(declared.hook_secret))

    def pictures(self, program: Program, key: str) -> FetchesPicture | None:
        """How pictures are fetched that an account names; None where there is none, or it is not open."""
        if self.open(program, key) is None:
            return None
        return partial(picture_at, self._galleries[program.suppliers[key].kind])

    def read_notice(
        self, program: Program, key: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Notice | None:
        """What a callback to an account names; None when it is not signed by either of its secrets."""
        declared = program.suppliers.get(key)
        if declared is None or declared.hook_secret is None or self.open(program, key) is None:
            return None
        for secret in (self._secret(declared.hook_secret), self._secret(declared.hook_secret + PREVIOUS)):
            notice = self._opened(declared, secret).read_notice(headers, body, now) if secret else None
            if notice is not None:
                return notice
        return None

    def _opened(self, declared: SupplierAccount, hook_secret: str) -> Supplier:
        vendor = vendors()[declared.kind]
        account = Account(
            declared.key,
            address_of(self._ours, vendor),
            self._secret(declared.secret),
            hook_secret,
            declared.options,
            declared.kind,
            agreed_pace(declared),
        )
        return vendor.opens(self._lines[declared.kind], account)

    def _secret(self, name: str | None) -> str:
        return (self._ours.connection_secret(name) or "") if name else ""


def address_of(ours: Ours, vendor: Vendor) -> str:
    """Where a kind of supplier answers."""
    return ours.suppliers.get(vendor.kind, vendor.address)


def agreed_pace(declared: SupplierAccount) -> Pace | None:
    """How fast an account may be asked by what was agreed; None: as its kind's papers say."""
    if declared.per_second is not None:
        return Pace(declared.per_second, 1.0)
    return None if declared.per_minute is None else Pace(declared.per_minute, 60.0)


def documented_paces() -> Mapping[str, int]:
    """Orders a minute that each kind of supplier takes by its papers."""
    return {kind: vendor.abilities.per_minute for kind, vendor in vendors().items()}


def wrong_accounts(program: Program, keys: Sequence[str] | None = None) -> list[Problem]:
    """What a program says of its suppliers that nobody here understands: their kinds, their options."""
    wrong = []
    for key in program.suppliers if keys is None else keys:
        declared, where = program.suppliers[key], f"suppliers.{key}"
        vendor = vendors().get(declared.kind)
        if vendor is None:
            hint = did_you_mean(declared.kind, list(vendors()))
            wrong.append(Problem(where, None, f"{declared.kind!r} is no kind of supplier", hint))
            continue
        if declared.hook_secret and not vendor.abilities.calls_back:
            wrong.append(
                Problem(where, None, f"{declared.kind} does not call back, so it has no hook_secret")
            )
        for word in declared.options:
            if word not in vendor.options:
                hint = did_you_mean(word, list(vendor.options))
                wrong.append(Problem(where, None, f"{declared.kind} has no option {word!r}", hint))
        wrong += [
            Problem(where, None, f"{declared.kind} needs the option {word!r}")
            for word, must in vendor.options.items()
            if must and not declared.options.get(word)
        ]
    return wrong


def missing_of(program: Program, ours: Ours, keys: Sequence[str] | None = None) -> list[str]:
    """The settings that its suppliers name and the environment does not hold."""
    return [
        f"{name}, which supplier {key} of {program.key} names"
        for key in (program.suppliers if keys is None else keys)
        for name in (program.suppliers[key].secret, program.suppliers[key].hook_secret)
        if name and not ours.connection_secret(name)
    ]


def wrong_addresses(ours: Ours) -> list[Problem]:
    """Addresses that are set for kinds of suppliers that there are not."""
    return [
        Problem(
            "GUERDON_SUPPLIERS", None, f"{kind!r} is no kind of supplier", did_you_mean(kind, list(vendors()))
        )
        for kind in ours.suppliers
        if kind not in vendors()
    ]
