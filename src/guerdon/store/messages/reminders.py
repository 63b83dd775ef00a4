"""Reminders: how far everybody was reminded, and whose rewards are due for one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from guerdon.store.database import Transaction
from guerdon.store.wallet.purses import MemberHere


@dataclass(frozen=True, slots=True)
class Progress:
    """All is done up to `done_to`; from there to `doing_to` it is for members up to `after_member`."""

    done_to: datetime
    doing_to: datetime | None
    after_member: int


@dataclass(frozen=True, slots=True)
class Span:
    """Rewards that became ready from `begins` until before `ends`; `ending`: that end after it, until then.

    Of members who live by one of these clocks: `zone NAME` of their attribute, or `market KEY`.
    """

    ending: bool
    begins: datetime
    ends: datetime
    clocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """Of whom is asked at a moment: what they have, and by which attribute they say where they live.

    `zones`: the words of that attribute that name a zone. With any other a member lives by their market's.
    """

    program_id: int
    now: datetime
    units: Collection[str]
    zone_attribute: str | None
    zones: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class DueReward:
    """A reward that is due in a span, by the span's place; `free` is what may be spent of it."""

    span: int
    member_id: int
    reward_id: int
    unit: str
    free: int


def lock_progress(tx: Transaction, program_id: int, now: datetime) -> Progress | None:
    """How far a program is, which nobody else goes on with until the commit. None: somebody is at it.

    A program that was never looked at begins now: nobody is reminded of what was due before.
    """
    tx.execute(
        "insert into reminder_progress (program_id, done_to) values (%s, %s) on conflict do nothing",
        (program_id, now),
    )
    row = tx.execute(
        """
        select done_to, doing_to, after_member from reminder_progress where program_id = %s
        for update skip locked
        """,
        (program_id,),
    ).fetchone()
    return Progress(*row) if row is not None else None


def settle_progress(tx: Transaction, program_id: int, progress: Progress) -> None:
    """Write how far a program is by now."""
    tx.execute(
        "update reminder_progress set done_to = %s, doing_to = %s, after_member = %s where program_id = %s",
        (progress.done_to, progress.doing_to, progress.after_member, program_id),
    )


# What members say of where they live who have something in a span of days, by an index of rewards.
ZONES: Final[LiteralString] = """
    with span as (
      select * from unnest(%(endings)s::boolean[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
        as s (ending, begins, ends)
    ),
    member as (
      select distinct r.member_id
      from span s
      cross join lateral (
        select r.member_id from rewards r
        where not s.ending and r.program_id = %(program)s and r.state = 'ready'
          and r.available_at >= s.begins and r.available_at < s.ends
        union all
        select r.member_id from rewards r
        where s.ending and r.program_id = %(program)s and r.state = 'ready'
          and r.expires_at > s.begins and r.expires_at <= s.ends
      ) r
    )
    select distinct m.attributes ->> %(attribute)s
    from member d join members m on m.program_id = %(program)s and m.member_id = d.member_id
    where m.attributes ->> %(attribute)s is not null
"""
# What was given away is its giver's no more, and whoever was forgotten is told nothing more.
PAGE: Final[LiteralString] = """
    with span as (
      select * from unnest(%(endings)s::boolean[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
        with ordinality as s (ending, begins, ends, n)
    ),
    clock as (
      select n, name from unnest(%(clock_spans)s::bigint[], %(clocks)s::text[]) as c (n, name)
    ),
    due as (
      select s.n, r.member_id, r.id, r.unit, r.remaining - r.held as free
      from span s
      cross join lateral (
        select r.member_id, r.id, r.unit, r.remaining, r.held, r.expires_at from rewards r
        where not s.ending and r.program_id = %(program)s and r.state = 'ready'
          and r.available_at >= s.begins and r.available_at < s.ends
        union all
        select r.member_id, r.id, r.unit, r.remaining, r.held, r.expires_at from rewards r
        where s.ending and r.program_id = %(program)s and r.state = 'ready'
          and r.expires_at > s.begins and r.expires_at <= s.ends
      ) r
      join members m on m.program_id = %(program)s and m.member_id = r.member_id
      join clock c on c.n = s.n and c.name =
        case when m.attributes ->> %(attribute)s = any(%(zones)s::text[])
             then 'zone ' || (m.attributes ->> %(attribute)s) else 'market ' || m.market end
      where r.member_id > %(after)s and r.remaining > r.held and r.unit = any(%(units)s::text[])
        and (r.expires_at is null or r.expires_at > %(now)s)
        and not exists (
          select from gifts g
          where g.program_id = %(program)s and g.member_id = r.member_id and g.reward_id = r.id
            and g.canceled_at is null and (g.taken_at is not null or g.expires_at > %(now)s))
        and exists (select from persons p where p.program_id = %(program)s and p.member_id = r.member_id)
    ),
    page as (select distinct member_id from due order by member_id limit %(most)s)
    select d.n, d.member_id, d.id, d.unit, d.free from due d join page using (member_id)
    order by d.member_id, d.id, d.n
"""


def list_zones(tx: Transaction, asking: Asking, spans: Sequence[Span]) -> list[str]:
    """What the attribute with the zone says of members who have something in these spans."""
    rows = tx.execute(ZONES, _asked(asking, spans)).fetchall()
    return sorted(str(row[0]) for row in rows)


def list_due(
    tx: Transaction, asking: Asking, spans: Sequence[Span], after: int, most: int
) -> list[DueReward]:
    """All that is due in spans (numbered from 1), of so many members at most, the next ones after one."""
    rows = tx.execute(PAGE, page_of(asking, spans, after, most)).fetchall()
    return [DueReward(row[0] - 1, *row[1:]) for row in rows]


def page_of(asking: Asking, spans: Sequence[Span], after: int, most: int) -> dict[str, object]:
    """What `PAGE` is asked with."""
    clocks = [(n, clock) for n, span in enumerate(spans, 1) for clock in span.clocks]
    return {
        **_asked(asking, spans),
        "zones": sorted(asking.zones),
        "clock_spans": [n for n, _ in clocks],
        "clocks": [clock for _, clock in clocks],
        "after": after,
        "most": most,
    }


def _asked(asking: Asking, spans: Sequence[Span]) -> dict[str, object]:
    return {
        "program": asking.program_id,
        "now": asking.now,
        "units": sorted(asking.units),
        # No attribute is called so.
        "attribute": asking.zone_attribute or "",
        "endings": [span.ending for span in spans],
        "begins": [span.begins for span in spans],
        "ends": [span.ends for span in spans],
    }


def lock_reminded(tx: Transaction, program_id: int, members: Sequence[int]) -> Mapping[int, MemberHere]:
    """Lock members who are to be reminded, in their order; those who are still there, by their number."""
    rows = tx.execute(
        """
        select member_id, market, location from members
        where program_id = %s and member_id = any(%s) order by member_id for no key update
        """,
        (program_id, sorted(members)),
    ).fetchall()
    return {row[0]: MemberHere(*row) for row in rows}


def list_known(tx: Transaction, program_id: int, messages: Sequence[tuple[int, int]]) -> set[int]:
    """Those of these messages (member, message) that were written before, whatever became of them."""
    rows = tx.execute(
        """
        with asked as (select * from unnest(%(members)s::bigint[], %(ids)s::bigint[]) as a (member_id, id))
        select o.id from asked a
        join outbox o on o.program_id = %(program)s and o.member_id = a.member_id and o.id = a.id
        union all
        select o.id from asked a
        join messages o on o.program_id = %(program)s and o.member_id = a.member_id and o.id = a.id
        """,
        {
            "program": program_id,
            "members": [member for member, _ in messages],
            "ids": [message for _, message in messages],
        },
    ).fetchall()
    return {row[0] for row in rows}
