"""Making a key for the API: its secret is known to whoever asked for it, and to nobody else."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.access.api_keys import EVENTS, ApiKey, KeyScope, record_api_key
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction

SECRET_BYTES = 20


@dataclass(frozen=True, slots=True)
class WantedKey:
    """What a key is for: its name, what it may do, for which sources it sends, where, and for how long."""

    name: str
    source: str
    holds: timedelta
    scopes: Sequence[KeyScope] = (EVENTS,)
    market: str | None = None
    location: str | None = None


def new_key(wanted: WantedKey, now: datetime) -> tuple[ApiKey, str]:
    """A key as it is stored, and its text, which is to be shown once: `gdn_<id>_<secret>`."""
    key_id = secrets.token_hex(6)
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode().lower()
    key = ApiKey(
        key_id,
        hashlib.sha256(secret.encode()).digest(),
        wanted.name,
        wanted.source,
        now + wanted.holds,
        None,
        tuple(wanted.scopes),
        wanted.market,
        wanted.location,
    )
    return key, f"gdn_{key_id}_{secret}"


def keep_key(tx: Transaction, program_id: int, key: ApiKey, by: str, now: datetime) -> None:
    """Keep a new key, and tell the audit."""
    record_api_key(tx, program_id, key, now)
    record_audit(
        tx, program_id, by, "key.added", key.key_id, now,
        source=key.source, scopes=key.scopes, market=key.market, location=key.location,
    )  # fmt: skip
