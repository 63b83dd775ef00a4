"""Gifts as rows: made, taken once, taken back, and what was chosen with them.

Who opens a link is nobody's member yet: they see the one gift whose hash they bring, and no other row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import DecodeError, json

from guerdon.store.database import Transaction
from guerdon.store.sealing import Unreadable, Vault

PURPOSE = "gifts"
# The member that a transaction works for while it is not known whose gift a link is: nobody is that.
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Gift:
    """A gift: whose reward it is, until when it can be taken, and what became of it."""

    program_id: int
    member_id: int
    id: int
    reward_id: int
    made_at: datetime
    expires_at: datetime
    taken_at: datetime | None
    bound_hash: bytes | None
    canceled_at: datetime | None
    to_words: bytes | None = field(repr=False)

    def stands(self, now: datetime) -> bool:
        """Whether it was taken, or can be."""
        return self.canceled_at is None and (self.taken_at is not None or self.expires_at > now)


def find_gift(tx: Transaction, program_id: int, token_hash: bytes) -> Gift | None:
    """The gift of a link, whosever it is."""
    tx.execute("select set_config('guerdon.gift', %s, true)", (token_hash.hex(),))
    row = tx.execute(
        """
        select program_id, member_id, id, reward_id, made_at, expires_at, taken_at, bound_hash, canceled_at,
               to_words
        from gifts where program_id = %s and token_hash = %s
        """,
        (program_id, token_hash),
    ).fetchone()
    return Gift(*row) if row else None


def load_gift(tx: Transaction, program_id: int, member_id: int, reward_id: int) -> Gift | None:
    """The gift that a reward was made last, but for what was taken back."""
    row = tx.execute(
        """
        select program_id, member_id, id, reward_id, made_at, expires_at, taken_at, bound_hash, canceled_at,
               to_words
        from gifts where program_id = %s and member_id = %s and reward_id = %s and canceled_at is null
        """,
        (program_id, member_id, reward_id),
    ).fetchone()
    return Gift(*row) if row else None


def insert_gift(tx: Transaction, gift: Gift, token_hash: bytes) -> None:
    """Keep a gift that was made."""
    tx.execute(
        """
        insert into gifts (program_id, member_id, id, reward_id, token_hash, to_words, made_at, expires_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            *(gift.program_id, gift.member_id, gift.id, gift.reward_id),
            *(token_hash, gift.to_words, gift.made_at, gift.expires_at),
        ),
    )


def bind_gift(tx: Transaction, gift: Gift, bound_hash: bytes, now: datetime) -> bool:
    """Give a gift to the browser that takes it; False when another has it, or it is over."""
    taken = tx.execute(
        """
        update gifts set taken_at = %s, bound_hash = %s
        where program_id = %s and member_id = %s and id = %s and taken_at is null and canceled_at is null
          and expires_at > %s
        """,
        (now, bound_hash, gift.program_id, gift.member_id, gift.id, now),
    )
    return taken.rowcount == 1


def cancel_gift(tx: Transaction, gift: Gift, now: datetime) -> bool:
    """Take a gift back; False when somebody has it already."""
    canceled = tx.execute(
        """
        update gifts set canceled_at = %s
        where program_id = %s and member_id = %s and id = %s and taken_at is null and canceled_at is null
        """,
        (now, gift.program_id, gift.member_id, gift.id),
    )
    return canceled.rowcount == 1


def note_order(tx: Transaction, whose: tuple[int, int, int], order_id: int) -> None:
    """Note the first thing that was chosen with a gift (program, member, gift)."""
    tx.execute(
        """
        update gifts set order_id = %s
        where program_id = %s and member_id = %s and id = %s and order_id is null
        """,
        (order_id, *whose),
    )


def seal_words(vault: Vault, program_id: int, gift_id: int, said: Sequence[str]) -> bytes | None:
    """Seal for whom a gift is, and what is said to them; nothing when nothing is said."""
    return vault.seal(PURPOSE, f"{program_id}|{gift_id}", json.encode(list(said))) if any(said) else None


def open_words(vault: Vault, gift: Gift) -> tuple[str, str]:
    """For whom a gift is, and what is said to them; empty where nothing was, or it was forgotten."""
    if gift.to_words is None:
        return "", ""
    try:
        said = vault.open(PURPOSE, f"{gift.program_id}|{gift.id}", gift.to_words)
        name, message = json.decode(said, type=tuple[str, str])
    except (Unreadable, DecodeError):
        return "", ""
    return name, message
