"""The one question about members: which segments they meet now, and when that could change.

For members that are named, or for all between two numbers; what they did and have is joined as sets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, LiteralString

from guerdon.expressions.sql_code import sql_code
from guerdon.program.model import Program
from guerdon.store.arrays import numbers
from guerdon.store.segments.changes import next_change
from guerdon.store.segments.columns import HORIZON_DAYS, MemberColumns, Moment, member_columns

if TYPE_CHECKING:
    from guerdon.expressions import Condition


@dataclass(frozen=True, slots=True)
class Among:
    """The members who are looked at: these, or those after one and up to another."""

    members: Sequence[int] = ()
    after: int = 0
    upto: int | None = None

    @property
    def kind(self) -> Literal["named", "between"]:
        """How they are told."""
        return "named" if self.upto is None else "between"

    @property
    def params(self) -> dict[str, object]:
        """What the question asks for."""
        if self.upto is None:
            return {"members": numbers(self.members)}
        return {"after": self.after, "upto": self.upto}


WHOSE: Mapping[str, LiteralString] = {
    "named": "= any(%(members)s::text::bigint[])",
    "between": "between %(after)s::bigint + 1 and %(upto)s::bigint",
}


@dataclass(frozen=True, slots=True)
class Question:
    """SQL that gives (segment, member_id, market, met, next_at), where they meet it or may do so soon."""

    text: LiteralString
    params: Mapping[str, object]


def ask(program_id: int, program: Program, keys: Sequence[str], moment: Moment, among: Among) -> Question:
    """Write the question for these segments of a program, all of which have a condition."""
    conditions: dict[str, Condition] = {}
    for key in keys:
        condition = program.segments[key].condition
        assert condition is not None, "a program that was published has no mistakes"
        conditions[key] = condition
    made = member_columns(program, conditions.values(), moment)
    params, whose = made.params, WHOSE[among.kind]
    answers = []
    for place, (key, condition) in enumerate(conditions.items()):
        params[f"k{place}"] = key
        code = sql_code(condition, made.columns, f"s{place}_")
        params |= code.params
        change = next_change(condition, made, moment, f"s{place}")
        answers.append(f"{code.text} as m{place}, {change} as n{place}")
    # Computed as columns first: rows of VALUES that hold more than names cost several times as much.
    rows = ", ".join(f"(%(k{place})s::text, a.m{place}, a.n{place})" for place in range(len(answers)))
    text = f"""
        select v.segment, a.member_id, a.market, v.met, v.next_at
        from (select f.member_id, f.market, {", ".join(answers)} from ({_facts(made, whose)}) f offset 0) a
        cross join lateral (values {rows}) v (segment, met, next_at)
        where v.met or v.next_at is not null
    """  # noqa: S608  all written here: what authors wrote is in the parameters
    params |= {"program": program_id, "now": moment.now, "today": moment.today}
    params |= {"midnights": moment.midnights, "horizon": HORIZON_DAYS}
    return Question(text, {**params, **among.params})


def _facts(made: MemberColumns, whose: str) -> str:
    """What conditions read of each member, computed once (`offset 0`)."""
    own = "".join(f", {each}" for each in made.attributes)
    counted = "".join(f", d.{each}{n}" for n in range(len(made.days) // 2) for each in "wx")
    turns = "".join(f", e.{each}" for each in made.held)
    text = f"""
        select m.member_id, m.market, m.language, nullif(m.location, '') as location{own}{counted}{turns}
        from members m
    """  # noqa: S608
    if made.days:
        made.params |= {"buckets": sorted(made.buckets), "earliest": made.first_day}
        text += f"""
            left join (
              select d.member_id, {", ".join(made.days)} from member_days d
              where d.program_id = %(program)s and d.member_id {whose} and d.what = any(%(buckets)s::text[])
                and d.day >= %(earliest)s::date and d.amount <> 0
              group by 1
            ) d on d.member_id = m.member_id
        """  # noqa: S608
    if made.ends:
        text += f"""
            left join (
              select e.member_id, {", ".join(made.ends)} from member_holdings e
              where e.program_id = %(program)s and e.member_id {whose}
              group by 1
            ) e on e.member_id = m.member_id
        """  # noqa: S608
    return f"{text} where m.program_id = %(program)s and m.member_id {whose} offset 0"
