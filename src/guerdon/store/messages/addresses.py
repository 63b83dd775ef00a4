"""Addresses: the devices that members let us push to, sealed under their own keys.

E-mail addresses and phones are with the person (store/persons). What is not used any more stays as a row that
says why, until its member is forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class SealedAddress:
    """A row of `addresses`, ready to be written. `mark` is that of `suppressions.address_mark`."""

    member_id: int
    id: int
    channel: str
    provider: str
    sealed: bytes = field(repr=False)
    mark: bytes = field(repr=False)
    label: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """An address that is used, still sealed."""

    member_id: int
    id: int
    provider: str
    sealed: bytes = field(repr=False)
    mark: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """An address as its member sees it in a list: nothing of where it leads."""

    id: int
    channel: str
    provider: str
    label: str
    state: str
    reason: str
    added_at: datetime
    retired_at: datetime | None


def find_address(
    tx: Transaction, program_id: int, member_id: int, channel: str, mark: bytes
) -> tuple[Kept, bool] | None:
    """A member's address by its mark, and whether it is used; None: there is none."""
    row = tx.execute(
        """
        select member_id, id, provider, sealed, mark, state = 'usable' from addresses
        where program_id = %s and member_id = %s and channel = %s and mark = %s
        """,
        (program_id, member_id, channel, mark),
    ).fetchone()
    if row is None:
        return None
    return Kept(row[0], row[1], row[2], bytes(row[3]), bytes(row[4])), bool(row[5])


def put_address(tx: Transaction, program_id: int, row: SealedAddress) -> int:
    """Keep an address, or use the one of its mark again, with what was sealed now; its number."""
    kept = tx.execute(
        """
        insert into addresses (program_id, member_id, id, channel, provider, sealed, mark, label, added_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (program_id, member_id, channel, mark) do update
        set provider = excluded.provider, sealed = excluded.sealed, label = excluded.label, state = 'usable',
            reason = '', retired_at = null
        returning id
        """,
        (
            *(program_id, row.member_id, row.id, row.channel, row.provider, row.sealed, row.mark),
            *(row.label, row.added_at),
        ),
    ).fetchone()
    assert kept is not None, "it was just kept"
    return int(kept[0])


def list_usable(
    tx: Transaction, program_id: int, member_ids: Sequence[int], channel: str
) -> dict[int, list[Kept]]:
    """What members are reached by over a channel, by member, the one that was added last first."""
    rows = tx.execute(
        """
        select member_id, id, provider, sealed, mark from addresses
        where program_id = %s and member_id = any(%s) and channel = %s and state = 'usable'
        order by member_id, added_at desc, id desc
        """,
        (program_id, list(member_ids), channel),
    ).fetchall()
    found: dict[int, list[Kept]] = {}
    for member_id, number, provider, sealed, mark in rows:
        found.setdefault(member_id, []).append(Kept(member_id, number, provider, bytes(sealed), bytes(mark)))
    return found


def list_addresses(tx: Transaction, program_id: int, member_id: int) -> list[Shown]:
    """A member's addresses, used or not, the latest first."""
    rows = tx.execute(
        """
        select id, channel, provider, label, state, reason, added_at, retired_at from addresses
        where program_id = %s and member_id = %s order by added_at desc, id desc
        """,
        (program_id, member_id),
    ).fetchall()
    return [Shown(*row) for row in rows]


def list_holding(tx: Transaction, program_id: int, channel: str, mark: bytes) -> list[tuple[int, int]]:
    """Who uses an address, by its mark: members with the number it has for each."""
    rows = tx.execute(
        """
        select member_id, id from addresses
        where program_id = %s and channel = %s and mark = %s and state = 'usable' order by member_id
        """,
        (program_id, channel, mark),
    ).fetchall()
    return [(int(row[0]), int(row[1])) for row in rows]


def retire_addresses(
    tx: Transaction, program_id: int, wanted: Sequence[tuple[int, int]], reason: str, now: datetime
) -> list[tuple[int, int]]:
    """Use these addresses (member, number) no more; those that were used until now."""
    rows = tx.execute(
        """
        update addresses a set state = 'retired', reason = %s, retired_at = %s
        from unnest(%s::bigint[], %s::bigint[]) as w (member_id, id)
        where a.program_id = %s and a.member_id = w.member_id and a.id = w.id and a.state = 'usable'
        returning a.member_id, a.id
        """,
        (
            reason,
            now,
            [member_id for member_id, _ in wanted],
            [number for _, number in wanted],
            program_id,
        ),
    ).fetchall()
    return sorted((int(row[0]), int(row[1])) for row in rows)
