"""What the evidence of a period holds: each reward with all that led to it, each transfer, each approval.

Read through cursors, so that a period of millions is never in memory at once. No name and no
address is in it: members are numbers here, as everywhere in the books.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from guerdon.store.database import Transaction

ROWS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant to before another."""

    first: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Total:
    """What a rule gave in a unit in the period."""

    rule: str
    unit: str
    n: int
    value: int
    reversed: int


REWARDS: LiteralString = """
    with moved as (
      select event_id, array_agg(id order by id) as ids, array_agg(from_account order by id) as sources,
             array_agg(to_account order by id) as targets, array_agg(amount order by id) as amounts
      from transfers
      where program_id = (select this_program()) and recorded_at >= %(first)s and recorded_at < %(until)s
        and event_id <> 0
      group by 1
    )
    select r.id, r.member_id, r.rule, r.unit, r.value, r.payer, r.state, r.remaining, r.reversed,
      r.happened_at,
           r.issued_at, r.expires_at, e.id, e.type, e.source, e.external_id, e.market, e.location,
             e.recorded_at,
           e.version, encode(sha256(convert_to(e.decision::text, 'UTF8')), 'hex'), e.decision::text,
           m.ids, m.sources, m.targets, m.amounts, e.data -> 'approval' ->> 'request',
           (e.data -> 'approval' ->> 'revision')::integer
    from rewards r
    join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
    left join moved m on m.event_id = r.event_id
    where r.program_id = (select this_program()) and r.issued_at >= %(first)s and r.issued_at < %(until)s
    order by r.issued_at, r.id
"""
TRANSFERS: LiteralString = """
    select id, member_id, event_id, from_account, to_account, unit, amount, happened_at, recorded_at
      from transfers
    where program_id = (select this_program()) and recorded_at >= %(first)s and recorded_at < %(until)s
    order by recorded_at, id
"""
APPROVALS: LiteralString = """
    select q.id, q.kind, q.state, q.revision, q.maker, q.beneficiary, q.market, q.location, q.unit, q.amount,
           q.reason, q.created_at, q.closed_at, encode(v.content_sha, 'hex'),
           (select string_agg(s.verdict || ': ' || s.person || ' as ' || s.role, ', ' order by s.signed_at)
            from signatures s where s.program_id = q.program_id and s.request_id = q.id
              and s.revision = q.revision)
    from requests q
    left join revisions v on v.program_id = q.program_id and v.request_id = q.id and v.revision = q.revision
    where q.program_id = (select this_program()) and q.created_at < %(until)s
      and coalesce(q.closed_at, 'infinity') >= %(first)s
    order by q.created_at, q.id
"""
VERSIONS: LiteralString = """
    select version, sha, live_from, published_at, published_by from program_versions
    where program_id = (select this_program()) and live_from < %(until)s order by version
"""


def read_rows(tx: Transaction, question: LiteralString, period: Period) -> Iterator[tuple[Any, ...]]:
    """The rows of one of the questions above, some at a time."""
    with tx.cursor(name="evidence") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(question, {"first": period.first, "until": period.until})
        yield from cursor


def load_signed(tx: Transaction) -> dict[tuple[int, int], tuple[str, str]]:
    """Who signed each revision of a request, and the hash of what they signed; few, beside rewards."""
    rows = tx.execute(
        """
        select request_id, revision, string_agg(person || ' as ' || role, ', ' order by signed_at),
               max(encode(content_sha, 'hex'))
        from signatures where program_id = (select this_program()) and verdict = 'approve' group by 1, 2
        """
    ).fetchall()
    return {(int(row[0]), int(row[1])): (str(row[2]), str(row[3])) for row in rows}


def list_totals(tx: Transaction, period: Period) -> list[Total]:
    """What was given in the period, by rule and unit."""
    rows = tx.execute(
        """
        select rule, unit, count(*), sum(value)::bigint, sum(reversed)::bigint from rewards
        where program_id = (select this_program()) and issued_at >= %(first)s and issued_at < %(until)s
        group by 1, 2 order by 1, 2
        """,
        {"first": period.first, "until": period.until},
    ).fetchall()
    return [Total(*row) for row in rows]
