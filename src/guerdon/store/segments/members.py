"""Members of segments as they are kept: brought to what the question answers, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from guerdon.store.database import Transaction
from guerdon.store.segments.question import WHOSE, Among, Question

# Members who wait to be looked at differ for a reason: something changed, or their time has come.
WAITING: LiteralString = """
    exists (select from segment_touches t where t.program_id = %(program)s and t.member_id = {0}.member_id)
    or exists (select from segment_checks c where c.program_id = %(program)s and c.segment = {0}.segment
               and c.member_id = {0}.member_id and c.next_check_at <= %(now)s::timestamptz)
"""
# Who is kept otherwise than found: (segment, member_id, now_in, was_in), a market or NULL each.
OTHERWISE: LiteralString = """
    select segment, member_id, f.market as now_in, k.market as was_in
    from (select segment, member_id, market from found where met) f
    full join (
      select segment, member_id, market from segment_members
      where program_id = %(program)s and segment = any(%(segments)s::text[]) and member_id {0}
    ) k using (segment, member_id)
    where f.market is distinct from k.market
"""
_SETTLE: LiteralString = """
    with found as materialized ({question}),
    otherwise as materialized ({otherwise}),
    gone as (
      delete from segment_members s using otherwise o
      where o.now_in is null and s.program_id = %(program)s and s.segment = o.segment
        and s.member_id = o.member_id
    ),
    came as (
      insert into segment_members (program_id, segment, member_id, market, since)
      select %(program)s, segment, member_id, now_in, %(now)s::timestamptz from otherwise
      where now_in is not null order by segment, member_id
      on conflict (program_id, segment, member_id) do update set market = excluded.market
    ),
    moved as (
      select segment, market, sum(n) as n from (
        select segment, now_in as market, 1 as n from otherwise where now_in is not null
        union all select segment, was_in, -1 from otherwise where was_in is not null
      ) m group by 1, 2 having sum(n) <> 0
    ),
    sizes as (
      insert into segment_sizes (program_id, segment, day, market, n)
      select %(program)s, m.segment, greatest(%(today)s::date, before.day), m.market,
             coalesce(before.n, 0) + m.n
      from moved m left join lateral (
        select s.day, s.n from segment_sizes s
        where s.program_id = %(program)s and s.segment = m.segment and s.market = m.market
        order by s.day desc limit 1
      ) before on true
      order by 2, 4, 3
      on conflict (program_id, segment, market, day) do update set n = excluded.n
    ),
    changes as materialized (
      select segment, member_id, f.next_at, k.next_check_at
      from (select segment, member_id, next_at from found where next_at is not null) f
      full join (
        select segment, member_id, next_check_at from segment_checks
        where program_id = %(program)s and segment = any(%(segments)s::text[]) and member_id {whose}
      ) k using (segment, member_id)
      where f.next_at is distinct from k.next_check_at
    ),
    done as (
      delete from segment_checks c using changes n
      where n.next_at is null and c.program_id = %(program)s and c.segment = n.segment
        and c.member_id = n.member_id
    ),
    due as (
      insert into segment_checks (program_id, segment, member_id, next_check_at)
      select %(program)s, segment, member_id, next_at from changes where next_at is not null
      order by segment, member_id
      on conflict (program_id, segment, member_id) do update set next_check_at = excluded.next_check_at
    )
    select o.segment, count(*), count(*) filter (where not ({waiting})) from otherwise o group by 1
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """How many members of a segment came, went or moved; `unexplained`: with nothing that had said so."""

    changed: int
    unexplained: int


def settle(
    tx: Transaction, question: Question, segments: Sequence[str], among: Among
) -> Mapping[str, Settled]:
    """Keep what the question answers about these members, and say what was kept otherwise."""
    whose = WHOSE[among.kind]
    text = _SETTLE.format(
        question=question.text,
        otherwise=OTHERWISE.format(whose),
        whose=whose,
        waiting=WAITING.format("o"),
    )
    rows = tx.execute(text, {**question.params, "segments": list(segments)}).fetchall()
    return {str(row[0]): Settled(int(row[1]), int(row[2])) for row in rows}


def forget_members(tx: Transaction, program_id: int, segment: str, at_most: int) -> bool:
    """Let members of a segment that is no more go, so many at a time; whether all are gone."""
    members = tx.execute(
        """
        delete from segment_members where program_id = %(p)s and segment = %(s)s and member_id in (
          select member_id from segment_members where program_id = %(p)s and segment = %(s)s limit %(n)s)
        """,
        {"p": program_id, "s": segment, "n": at_most},
    ).rowcount
    checks = tx.execute(
        """
        delete from segment_checks where program_id = %(p)s and segment = %(s)s and member_id in (
          select member_id from segment_checks where program_id = %(p)s and segment = %(s)s limit %(n)s)
        """,
        {"p": program_id, "s": segment, "n": at_most},
    ).rowcount
    return members < at_most and checks < at_most
