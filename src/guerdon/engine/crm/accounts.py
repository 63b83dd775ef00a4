"""Accounts at a CRM: connected and disconnected by people, opened for use with a token that still holds.

A token that ends is made new in time, by one process at a time and with no transaction open. One that the CRM
calls gone turns its account to `revoked`, and a person connects it anew; what waits for it stands still.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from guerdon.engine.crm.port import Closed, NotNow
from guerdon.program.model import Connection as Declared
from guerdon.store.audit import record_audit
from guerdon.store.crm.accounts import (
    Account,
    Granted,
    Keys,
    State,
    find_account,
    find_keys,
    forget_tokens,
    lease_renewal,
    let_go_renewal,
    lock_account,
    open_token,
    record_account,
    record_checked,
    record_ended,
    record_renewed,
    record_state,
    wake_all,
)
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.sealing import Unreadable, Vault

# A token is made new so long before it ends, and whose it is asked so often.
EARLY = timedelta(minutes=3)
CHECK_EVERY = timedelta(hours=1)
# Longer than asking for a token takes.
RENEWAL_LEASE = timedelta(seconds=60)
RENEWAL_PAUSE_S = 2.0


class KeyMaker(Protocol):
    """Who makes tokens, and says whose they are; asked with no transaction open."""

    def renew(self, refresh: str) -> Granted | NotNow | Closed:
        """A new token, with what the next one is made of."""
        ...

    def portal_of(self, access: str) -> int | NotNow | Closed:
        """The account that a token opens."""
        ...


@dataclass(frozen=True, slots=True)
class Looking:
    """Who does something, for which program, and when."""

    program_id: int
    vault: Vault
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """The account of which connection, and the portal that it is declared to be of."""

    program_id: int
    connection: str
    portal: int


def keep_account(tx: Transaction, looking: Looking, declared: Declared, granted: Granted) -> None:
    """Keep what opens a connection's account, in place of what did before; it is of the declared portal."""
    assert granted.portal == declared.portal, "whoever connects looks at the portal first"
    account = Account(
        declared.key,
        granted.kind,
        "connected",
        granted.portal,
        tuple(granted.scopes),
        granted.app_id,
        looking.actor,
        looking.now,
        looking.now,
    )
    record_account(tx, looking.vault, looking.program_id, account, granted)
    wake_all(tx, looking.program_id, declared.key, looking.now)
    said = {"kind": granted.kind, "portal": granted.portal}
    _tell(tx, looking, "connection.connected", declared.key, after=said)


def drop_account(tx: Transaction, looking: Looking, connection: str) -> bool:
    """Keep no token any more; whether there was anything to disconnect."""
    was = lock_account(tx, looking.program_id, connection)
    if was is None or not record_state(tx, looking.program_id, connection, "disconnected", looking.now):
        return False
    forget_tokens(tx, looking.program_id, connection)
    _tell(tx, looking, "connection.disconnected", connection, before={"kind": was.kind, "state": was.state})
    return True


def open_access(
    db: Connection, vault: Vault, place: Place, maker: KeyMaker, clock: Callable[[], datetime]
) -> str | NotNow | Closed:
    """A token that opens the account now."""
    now = clock()
    with transaction(db, place.program_id) as tx:
        account = find_account(tx, place.program_id, place.connection)
        keys = find_keys(tx, place.program_id, place.connection)
    shut = why_closed(account, place.portal)
    if shut is not None or keys is None:
        return shut or Closed("not_connected")
    try:
        access = open_token(vault, place.program_id, place.connection, keys.access)
    except Unreadable:
        return Closed("unreadable")
    if keys.expires_at is not None and keys.expires_at - now < EARLY:
        made = _renewed(db, vault, place, keys, maker, now)
        if not isinstance(made, str):
            # While somebody else makes the next one, this one may still do.
            return access if isinstance(made, NotNow) and keys.expires_at > now else made
        access = made
    if now - keys.checked_at >= CHECK_EVERY:
        return _checked(db, vault, place, access, (maker, now))
    return access


def why_closed(account: Account | None, portal: int) -> Closed | None:
    """Why an account is not open, as far as is known without asking."""
    if account is None or account.state == "disconnected":
        return Closed("not_connected")
    if account.state == "connected":
        # Another version of the program may mean another account.
        return None if account.portal == portal else Closed("other_portal")
    return Closed("revoked" if account.state == "revoked" else "other_portal")


def note_gone(db: Connection, vault: Vault, place: Place, access: str, now: datetime) -> None:
    """The CRM calls a token gone: one that can be made new is, any other is revoked.

    Not where somebody put another in its place meanwhile: that one was not asked by.
    """
    with transaction(db, place.program_id) as tx:
        account = lock_account(tx, place.program_id, place.connection)
        if account is None or not _is_current(tx, vault, place, access):
            return
        if account.kind == "oauth":
            # Whether it was revoked is said by whoever makes the next one.
            record_ended(tx, place.program_id, place.connection, now)
        else:
            _close(tx, place, "revoked", now)


def _is_current(tx: Transaction, vault: Vault, place: Place, access: str) -> bool:
    keys = find_keys(tx, place.program_id, place.connection)
    try:
        known = keys and open_token(vault, place.program_id, place.connection, keys.access)
    except Unreadable:
        return False
    return known == access


def _renewed(
    db: Connection, vault: Vault, place: Place, keys: Keys, maker: KeyMaker, now: datetime
) -> str | NotNow | Closed:
    assert keys.refresh is not None, "only what can be made new ends"
    fence = uuid4()
    with transaction(db, place.program_id) as tx:
        until = now + RENEWAL_LEASE
        ours = lease_renewal(tx, place.program_id, place.connection, fence, now, until)
        # Somebody may have made one since we looked.
        again = find_keys(tx, place.program_id, place.connection) if ours else None
        made_since = again is not None and again.access != keys.access
        if made_since:
            let_go_renewal(tx, place.program_id, place.connection, fence, now)
    if again is None or again.refresh is None:
        return NotNow(RENEWAL_PAUSE_S, "trouble")
    try:
        if made_since:
            return open_token(vault, place.program_id, place.connection, again.access)
        refresh = open_token(vault, place.program_id, place.connection, again.refresh, refresh=True)
    except Unreadable:
        return Closed("unreadable")
    granted = maker.renew(refresh)
    with transaction(db, place.program_id) as tx:
        if isinstance(granted, Granted):
            record_renewed(tx, vault, place.program_id, place.connection, fence, granted)
            return granted.access
        after_s = granted.after_s if isinstance(granted, NotNow) else 0.0
        still_ours = let_go_renewal(
            tx, place.program_id, place.connection, fence, now + timedelta(seconds=min(after_s, 60))
        )
        if still_ours and granted == Closed("revoked"):
            _close(tx, place, "revoked", now)
    return granted


def _checked(
    db: Connection, vault: Vault, place: Place, access: str, by: tuple[KeyMaker, datetime]
) -> str | NotNow | Closed:
    maker, now = by
    portal = maker.portal_of(access)
    with transaction(db, place.program_id) as tx:
        if lock_account(tx, place.program_id, place.connection) is None:
            return Closed("not_connected")
        if not _is_current(tx, vault, place, access):
            return NotNow(RENEWAL_PAUSE_S, "trouble")
        if portal == place.portal:
            record_checked(tx, place.program_id, place.connection, now)
            return access
        if isinstance(portal, int):
            _close(tx, place, "other_portal", now)
            return Closed("other_portal")
    return portal


def _close(tx: Transaction, place: Place, state: State, now: datetime) -> None:
    if record_state(tx, place.program_id, place.connection, state, now):
        record_audit(tx, place.program_id, "worker", f"connection.{state}", place.connection, now)


def _tell(tx: Transaction, looking: Looking, action: str, connection: str, **row: Any) -> None:
    record_audit(tx, looking.program_id, looking.actor, action, connection, looking.now, **row)
