"""What people and keys do with webhooks: make, change, rotate, disable, remove; send again; test.

Each deed leaves its row in the audit, without a secret in it. What is refused is said by a word, and nothing
is written. A secret is told once, to whoever made it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from guerdon.engine.announcements.shapes import CHOICES, TESTED, Announcement, WebhookTested, encode_payload
from guerdon.engine.webhooks.signing import SECRET_BYTES, show_secret
from guerdon.store.announcements.queue import record_subscriber
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.decided import notify
from guerdon.store.sealing import Vault
from guerdon.store.webhooks.deliveries import (
    CHANNEL,
    NewDelivery,
    find_endpoint_of,
    record_again,
    record_dead_again,
    record_deliveries,
)
from guerdon.store.webhooks.endpoints import (
    SUBSCRIBER,
    Endpoint,
    NewEndpoint,
    list_endpoints,
    lock_endpoint,
    record_changed,
    record_endpoint,
    record_removed,
    record_rotated,
    record_state,
    record_whether_told,
    seal_secret,
)
from guerdon.values.destinations import Network, may_be_written, read_destination
from guerdon.values.ids import show

NAME_LETTERS_MAX = 100
REASON_LETTERS_MAX = 500
ENDPOINTS_MAX = 50
# So long both secrets are believed.
ROTATION = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Looking:
    """Who does something, for which program, and when."""

    program_id: int
    program: str
    vault: Vault
    allow: Sequence[Network]
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """An endpoint as somebody wants it; no types: all."""

    name: str
    url: str
    types: Sequence[str]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was done: name, url, address, types, many, missing, state, none, former."""

    why: str


@dataclass(frozen=True, slots=True)
class Made:
    """An endpoint with the secret that nobody is told again."""

    id: int
    secret: str = field(repr=False)


def make_endpoint(tx: Transaction, looking: Looking, wanted: Wanted) -> Made | Refused:
    """Make an endpoint; from this commit on it is told what happens."""
    mistake = check_wanted(wanted, looking.allow)
    if mistake is not None:
        return mistake
    # First, so that whoever makes one at the same moment waits here.
    record_subscriber(tx, looking.program_id, SUBSCRIBER, wants=True)
    if len(list_endpoints(tx, looking.program_id)) >= ENDPOINTS_MAX:
        return Refused("many")
    secret = os.urandom(SECRET_BYTES)
    new = NewEndpoint(wanted.name.strip(), wanted.url, sorted(set(wanted.types)), secret)
    number = record_endpoint(tx, looking.program_id, new, looking.vault, (looking.actor, looking.now))
    _tell(tx, looking, "webhook.made", number, after=_said(wanted))
    return Made(number, show_secret(secret))


def change_endpoint(tx: Transaction, looking: Looking, number: int, wanted: Wanted) -> Endpoint | Refused:
    """Give an endpoint another name, address or choice of types.

    What waits to be sent to the address before goes nowhere from now on: it was made for that one. It is
    given up in sets, by whoever hands announcements on.
    """
    mistake = check_wanted(wanted, looking.allow)
    if mistake is not None:
        return mistake
    was = lock_endpoint(tx, looking.program_id, number)
    if was is None:
        return Refused("missing")
    called = (wanted.name.strip(), wanted.url)
    record_changed(tx, looking.program_id, number, called, sorted(set(wanted.types)))
    before = _said(Wanted(was.name, was.url, was.types))
    _tell(tx, looking, "webhook.changed", number, before=before, after=_said(wanted))
    return _found(tx, looking, number)


def rotate_secret(tx: Transaction, looking: Looking, number: int) -> Made | Refused:
    """Make a new secret; for a day everything is signed by both."""
    if lock_endpoint(tx, looking.program_id, number) is None:
        return Refused("missing")
    secret, until = os.urandom(SECRET_BYTES), looking.now + ROTATION
    record_rotated(
        tx,
        looking.program_id,
        number,
        seal_secret(looking.vault, looking.program_id, number, secret),
        until,
    )
    _tell(tx, looking, "webhook.rotated", number, after={"previous_until": until.isoformat()})
    return Made(number, show_secret(secret))


def set_state(
    tx: Transaction, looking: Looking, number: int, state: str, reason: str = ""
) -> Endpoint | Refused:
    """Enable or disable an endpoint; what waits for one that is disabled goes on waiting."""
    assert state in {"enabled", "disabled"}
    if lock_endpoint(tx, looking.program_id, number) is None:
        return Refused("missing")
    said = reason.strip()[:REASON_LETTERS_MAX] if state == "disabled" else ""
    if not record_state(tx, looking.program_id, number, state, said):
        return Refused("state")
    record_whether_told(tx, looking.program_id)
    _tell(tx, looking, f"webhook.{state}", number, reason=said)
    notify(tx, CHANNEL, looking.program_id)
    return _found(tx, looking, number)


def remove_endpoint(tx: Transaction, looking: Looking, number: int) -> Refused | None:
    """Remove an endpoint, with everything that waits for it."""
    was = lock_endpoint(tx, looking.program_id, number)
    if was is None:
        return Refused("missing")
    record_removed(tx, looking.program_id, number, looking.now)
    record_whether_told(tx, looking.program_id)
    _tell(tx, looking, "webhook.removed", number, before=_said(Wanted(was.name, was.url, was.types)))
    return None


def send_test(tx: Transaction, looking: Looking, number: int) -> Refused | None:
    """Send an endpoint something that says that it is a test."""
    found = lock_endpoint(tx, looking.program_id, number)
    if found is None:
        return Refused("missing")
    if found.state != "enabled":
        return Refused("state")
    said = WebhookTested("This is a test. Nothing happened.")
    payload = encode_payload(Announcement(said, looking.now, 0, None, None), looking.program)
    record_deliveries(
        tx, looking.program_id, [NewDelivery(number, TESTED, payload, looking.now)], looking.now
    )
    _tell(tx, looking, "webhook.tested", number)
    notify(tx, CHANNEL, looking.program_id)
    return None


def resend(
    tx: Transaction, looking: Looking, delivery: int, of: int | None = None, *, anywhere: bool = False
) -> int | Refused:
    """Send one delivery (of this endpoint) again, from its first attempt on; it keeps its id. Whose it is.

    One that was made for a former address goes to the present one only where just that is asked (`anywhere`).
    """
    number = find_endpoint_of(tx, looking.program_id, delivery)
    if number is None or of not in {None, number} or lock_endpoint(tx, looking.program_id, number) is None:
        return Refused("missing")
    if not record_again(tx, looking.program_id, delivery, looking.now, anywhere=anywhere):
        return Refused("former")
    _tell(tx, looking, "webhook.resent", number, delivery=show("msg", delivery))
    notify(tx, CHANNEL, looking.program_id)
    return number


def resend_dead(tx: Transaction, looking: Looking, number: int, *, former: bool = False) -> int | Refused:
    """Send everything again that was given up, of the present address or of `former` ones; how much."""
    if lock_endpoint(tx, looking.program_id, number) is None:
        return Refused("missing")
    count = record_dead_again(tx, looking.program_id, number, looking.now, former=former)
    if count == 0:
        return Refused("none")
    _tell(tx, looking, "webhook.resent", number, deliveries=count, former=former)
    notify(tx, CHANNEL, looking.program_id)
    return count


def check_wanted(wanted: Wanted, allow: Sequence[Network]) -> Refused | None:
    """Say what is wrong with an endpoint, if anything is."""
    if not wanted.name.strip() or len(wanted.name) > NAME_LETTERS_MAX or not wanted.name.isprintable():
        return Refused("name")
    destination = read_destination(wanted.url)
    if destination is None:
        return Refused("url")
    if not may_be_written(destination, allow):
        return Refused("address")
    return Refused("types") if set(wanted.types) - set(CHOICES) else None


def _found(tx: Transaction, looking: Looking, number: int) -> Endpoint:
    found = lock_endpoint(tx, looking.program_id, number)
    assert found is not None
    return found


def _said(wanted: Wanted) -> dict[str, object]:
    # Of an address its host: what stands behind it may be as good as a word to get in by.
    destination = read_destination(wanted.url)
    host = destination.named_host if destination is not None else ""
    return {"name": wanted.name.strip(), "host": host, "types": sorted(set(wanted.types))}


def _tell(tx: Transaction, looking: Looking, action: str, number: int, **row: Any) -> None:
    record_audit(tx, looking.program_id, looking.actor, action, show("whk", number), looking.now, **row)
