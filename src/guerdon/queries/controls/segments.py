"""Controls of segments: who is kept in one is who meets its condition, and sizes are what is kept.

The condition is that of the live version, asked of all members anew. A segment that is being built is left
out, and so is who waits to be looked at: something of theirs changed a moment ago, or their time has come.
"""

from datetime import datetime
from typing import LiteralString
from zoneinfo import ZoneInfo

from psycopg import ClientCursor, sql

from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.controls.control import Control
from guerdon.store.database import Transaction
from guerdon.store.programs import load_live
from guerdon.store.segments.columns import Moment
from guerdon.store.segments.members import OTHERWISE, WAITING
from guerdon.store.segments.passes import load_kept
from guerdon.store.segments.question import WHOSE, Among, ask

MEMBER_MAX = 2**63 - 2
_STRANGERS: LiteralString = """
    select 'segments.members', 'mem', s.member_id,
           format('is kept in %s: that is no segment, or this no member', s.segment)
    from segment_members s
    left join segments k on k.program_id = s.program_id and k.segment = s.segment
    left join members m on m.program_id = s.program_id and m.member_id = s.member_id
    where s.program_id = (select this_program()) and (k.segment is null or m.member_id is null)
"""
_ASKED: LiteralString = """
    with found as materialized ({question}), otherwise as ({otherwise})
    select 'segments.members', 'mem', o.member_id, format('%%s: %%s', o.segment, case
             when o.was_in is null then 'meets it and is not kept'
             when o.now_in is null then 'is kept and does not meet it'
             else 'is kept in ' || o.was_in || ' and is in ' || o.now_in end)
    from otherwise o where not ({waiting})
"""


def _members(tx: Transaction) -> sql.Composed | sql.SQL:
    """Write the question by the conditions of the live version."""
    ((program_id, now),) = tx.execute(
        "select this_program(), current_setting('guerdon.now')::timestamptz"
    ).fetchall()
    strangers = sql.SQL(_STRANGERS)
    program = _live(tx, program_id, now)
    if program is None:
        return strangers
    moment = Moment(now, ZoneInfo(program.time_zone))
    keys = [
        key
        for key, each in load_kept(tx, program_id).items()
        if key in program.segments and each.built_at and not each.removed and each.as_of <= moment.today
    ]
    if not keys:
        return strangers
    # What authors wrote is in the parameters.
    among = Among(after=-1, upto=MEMBER_MAX)
    question = ask(program_id, program, keys, moment, among)
    text = _ASKED.format(
        question=question.text, otherwise=OTHERWISE.format(WHOSE[among.kind]), waiting=WAITING.format("o")
    )
    written = ClientCursor(tx).mogrify(text, {**question.params, "segments": keys})
    return sql.SQL("{} union all (select * from ({}) kept)").format(strangers, sql.SQL(written))


def _live(tx: Transaction, program_id: int, now: datetime) -> Program | None:
    stored = load_live(tx, program_id, now)
    program = read_program(stored.bundle, None, stored.key) if stored is not None else None
    # One that this release cannot read is told of by whoever decides by it.
    return program if isinstance(program, Program) else None


SIZES = Control(
    ("segments.sizes",),
    """
    with latest as (
      select distinct on (segment, market) segment, market, n from segment_sizes
      where program_id = (select this_program()) order by segment, market, day desc
    ),
    kept as (
      select s.segment, s.market, count(*) as n from segment_members s
      join segments k on k.program_id = s.program_id and k.segment = s.segment and not k.removed
      where s.program_id = (select this_program()) group by 1, 2
    )
    select 'segments.sizes', '', null::bigint,
           format('%s in %s: %s are kept, its size says %s', b.segment, b.market, b.kept, b.said)
    from (
      select segment, market, coalesce(kept.n, 0) as kept, coalesce(latest.n, 0) as said
      from kept full join latest using (segment, market)
    ) b
    where b.kept <> b.said and not exists (
      select from segments k
      where k.program_id = (select this_program()) and k.segment = b.segment and k.removed)
    """,
)
MEMBERS = Control(("segments.members",), _members)

CONTROLS = (MEMBERS, SIZES)
