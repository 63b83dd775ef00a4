"""A member as the API shows them: ids, purses, lots; who is none where a key looks is as good as nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.ledger.chart import PURSE
from guerdon.store.database import Transaction

# The lots of a unit that are shown with a balance; the rewards have all of them.
LOTS_SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class MemberFound:
    """A member, without a name or an address: those are nobody's business here."""

    member_id: int
    market: str
    location: str | None
    language: str
    enrolled_at: datetime
    external_ids: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LotRow:
    """A reward as a lot; `available_at` is None while an event has to say it."""

    id: int
    event_id: int
    rule: str
    unit: str
    value: int
    remaining: int
    held: int
    reversed: int
    state: str
    reference: str | None
    issued_at: datetime
    available_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class PurseRow:
    """What a member has in a unit."""

    unit: str
    available: int
    held: int
    pending: int
    debt: int


def is_member(tx: Transaction, member_id: int) -> bool:
    """Whether somebody is a member here."""
    row = tx.execute(
        "select 1 from members where program_id = (select this_program()) and member_id = %s", (member_id,)
    ).fetchone()
    return row is not None


def find_member_id(tx: Transaction, source: str, external_id: str) -> int | None:
    """The member whom another system calls so."""
    row = tx.execute(
        """
        select member_id from member_ids
        where program_id = (select this_program()) and source = %s and external_id = %s
        """,
        (source, external_id),
    ).fetchone()
    return None if row is None else int(row[0])


def load_member(tx: Transaction, member_id: int) -> MemberFound | None:
    """A member by id."""
    row = tx.execute(
        """
        select m.member_id, m.market, m.location, m.language, m.enrolled_at,
               array(select array[i.source, i.external_id] from member_ids i
                     where i.program_id = m.program_id and i.member_id = m.member_id
                     order by i.source, i.external_id)
        from members m where m.program_id = (select this_program()) and m.member_id = %s
        """,
        (member_id,),
    ).fetchone()
    if row is None:
        return None
    number, market, location, language, enrolled_at, said = row
    external_ids = tuple((source, external_id) for source, external_id in said)
    return MemberFound(number, market, location, language, enrolled_at, external_ids)


def list_purses(tx: Transaction, member_id: int) -> list[PurseRow]:
    """What a member has, unit by unit."""
    rows = tx.execute(
        """
        select unit, posted - held, held, pending, debt from accounts
        where program_id = (select this_program()) and member_id = %s and name = %s order by unit
        """,
        (member_id, PURSE),
    ).fetchall()
    return [PurseRow(*row) for row in rows]


def list_open_lots(tx: Transaction, member_id: int) -> list[LotRow]:
    """Lots of which something is left, by unit, those that end first on top, so many of each unit."""
    rows = tx.execute(
        """
        select id, event_id, rule, unit, value, remaining, held, reversed, state, reference, issued_at,
               nullif(available_at, 'infinity'), expires_at
        from (
          select *, row_number() over (partition by unit order by expires_at nulls last, issued_at, id) as n
          from rewards
          where program_id = (select this_program()) and member_id = %s and remaining > 0
        ) r
        where n <= %s order by unit, n
        """,
        (member_id, LOTS_SHOWN_MAX),
    ).fetchall()
    return [LotRow(*row) for row in rows]


def list_lots(
    tx: Transaction, member_id: int, state: str | None, limit: int, after: tuple[datetime, int] | None
) -> list[LotRow]:
    """All rewards of a member, newest first."""
    after_at, after_id = after or (None, None)
    rows = tx.execute(
        """
        select id, event_id, rule, unit, value, remaining, held, reversed, state, reference, issued_at,
               nullif(available_at, 'infinity'), expires_at
        from rewards
        where program_id = (select this_program()) and member_id = %(member)s
          and (%(state)s::text is null or state = %(state)s)
          and (%(at)s::timestamptz is null or (issued_at, id) < (%(at)s, %(id)s::bigint))
        order by issued_at desc, id desc limit %(limit)s
        """,
        {"member": member_id, "state": state, "at": after_at, "id": after_id, "limit": limit},
    ).fetchall()
    return [LotRow(*row) for row in rows]
