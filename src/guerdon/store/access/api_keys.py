"""Keys for the API: an id and the hash of a secret shown once, with scopes and a place, never a role."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from guerdon.access.grants import Scope
from guerdon.store.database import Transaction

KeyScope = Literal[
    "read:members",
    "read:ledger",
    "read:budgets",
    "read:controls",
    "read:audit",
    "read:versions",
    "try:events",
    "write:wallet",
    "write:versions",
    "recall:versions",
    "read:webhooks",
    "write:webhooks",
    "read:quarantine",
    "write:quarantine",
    "write:drops",
    "read:catalog",
    "write:catalog",
    "write:differences",
    "erase:members",
    "export:members",
    "propose:requests",
    "write:codes",
    "write:consents",
    "write:events",
]
KEY_SCOPES: tuple[KeyScope, ...] = get_args(KeyScope)
EVENTS: KeyScope = "write:events"
KEY_ID_LENGTH_MAX = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as stored. `source` is the prefix its events' sources must have; empty where it sends none."""

    key_id: str
    secret_sha: bytes
    name: str
    source: str
    expires_at: datetime | None
    revoked_at: datetime | None
    scopes: tuple[KeyScope, ...] = (EVENTS,)
    market: str | None = None
    location: str | None = None

    def valid_at(self, at: datetime) -> bool:
        """Whether the key opens the door at an instant."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def opened_by(self, secret: str, at: datetime) -> bool:
        """Whether this is the key's secret, and the key opens the door at an instant."""
        given = hashlib.sha256(secret.encode()).digest()
        return hmac.compare_digest(given, self.secret_sha) and self.valid_at(at)

    @property
    def place(self) -> Scope:
        """The part of the program in which it reads and acts."""
        return Scope(
            () if self.market is None else (self.market,), () if self.location is None else (self.location,)
        )


def read_token(authorization: bytes | None) -> tuple[str, str] | None:
    """The id and the secret in `Authorization: Bearer gdn_<id>_<secret>`, or None."""
    scheme, _, token = (authorization or b"").decode("latin-1").partition(" ")
    parts = token.strip().split("_")
    if scheme.lower() != "bearer" or len(parts) != 3 or parts[0] != "gdn":
        return None
    key_id = parts[1]
    if len(key_id) > KEY_ID_LENGTH_MAX or not (key_id.isascii() and key_id.isalnum()):
        return None
    return key_id, parts[2]


def find_api_key(tx: Transaction, program_id: int, key_id: str) -> ApiKey | None:
    """A key by its id."""
    row = tx.execute(
        """
        select key_id, secret_sha, name, source, expires_at, revoked_at, scopes, for_market, for_location
        from api_keys where program_id = %s and key_id = %s
        """,
        (program_id, key_id),
    ).fetchone()
    return _key(row) if row else None


def list_api_keys(tx: Transaction, program_id: int) -> list[ApiKey]:
    """All keys of a program, the newest first, those that were closed too."""
    rows = tx.execute(
        """
        select key_id, secret_sha, name, source, expires_at, revoked_at, scopes, for_market, for_location
        from api_keys where program_id = %s order by created_at desc, key_id
        """,
        (program_id,),
    ).fetchall()
    return [_key(row) for row in rows]


def record_api_key(tx: Transaction, program_id: int, key: ApiKey, at: datetime) -> None:
    """Keep a new key."""
    tx.execute(
        """
        insert into api_keys (program_id, key_id, secret_sha, name, source, created_at, expires_at, scopes,
                              for_market, for_location)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            program_id,
            key.key_id,
            key.secret_sha,
            key.name,
            key.source,
            at,
            key.expires_at,
            list(key.scopes),
            key.market,
            key.location,
        ),
    )


def revoke_api_key(tx: Transaction, program_id: int, key_id: str, at: datetime) -> bool:
    """Close a key; says whether there was one."""
    closed = tx.execute(
        """
        update api_keys set revoked_at = %s
        where program_id = %s and key_id = %s and revoked_at is null
        """,
        (at, program_id, key_id),
    )
    return closed.rowcount == 1


def _key(row: tuple[Any, ...]) -> ApiKey:
    key_id, secret_sha, name, source, expires_at, revoked_at, scopes, market, location = row
    sha, may = bytes(secret_sha), tuple(scopes)
    return ApiKey(key_id, sha, name, source, expires_at, revoked_at, may, market, location)
