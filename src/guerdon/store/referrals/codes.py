"""Codes by which members bring friends, and the visits of their links.

A code is found by the id that it was made under: where two contacts became one, it leads to who is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from guerdon.store.arrays import texts
from guerdon.store.crm.writebacks import record_stale
from guerdon.store.database import Transaction

# A link remembers so many visitors for so long, to count each once; of the others it takes no notice.
VISITORS_MAX = 1000
VISIT_DAYS = 7


@dataclass(frozen=True, slots=True)
class CodeRow:
    """Whose a code is now, whose it was when it was made, and by which id."""

    code: str
    member_id: int
    made_for: int
    source: str
    external_id: str


def load_codes(tx: Transaction, program_id: int, scheme: str, codes: Sequence[str]) -> dict[str, CodeRow]:
    """Codes of a scheme, by themselves; one that nobody has is absent."""
    rows = tx.execute(
        """
        select c.code, coalesce(i.member_id, c.member_id), c.member_id, c.source, c.external_id
        from referral_codes c
        left join member_ids i
          on i.program_id = c.program_id and i.source = c.source and i.external_id = c.external_id
        where c.program_id = %s and c.scheme = %s and c.code = any(%s::text::text[])
        """,
        (program_id, scheme, texts(codes)),
    ).fetchall()
    return {row[0]: CodeRow(*row) for row in rows}


def find_code(tx: Transaction, program_id: int, scheme: str, member_id: int) -> str | None:
    """A member's code, if one was made: their own, else the first of who became one with them."""
    row = tx.execute(
        """
        select code from (
          select code, member_id, made_at from referral_codes
          where program_id = %(program)s and scheme = %(scheme)s and member_id = %(member)s
          union all
          select c.code, c.member_id, c.made_at
          from member_ids i
          join referral_codes c
            on c.program_id = i.program_id and c.source = i.source and c.external_id = i.external_id
          where i.program_id = %(program)s and i.member_id = %(member)s and c.scheme = %(scheme)s
        ) each
        order by member_id <> %(member)s, made_at, code limit 1
        """,
        {"program": program_id, "scheme": scheme, "member": member_id},
    ).fetchone()
    return None if row is None else str(row[0])


def record_code(
    tx: Transaction, program_id: int, scheme: str, member_id: int, code: str, at: datetime
) -> bool:
    """Give a member a code; False where they have one, the code is taken, or nothing can be told to them."""
    made = (
        tx.execute(
            """
            insert into referral_codes (program_id, scheme, member_id, code, source, external_id, made_at)
            select %(program)s, %(scheme)s, i.member_id, %(code)s, i.source, i.external_id, %(at)s
            from member_ids i
            where i.program_id = %(program)s and i.member_id = %(member)s
            order by i.source, i.external_id limit 1
            on conflict do nothing
            """,
            {"program": program_id, "scheme": scheme, "member": member_id, "code": code, "at": at},
        ).rowcount
        == 1
    )
    if made:
        record_stale(tx, program_id, member_id)
    return made


def record_visit(tx: Transaction, program_id: int, scheme: str, code: str, visitor: bytes, day: date) -> None:
    """Count a visitor of a link, once a week; of a code that nobody has there is nothing to count."""
    what = {
        "program": program_id,
        "scheme": scheme,
        "code": code,
        "visitor": visitor,
        "day": day,
        "most": VISITORS_MAX,
    }
    tx.execute(
        """
        with seen as (
          insert into referral_visits (program_id, member_id, scheme, visitor, day)
          select c.program_id, c.member_id, c.scheme, %(visitor)s, %(day)s from referral_codes c
          where c.program_id = %(program)s and c.scheme = %(scheme)s and c.code = %(code)s
            and (select count(*) from referral_visits v where v.program_id = c.program_id
                 and v.member_id = c.member_id and v.scheme = c.scheme) < %(most)s
          on conflict do nothing
          returning program_id, member_id, scheme)
        update referral_codes c set visits = c.visits + 1
        from seen s
        where c.program_id = s.program_id and c.scheme = s.scheme and c.member_id = s.member_id
        """,
        what,
    )


def forget_visits(tx: Transaction, program_id: int, today: date) -> int:
    """Forget who visited links more than a week ago; how many visits there are counted stays."""
    return tx.execute(
        "delete from referral_visits where program_id = %s and day < %s",
        (program_id, today - timedelta(days=VISIT_DAYS)),
    ).rowcount
