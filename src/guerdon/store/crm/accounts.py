"""Accounts at a CRM: who connected what, and tokens that are sealed for their place and made new in time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from guerdon.store.crm.errands import CHANNEL
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault

PURPOSE = "crm token"
Kind = Literal["token", "oauth"]
State = Literal["connected", "revoked", "other_portal", "disconnected"]


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands, without its tokens."""

    connection: str
    kind: Kind
    state: State
    portal: int
    scopes: tuple[str, ...]
    app_id: int | None
    connected_by: str
    connected_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Granted:
    """What opens an account. `refresh` and `expires_at` are there for tokens that end."""

    kind: Kind
    access: str = field(repr=False)
    portal: int
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None
    scopes: Sequence[str] = ()
    app_id: int | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """The tokens of an account, as they are kept."""

    access: bytes = field(repr=False)
    refresh: bytes | None = field(repr=False)
    expires_at: datetime | None
    checked_at: datetime


def list_accounts(tx: Transaction, program_id: int) -> list[Account]:
    """All accounts that were ever connected, by connection."""
    rows = tx.execute(
        """
        select connection, kind, state, portal, scopes, app_id, connected_by, connected_at, changed_at
        from crm_accounts where program_id = %s order by connection
        """,
        (program_id,),
    ).fetchall()
    return [
        Account(connection, kind, state, portal, tuple(scopes), *rest)
        for connection, kind, state, portal, scopes, *rest in rows
    ]


def find_account(tx: Transaction, program_id: int, connection: str) -> Account | None:
    """The account of a connection."""
    found = (each for each in list_accounts(tx, program_id) if each.connection == connection)
    return next(found, None)


def lock_account(tx: Transaction, program_id: int, connection: str) -> Account | None:
    """The account of a connection, which nobody else changes until this transaction ends."""
    tx.execute(
        "select from crm_accounts where program_id = %s and connection = %s for no key update",
        (program_id, connection),
    )
    return find_account(tx, program_id, connection)


def record_account(
    tx: Transaction, vault: Vault, program_id: int, account: Account, granted: Granted
) -> None:
    """Keep an account that was connected, in place of the one before it."""
    tx.execute(
        """
        insert into crm_accounts (program_id, connection, kind, state, portal, scopes, app_id, connected_by,
                                  connected_at, changed_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (program_id, connection) do update
        set (kind, state, portal, scopes, app_id, connected_by, connected_at, changed_at)
          = (excluded.kind, excluded.state, excluded.portal, excluded.scopes, excluded.app_id,
             excluded.connected_by, excluded.connected_at, excluded.changed_at)
        """,
        (
            program_id,
            account.connection,
            account.kind,
            account.state,
            account.portal,
            list(account.scopes),
            account.app_id,
            account.connected_by,
            account.connected_at,
            account.changed_at,
        ),
    )
    access, refresh = _sealed(vault, program_id, account.connection, granted)
    tx.execute(
        """
        insert into crm_tokens (program_id, connection, access, refresh, expires_at, checked_at)
        values (%s, %s, %s, %s, %s, %s)
        on conflict (program_id, connection) do update
        set (access, refresh, expires_at, checked_at, fence, lease_until)
          = (excluded.access, excluded.refresh, excluded.expires_at, excluded.checked_at, null, null)
        """,
        (program_id, account.connection, access, refresh, granted.expires_at, account.connected_at),
    )


def record_state(tx: Transaction, program_id: int, connection: str, state: State, at: datetime) -> bool:
    """Keep another state; whether it was otherwise."""
    done = tx.execute(
        """
        update crm_accounts set state = %s, changed_at = %s
        where program_id = %s and connection = %s and state <> %s
        """,
        (state, at, program_id, connection, state),
    )
    return done.rowcount == 1


def forget_tokens(tx: Transaction, program_id: int, connection: str) -> None:
    """Keep no token of an account any more."""
    tx.execute("delete from crm_tokens where program_id = %s and connection = %s", (program_id, connection))


def find_keys(tx: Transaction, program_id: int, connection: str) -> Keys | None:
    """The tokens of an account."""
    row = tx.execute(
        """
        select access, refresh, expires_at, checked_at from crm_tokens
        where program_id = %s and connection = %s
        """,
        (program_id, connection),
    ).fetchone()
    return None if row is None else Keys(*row)


def lease_renewal(
    tx: Transaction, program_id: int, connection: str, fence: UUID, now: datetime, until: datetime
) -> bool:
    """Be the one who makes a new token, for so long; whether nobody else is."""
    done = tx.execute(
        """
        update crm_tokens set fence = %s, lease_until = %s
        where program_id = %s and connection = %s and (lease_until is null or lease_until < %s)
        """,
        (fence, until, program_id, connection, now),
    )
    return done.rowcount == 1


def record_renewed(
    tx: Transaction, vault: Vault, program_id: int, connection: str, fence: UUID, granted: Granted
) -> bool:
    """Keep new tokens and let the lease go; whether it was still ours."""
    access, refresh = _sealed(vault, program_id, connection, granted)
    done = tx.execute(
        """
        update crm_tokens
        set access = %s, refresh = coalesce(%s, refresh), expires_at = %s, fence = null, lease_until = null
        where program_id = %s and connection = %s and fence = %s
        """,
        (access, refresh, granted.expires_at, program_id, connection, fence),
    )
    return done.rowcount == 1


def let_go_renewal(
    tx: Transaction, program_id: int, connection: str, fence: UUID, not_before: datetime
) -> bool:
    """Leave making a new token to whoever comes next, not before then; whether it was still ours."""
    done = tx.execute(
        """
        update crm_tokens set lease_until = %s
        where program_id = %s and connection = %s and fence = %s
        """,
        (not_before, program_id, connection, fence),
    )
    return done.rowcount == 1


def record_ended(tx: Transaction, program_id: int, connection: str, at: datetime) -> None:
    """Keep that a token opens nothing any more, so that a new one is made."""
    tx.execute(
        """
        update crm_tokens set expires_at = least(expires_at, %s)
        where program_id = %s and connection = %s and refresh is not null
        """,
        (at, program_id, connection),
    )


def record_checked(tx: Transaction, program_id: int, connection: str, at: datetime) -> None:
    """Keep when the CRM last said whose account it is."""
    tx.execute(
        "update crm_tokens set checked_at = %s where program_id = %s and connection = %s",
        (at, program_id, connection),
    )


def wake_all(tx: Transaction, program_id: int, connection: str, at: datetime) -> None:
    """Let everything that waits for an account be tried again now."""
    tx.execute(
        "update errands set next_at = %s where program_id = %s and connection = %s and next_at > %s",
        (at, program_id, connection, at),
    )
    tx.execute(
        """
        update crm_actions set next_at = %s
        where program_id = %s and connection = %s and state = 'waiting' and next_at > %s
        """,
        (at, program_id, connection, at),
    )
    tx.execute("select pg_notify(%s, '')", (CHANNEL,))


def open_token(
    vault: Vault, program_id: int, connection: str, sealed: bytes, *, refresh: bool = False
) -> str:
    """A token that was sealed for this place; raises `Unreadable`."""
    return vault.open(PURPOSE, _place(program_id, connection, refresh=refresh), sealed).decode()


def _sealed(vault: Vault, program_id: int, connection: str, granted: Granted) -> tuple[bytes, bytes | None]:
    access = vault.seal(PURPOSE, _place(program_id, connection, refresh=False), granted.access.encode())
    if not granted.refresh:
        return access, None
    place = _place(program_id, connection, refresh=True)
    return access, vault.seal(PURPOSE, place, granted.refresh.encode())


def _place(program_id: int, connection: str, *, refresh: bool) -> str:
    return f"{program_id}:{connection}:{'refresh' if refresh else 'access'}"
