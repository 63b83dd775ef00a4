"""What a key may do is never more than whoever makes it may: each scope by the right that it stands for."""

from collections.abc import Mapping, Sequence

from guerdon.access.policy import Area, Power
from guerdon.store.access.api_keys import KEY_SCOPES, KeyScope
from guerdon.web.rights import Rights

STANDS_FOR: Mapping[KeyScope, tuple[Area, Power]] = {
    "read:members": ("members", "read"),
    "read:ledger": ("ledger", "read"),
    "read:budgets": ("budgets", "read"),
    "read:controls": ("controls", "read"),
    "read:audit": ("audit", "read"),
    "read:versions": ("rules", "read"),
    "try:events": ("rules", "write"),
    "write:wallet": ("ledger", "write"),
    "write:versions": ("rules", "write"),
    "recall:versions": ("rules", "approve"),
    "read:webhooks": ("setup", "read"),
    "write:webhooks": ("setup", "write"),
    "read:quarantine": ("events", "read"),
    "write:quarantine": ("events", "write"),
    "write:drops": ("events", "write"),
    "read:catalog": ("catalog", "read"),
    "write:catalog": ("catalog", "write"),
    "write:differences": ("ledger", "write"),
    # Whoever sees persons unmasked hands their data over, and erases them.
    "erase:members": ("members", "unmask"),
    "export:members": ("members", "unmask"),
    "propose:requests": ("rewards", "write"),
    "write:codes": ("redemption", "write"),
    # Whoever answers what members ask about their data.
    "write:consents": ("audit", "write"),
    "write:events": ("events", "write"),
}


def grantable(rights: Rights, market: str | None = None, location: str | None = None) -> Sequence[KeyScope]:
    """The scopes that somebody may give a key for a place (neither: the whole program), in their order."""
    return [scope for scope in KEY_SCOPES if _may(rights, STANDS_FOR[scope], market, location)]


def _may(rights: Rights, right: tuple[Area, Power], market: str | None, location: str | None) -> bool:
    own = rights.scope(*right)
    if own is None:
        return False
    return own.whole if market is None and location is None else own.covers(market, location)
