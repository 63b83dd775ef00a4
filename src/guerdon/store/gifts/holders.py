"""Which browser keeps a claim link, as rows: a hash of its secret, one a reward."""

from collections.abc import Sequence
from datetime import datetime

from guerdon.store.database import Transaction


def load_holder(tx: Transaction, whose: tuple[int, int, int]) -> bytes | None:
    """The hash of the browser that keeps a link (program, member, reward); None when none does."""
    row = tx.execute(
        "select bound_hash from link_holders where program_id = %s and member_id = %s and reward_id = %s",
        whose,
    ).fetchone()
    return bytes(row[0]) if row else None


def bind_links(
    tx: Transaction, whose: tuple[int, int], rewards: Sequence[int], bound_hash: bytes, now: datetime
) -> list[int]:
    """Give the links of a member's rewards to a browser (program, member), but for those that another keeps.

    Returns the rewards whose links it has by this; of one that the member does not have there is no row.
    """
    rows = tx.execute(
        """
        insert into link_holders (program_id, member_id, reward_id, bound_hash, bound_at)
        select program_id, member_id, id, %(hash)s, %(now)s
        from rewards
        where program_id = %(program)s and member_id = %(member)s and id = any(%(rewards)s)
        order by id
        on conflict do nothing
        returning reward_id
        """,
        {
            "program": whose[0],
            "member": whose[1],
            "rewards": list(rewards),
            "hash": bound_hash,
            "now": now,
        },
    ).fetchall()
    return [int(row[0]) for row in rows]


def move_link(tx: Transaction, whose: tuple[int, int, int], bound_hash: bytes, now: datetime) -> None:
    """Give a link (program, member, reward) to another browser."""
    tx.execute(
        """
        update link_holders set bound_hash = %s, bound_at = %s
        where program_id = %s and member_id = %s and reward_id = %s
        """,
        (bound_hash, now, *whose),
    )


def count_links_sent(
    tx: Transaction, whose: tuple[int, int, int], message: str, since: datetime
) -> tuple[int, int]:
    """How many mails of a kind about a reward (program, member, reward) there are: ever, and since then."""
    row = tx.execute(
        """
        select count(*), count(*) filter (where created_at > %(since)s)
        from (
          select created_at from outbox
          where program_id = %(p)s and member_id = %(m)s and message = %(what)s and reward_id = %(r)s
          union all
          select created_at from messages
          where program_id = %(p)s and member_id = %(m)s and message = %(what)s and reward_id = %(r)s
        ) mails
        """,
        {"p": whose[0], "m": whose[1], "r": whose[2], "what": message, "since": since},
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
