"""Endpoints: whom we tell, with a secret that is sealed for its place and shown once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from guerdon.store.announcements.queue import lock_subscribers, record_subscriber
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault

PURPOSE = "webhook secret"
# As which they want to be told (store/announcements).
SUBSCRIBER = "webhooks"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as it stands, without its secrets."""

    id: int
    name: str
    url: str
    types: tuple[str, ...]
    state: str
    reason: str
    created_by: str
    created_at: datetime
    rotating_until: datetime | None


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """One to be made."""

    name: str
    url: str
    types: Sequence[str]
    secret: bytes = field(repr=False)


def list_endpoints(tx: Transaction, program_id: int) -> list[Endpoint]:
    """All that were not removed, by name."""
    rows = tx.execute(
        """
        select id, name, url, types, state, reason, created_by, created_at, previous_until
        from webhook_endpoints where program_id = %s and removed_at is null order by lower(name), id
        """,
        (program_id,),
    ).fetchall()
    return [Endpoint(number, name, url, tuple(types), *rest) for number, name, url, types, *rest in rows]


def find_endpoint(tx: Transaction, program_id: int, number: int) -> Endpoint | None:
    """One that was not removed."""
    return next((each for each in list_endpoints(tx, program_id) if each.id == number), None)


def lock_endpoint(tx: Transaction, program_id: int, number: int) -> Endpoint | None:
    """One that was not removed, which nobody else changes until this transaction ends."""
    tx.execute(
        "select from webhook_endpoints where program_id = %s and id = %s for no key update",
        (program_id, number),
    )
    return find_endpoint(tx, program_id, number)


def record_endpoint(
    tx: Transaction, program_id: int, new: NewEndpoint, vault: Vault, by: tuple[str, datetime]
) -> int:
    """Keep a new one; its number, to whose place its secret is sealed."""
    row = tx.execute("select nextval(pg_get_serial_sequence('guerdon.webhook_endpoints', 'id'))").fetchone()
    assert row is not None
    number = int(row[0])
    who, at = by
    sealed = seal_secret(vault, program_id, number, new.secret)
    tx.execute(
        """
        insert into webhook_endpoints (program_id, id, name, url, types, secret, created_by, created_at)
        overriding system value values (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (program_id, number, new.name, new.url, list(new.types), sealed, who, at),
    )
    tx.execute("insert into webhook_health (program_id, endpoint_id) values (%s, %s)", (program_id, number))
    return number


def record_changed(
    tx: Transaction, program_id: int, number: int, called: tuple[str, str], types: Sequence[str]
) -> None:
    """Keep another name, address (in this order) and choice of types.

    Another address is counted, and nothing is known of how it is doing.
    """
    name, url = called
    terms = {"name": name, "url": url, "types": list(types), "program": program_id, "id": number}
    tx.execute(
        """
        update webhook_health h
        set failing_since = null, failures = 0, hold_until = null, status = null, reason = '',
            delivered_at = null, took_ms = null
        from webhook_endpoints e
        where h.program_id = %(program)s and h.endpoint_id = %(id)s
          and e.program_id = h.program_id and e.id = h.endpoint_id and e.url <> %(url)s
        """,
        terms,
    )
    tx.execute(
        """
        update webhook_endpoints
        set name = %(name)s, types = %(types)s, url = %(url)s,
            address = address + case when url = %(url)s then 0 else 1 end
        where program_id = %(program)s and id = %(id)s
        """,
        terms,
    )


def record_rotated(tx: Transaction, program_id: int, number: int, sealed: bytes, until: datetime) -> None:
    """Keep a new secret, and the one before it until then."""
    tx.execute(
        """
        update webhook_endpoints set previous_secret = secret, previous_until = %s, secret = %s
        where program_id = %s and id = %s
        """,
        (until, sealed, program_id, number),
    )


def record_state(
    tx: Transaction, program_id: int, number: int, state: str, reason: str, address: int | None = None
) -> bool:
    """Enable or disable one; whether it was otherwise. One that is enabled again begins without a past.

    With `address` only while it is the present one: what another said is not said of this.
    """
    done = tx.execute(
        """
        update webhook_endpoints set state = %(state)s, reason = %(reason)s
        where program_id = %(program)s and id = %(id)s and state <> %(state)s and removed_at is null
          and (%(address)s::integer is null or address = %(address)s)
        """,
        {"state": state, "reason": reason, "program": program_id, "id": number, "address": address},
    )
    if done.rowcount and state == "enabled":
        tx.execute(
            """
            update webhook_health
            set failing_since = null, failures = 0, hold_until = null, status = null, reason = ''
            where program_id = %s and endpoint_id = %s
            """,
            (program_id, number),
        )
    return done.rowcount == 1


def record_removed(tx: Transaction, program_id: int, number: int, at: datetime) -> None:
    """Remove one: nothing is sent there any more, and what waited for it is forgotten (`forget_old`)."""
    tx.execute(
        """
        update webhook_endpoints
        set removed_at = %s, state = 'disabled', previous_secret = null, previous_until = null
        where program_id = %s and id = %s
        """,
        (at, program_id, number),
    )


def record_whether_told(tx: Transaction, program_id: int) -> None:
    """Have announcements written where an endpoint is enabled, and none where nobody would read them."""
    lock_subscribers(tx, program_id)
    enabled = any(each.state == "enabled" for each in list_endpoints(tx, program_id))
    record_subscriber(tx, program_id, SUBSCRIBER, wants=enabled)


def seal_secret(vault: Vault, program_id: int, number: int, secret: bytes) -> bytes:
    """A secret as it is kept: it opens for this endpoint only."""
    return vault.seal(PURPOSE, f"{program_id}:{number}", secret)


def open_secret(vault: Vault, program_id: int, number: int, sealed: bytes) -> bytes:
    """What `seal_secret` sealed; raises `Unreadable`."""
    return vault.open(PURPOSE, f"{program_id}:{number}", sealed)
