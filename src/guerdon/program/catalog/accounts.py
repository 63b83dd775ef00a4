"""Accounts with suppliers: of which kind, by which settings they are opened, in which order they are asked.

Which kinds there are is for who has their folders (`suppliers/`); here a kind is a word.
"""

import re
from collections.abc import Mapping

from guerdon.program.catalog.nouns import SupplierAccount
from guerdon.program.connections.settings import read_setting
from guerdon.program.places import Place

REQUIRED = ("kind", "secret")
OPTIONAL = ("hook_secret", "prefer", "per_minute", "per_second", "options")
PREFER_MAX = 1000
PER_MINUTE_MAX, PER_SECOND_MAX = 60_000, 1_000
# What offers say who are no account, and the feed of a program's own items.
OWN_WORDS = frozenset({"pool", "manual", "program"})

_OPTION = re.compile(r"[a-z][a-z0-9_]{0,31}")


def read_suppliers(place: Place | None) -> dict[str, SupplierAccount]:
    """Read `suppliers`."""
    if place is None:
        return {}
    found = {}
    for key, account in place.keyed(example="cards").items():
        if key in OWN_WORDS:
            account.wrong(f"{key} is a word of Guerdon itself", "call the account otherwise")
        fields = account.fields(required=REQUIRED, optional=OPTIONAL)
        if "per_minute" in fields and "per_second" in fields:
            account.wrong(
                "per_minute and per_second are two limits", "say the one by which the supplier counts"
            )
        prefer = fields["prefer"].whole(0, PREFER_MAX) if "prefer" in fields else None
        found[key] = SupplierAccount(
            key=key,
            kind=(fields["kind"].key(example="tremendous") if "kind" in fields else None) or "",
            secret=read_setting(fields.get("secret"), "account"),
            hook_secret=read_setting(fields["hook_secret"], "account") if "hook_secret" in fields else None,
            prefer=SupplierAccount(key, "", "").prefer if prefer is None else prefer,
            per_minute=fields["per_minute"].whole(1, PER_MINUTE_MAX) if "per_minute" in fields else None,
            options=_read_options(fields["options"]) if "options" in fields else {},
            per_second=fields["per_second"].whole(1, PER_SECOND_MAX) if "per_second" in fields else None,
        )
    return found


def _read_options(place: Place) -> Mapping[str, str]:
    found = {}
    for key, each in place.keyed(_OPTION, example="campaign").items():
        word = each.word()
        if word is not None:
            found[key] = word
    return found
