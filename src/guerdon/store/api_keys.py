"""Keys for the API: an id and the hash of a secret that was shown once."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as stored. `source` is the prefix its events' sources must have."""

    key_id: str
    secret_sha: bytes
    name: str
    source: str
    expires_at: datetime | None
    revoked_at: datetime | None

    def valid_at(self, at: datetime) -> bool:
        """Whether the key opens the door at an instant."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


def find_api_key(tx: Transaction, program_id: int, key_id: str) -> ApiKey | None:
    """A key by its id."""
    row = tx.execute(
        """
        select key_id, secret_sha, name, source, expires_at, revoked_at
        from api_keys where program_id = %s and key_id = %s
        """,
        (program_id, key_id),
    ).fetchone()
    return ApiKey(row[0], bytes(row[1]), *row[2:]) if row else None


def list_api_keys(tx: Transaction, program_id: int) -> list[ApiKey]:
    """All keys of a program, the newest first, those that were closed too."""
    rows = tx.execute(
        """
        select key_id, secret_sha, name, source, expires_at, revoked_at
        from api_keys where program_id = %s order by created_at desc, key_id
        """,
        (program_id,),
    ).fetchall()
    return [ApiKey(row[0], bytes(row[1]), *row[2:]) for row in rows]


def record_api_key(tx: Transaction, program_id: int, key: ApiKey, at: datetime) -> None:
    """Keep a new key."""
    tx.execute(
        """
        insert into api_keys (program_id, key_id, secret_sha, name, source, created_at, expires_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        (program_id, key.key_id, key.secret_sha, key.name, key.source, at, key.expires_at),
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
