"""Suppressions: addresses to which nothing is sent, by a keyed hash, whoever they belong to."""

from collections.abc import Mapping
from datetime import datetime

from guerdon.store.database import Transaction
from guerdon.store.persons import EMAIL_INDEX_PURPOSE, phone_index
from guerdon.store.sealing import Vault

MARK_PURPOSE = "address"


def address_mark(vault: Vault, program_id: int, channel: str, address: str) -> bytes:
    """What is kept of an address: it finds an equal one.

    That of an e-mail address, and of a phone in E.164, is what persons are found by: whoever has it is known
    when its owner says stop. Of all others that of two programs or channels is another.
    """
    if channel == "email":
        return vault.index(EMAIL_INDEX_PURPOSE, address)
    dialed = phone_index(vault, address) if channel in {"sms", "whatsapp"} else None
    return dialed or vault.index(MARK_PURPOSE, f"{program_id}|{channel}|{address.strip()}")


def suppress(
    tx: Transaction, program_id: int, channel: str, reasons: Mapping[bytes, str], now: datetime
) -> None:
    """Send nothing more to these addresses. What stops more stays: a complaint is not made a bounce."""
    tx.execute(
        """
        insert into suppressions (program_id, channel, mark, reason, since)
        select %s, %s, n.mark, n.reason, %s from unnest(%s::bytea[], %s::text[]) as n (mark, reason)
        on conflict (program_id, channel, mark) do update set reason = excluded.reason, since = excluded.since
        where suppressions.reason = 'bounce'
        """,
        (program_id, channel, now, list(reasons), list(reasons.values())),
    )


def is_suppressed(tx: Transaction, program_id: int, channel: str, mark: bytes) -> bool:
    """Whether nothing is sent to an address."""
    row = tx.execute(
        "select exists (select from suppressions where program_id = %s and channel = %s and mark = %s)",
        (program_id, channel, mark),
    ).fetchone()
    return row is not None and bool(row[0])


def lift(tx: Transaction, program_id: int, channel: str, mark: bytes, reason: str) -> bool:
    """Let an address be written to again, if it was for this reason that it was not."""
    return (
        tx.execute(
            "delete from suppressions where program_id = %s and channel = %s and mark = %s and reason = %s",
            (program_id, channel, mark, reason),
        ).rowcount
        > 0
    )
