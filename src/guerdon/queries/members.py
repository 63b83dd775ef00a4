"""Members: found by an id of ours or of another system, or by exact e-mail or phone through blind indexes."""

import re
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction
from guerdon.store.persons import EMAIL_INDEX_PURPOSE, phone_index
from guerdon.store.sealing import Vault

# A phone as people write it; of fewer digits there is none.
PHONE = re.compile(r"\+?[\d\s()./-]{7,30}")


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member in a list."""

    member_id: int
    market: str
    language: str
    location: str | None
    enrolled_at: datetime
    balance: int
    rewards: int


@dataclass(frozen=True, slots=True)
class ExternalId:
    """What another system calls a member."""

    source: str
    external_id: str


@dataclass(frozen=True, slots=True)
class MemberReward:
    """A reward of a member, and what became of it."""

    id: int
    event_id: int
    rule: str
    unit: str
    value: int
    state: str
    issued_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None
    item: str | None
    device: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """One member with all that belongs to them, but no name or address."""

    row: MemberRow
    attributes: dict[str, object]
    external_ids: tuple[ExternalId, ...]
    rewards: tuple[MemberReward, ...]


def list_members(
    tx: Transaction, unit: str, limit: int, market: str | None = None, after: int | None = None
) -> list[MemberRow]:
    """Members in the order in which they came, newest first."""
    rows = tx.execute(
        """
        select m.member_id, m.market, m.language, m.location, m.enrolled_at, coalesce(a.posted, 0),
               (select count(*) from rewards r
                where r.program_id = m.program_id and r.member_id = m.member_id)
        from (
          select * from members
          where program_id = this_program() and (%(market)s::text is null or market = %(market)s)
            and (%(after)s::bigint is null or member_id < %(after)s)
          order by member_id desc limit %(limit)s
        ) m
        left join accounts a on a.program_id = m.program_id and a.member_id = m.member_id
          and a.name = 'purse' and a.unit = %(unit)s
        order by m.member_id desc
        """,
        {"market": market, "after": after, "limit": limit, "unit": unit},
    ).fetchall()
    return [MemberRow(*row) for row in rows]


def find_members(tx: Transaction, vault: Vault, text: str, limit: int) -> list[int]:
    """Members whose id in any system, or whose e-mail or phone, is exactly this text."""
    wanted = text.strip()
    rows = tx.execute(
        """
        select member_id from member_ids where program_id = this_program() and external_id = %(text)s
        union
        select member_id from persons where program_id = this_program() and email_index = %(index)s
        union
        select member_id from persons
        where program_id = this_program() and phone_index = %(phone)s::bytea and %(dialed)s
        order by 1 desc limit %(limit)s
        """,
        {
            "text": wanted,
            "index": vault.index(EMAIL_INDEX_PURPOSE, wanted),
            "phone": phone_index(vault, wanted),
            # Digits among letters are an id, and no phone.
            "dialed": PHONE.fullmatch(wanted) is not None,
            "limit": limit,
        },
    ).fetchall()
    return [int(row[0]) for row in rows]


def keep_of_market(tx: Transaction, members: list[int], market: str) -> list[int]:
    """Those of these members who are of a market."""
    rows = tx.execute(
        """
        select member_id from members
        where program_id = this_program() and member_id = any(%s) and market = %s order by member_id
        """,
        (members, market),
    ).fetchall()
    return [int(row[0]) for row in rows]


def list_rows(tx: Transaction, unit: str, member_ids: list[int]) -> list[MemberRow]:
    """The rows of these members."""
    rows = tx.execute(
        """
        select m.member_id, m.market, m.language, m.location, m.enrolled_at, coalesce(a.posted, 0),
               (select count(*) from rewards r
                where r.program_id = m.program_id and r.member_id = m.member_id)
        from members m
        left join accounts a on a.program_id = m.program_id and a.member_id = m.member_id
          and a.name = 'purse' and a.unit = %(unit)s
        where m.program_id = this_program() and m.member_id = any(%(ids)s)
        order by m.member_id desc
        """,
        {"ids": member_ids, "unit": unit},
    ).fetchall()
    return [MemberRow(*row) for row in rows]


def load_member(tx: Transaction, unit: str, member_id: int) -> Member | None:
    """One member, or None."""
    found = list_rows(tx, unit, [member_id])
    if not found:
        return None
    row = tx.execute(
        "select attributes from members where program_id = this_program() and member_id = %s", (member_id,)
    ).fetchone()
    ids = tx.execute(
        """
        select source, external_id from member_ids
        where program_id = this_program() and member_id = %s
        order by source, external_id
        """,
        (member_id,),
    ).fetchall()
    return Member(
        row=found[0],
        attributes=row[0] if row else {},
        external_ids=tuple(ExternalId(*each) for each in ids),
        rewards=tuple(_rewards(tx, member_id)),
    )


def _rewards(tx: Transaction, member_id: int) -> list[MemberReward]:
    rows = tx.execute(
        """
        select r.id, r.event_id, r.rule, r.unit, r.value, r.state, r.issued_at, r.expires_at, r.redeemed_at,
               o.item, o.device
        from rewards r
        left join orders o
          on o.program_id = r.program_id and o.member_id = r.member_id and o.reward_id = r.id
        where r.program_id = this_program() and r.member_id = %s
        order by r.issued_at desc, r.id limit 200
        """,
        (member_id,),
    ).fetchall()
    return [MemberReward(*row) for row in rows]
