"""Which browser keeps a claim link, as rows: a hash of its secret, one a reward."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """Which browsers keep links of a member: their hashes by reward, and that of the last to get one.

    `forgotten`: the member was, so that no browser has any.
    """

    marks: Mapping[int, bytes]
    last: bytes | None
    forgotten: bool

    def holder(self, reward_id: int) -> bytes | None:
        """The browser that keeps a link; where none does, the one that got another of the member last."""
        return self.marks.get(reward_id, self.last)


def load_kept(tx: Transaction, whose: tuple[int, int]) -> Kept:
    """Which browsers keep the links of a member (program, member)."""
    rows = tx.execute(
        """
        select h.reward_id, h.bound_hash, m.forgotten
        from (
          select %(program)s::integer as program_id, %(member)s::bigint as member_id, exists (
            select from forgotten_members where program_id = %(program)s and member_id = %(member)s
          ) as forgotten) m
        left join link_holders h on h.program_id = m.program_id and h.member_id = m.member_id
        order by h.bound_at desc, h.reward_id
        """,
        {"program": whose[0], "member": whose[1]},
    ).fetchall()
    marks = {int(row[0]): bytes(row[1]) for row in rows if row[0] is not None}
    return Kept(marks, next(iter(marks.values()), None), forgotten=bool(rows[0][2]))


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


def put_link(tx: Transaction, whose: tuple[int, int, int], bound_hash: bytes, now: datetime) -> bool:
    """Give a link (program, member, reward) to a browser, whoever keeps it; False: no such reward."""
    row = tx.execute(
        """
        insert into link_holders as h (program_id, member_id, reward_id, bound_hash, bound_at)
        select program_id, member_id, id, %s, %s
        from rewards where program_id = %s and member_id = %s and id = %s
        on conflict (program_id, member_id, reward_id) do update
        set bound_hash = excluded.bound_hash, bound_at = greatest(h.bound_at, excluded.bound_at)
        returning reward_id
        """,
        (bound_hash, now, *whose),
    ).fetchone()
    return row is not None


def count_links_sent(
    tx: Transaction, whose: tuple[int, int, int], message: str, since: datetime
) -> tuple[int, int]:
    """How many mails of a kind there are about a reward (program, member, reward), ever.

    And how many there are since then to its member, about whatever reward.
    """
    row = tx.execute(
        """
        select count(*) filter (where reward_id = %(r)s), count(*) filter (where created_at > %(since)s)
        from (
          select created_at, reward_id from outbox
          where program_id = %(p)s and member_id = %(m)s and message = %(what)s
          union all
          select created_at, reward_id from messages
          where program_id = %(p)s and member_id = %(m)s and message = %(what)s
        ) mails
        """,
        {"p": whose[0], "m": whose[1], "r": whose[2], "what": message, "since": since},
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
