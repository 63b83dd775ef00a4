"""Addressing: the devices that members let us push to, and which are not reached any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import DecodeError, msgpack

from guerdon.engine.messages.port import Device, Subscription
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.messages.addresses import (
    Kept,
    SealedAddress,
    find_address,
    list_holding,
    list_usable,
    put_address,
    retire_addresses,
)
from guerdon.store.messages.keys import have_key, load_keys
from guerdon.store.messages.reach import lock_reach
from guerdon.store.messages.suppressions import address_mark
from guerdon.store.orders.choices import next_event_ids
from guerdon.store.sealing import Unreadable, Vault, open_with, seal_with
from guerdon.values.ids import show

CHANNEL = "push"
ADDED, RETIRED = "device.added", "device.retired"
# web: a browser (RFC 8030). fcm: an app on a phone.
Provider = Literal["web", "fcm"]
# Whoever has more uses the oldest no more.
DEVICES_MAX = 10
LABEL_MAX = 80
# Why a device is not used any more, by its code.
Reason = Literal["removed", "replaced", "gone"]


@dataclass(frozen=True, slots=True)
class Located:
    """A device that is used: where it is reached, and the mark by which it is known."""

    id: int
    address: Subscription | Device = field(repr=False)
    mark: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A device that a member lets us push to. `label`: what they call it, at most 80 letters are kept."""

    program_id: int
    member_id: int
    address: Subscription | Device = field(repr=False)
    label: str
    actor: str
    at: datetime


def add_device(tx: Transaction, vault: Vault, wanted: Wanted) -> int:
    """Keep a device, in a transaction of no member or of this one; its number, the same once more."""
    program_id, member_id = wanted.program_id, wanted.member_id
    lock_reach(tx, program_id, [member_id])
    key = have_key(tx, vault, program_id, member_id)
    mark = address_mark(vault, program_id, CHANNEL, _where(wanted.address))
    before = find_address(tx, program_id, member_id, CHANNEL, mark)
    if before is not None and before[1] and _opened(key, program_id, before[0]) == wanted.address:
        return before[0].id
    row = SealedAddress(
        *(member_id, next_event_ids(tx, 1)[0], CHANNEL, _provider(wanted.address)),
        seal_with(AESGCM(key), _place(program_id, member_id, mark), _written(wanted.address)),
        *(mark, wanted.label[:LABEL_MAX], wanted.at),
    )
    number = put_address(tx, program_id, row)
    record_audit(
        *(tx, program_id, wanted.actor, ADDED, show("mem", member_id), wanted.at), device=show("dev", number)
    )
    used = list_usable(tx, program_id, [member_id], CHANNEL).get(member_id, [])
    over = [(member_id, each.id) for each in used if each.id != number][DEVICES_MAX - 1 :]
    retire(tx, program_id, over, "replaced", wanted.at, wanted.actor)
    return number


def move_device(tx: Transaction, vault: Vault, wanted: Wanted) -> int:
    """Keep a device as its holder's alone: whoever signed in on it before is told nothing there any more.

    In a transaction of no member; its number, the same once more.
    """
    mark = address_mark(vault, wanted.program_id, CHANNEL, _where(wanted.address))
    held = list_holding(tx, wanted.program_id, CHANNEL, mark)
    others = [each for each in held if each[0] != wanted.member_id]
    # In the order in which whoever hands over locks them.
    lock_reach(tx, wanted.program_id, sorted({wanted.member_id, *(member_id for member_id, _ in others)}))
    retire(tx, wanted.program_id, others, "replaced", wanted.at, wanted.actor)
    return add_device(tx, vault, wanted)


def retire(
    tx: Transaction,
    program_id: int,
    devices: Sequence[tuple[int, int]],
    reason: Reason,
    now: datetime,
    actor: str = "worker",
) -> int:
    """Use devices (member, number) no more; how many were used until now."""
    retired = retire_addresses(tx, program_id, devices, reason, now) if devices else []
    by_member: dict[int, list[str]] = {}
    for member_id, number in retired:
        by_member.setdefault(member_id, []).append(show("dev", number))
    for member_id, numbers in by_member.items():
        record_audit(
            tx, program_id, actor, RETIRED, show("mem", member_id), now, reason=reason, devices=numbers
        )
    return len(retired)


def usable(
    tx: Transaction, vault: Vault, program_id: int, member_ids: Sequence[int], channel: str = CHANNEL
) -> Mapping[int, list[Located]]:
    """The devices of members that are used, by member, the one that was added last first.

    One that does not open is left out. Raises `Unreadable` where another secret sealed a member's key.
    """
    kept = list_usable(tx, program_id, sorted(set(member_ids)), channel)
    keys = load_keys(tx, vault, program_id, list(kept)) if kept else {}
    found: dict[int, list[Located]] = {}
    for member_id, rows in kept.items():
        if member_id not in keys:
            continue
        for row in rows:
            address = _opened(keys[member_id], program_id, row)
            if address is not None:
                found.setdefault(member_id, []).append(Located(row.id, address, row.mark))
    return found


def _opened(key: bytes, program_id: int, row: Kept) -> Subscription | Device | None:
    try:
        place = _place(program_id, row.member_id, row.mark)
        return _read(row.provider, open_with(AESGCM(key), place, row.sealed))
    except (Unreadable, DecodeError):
        return None


def _where(address: Subscription | Device) -> str:
    return address.endpoint if isinstance(address, Subscription) else address.token


def _provider(address: Subscription | Device) -> Provider:
    return "web" if isinstance(address, Subscription) else "fcm"


def _written(address: Subscription | Device) -> bytes:
    if isinstance(address, Subscription):
        return msgpack.encode((address.endpoint, address.key, address.secret))
    return msgpack.encode((address.token,))


def _read(provider: str, written: bytes) -> Subscription | Device:
    if provider == "web":
        return Subscription(*msgpack.decode(written, type=tuple[str, bytes, bytes]))
    return Device(*msgpack.decode(written, type=tuple[str]))


def _place(program_id: int, member_id: int, mark: bytes) -> str:
    return f"{program_id}|{member_id}|addresses.sealed|{mark.hex()}"
