"""Notices in the app: rows by member, counted from one, with what it takes to write them when they are shown.

Whoever adds some holds the reach of their members, so that positions come to be seen in their order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guerdon.store.database import Transaction
from guerdon.values.money import Money

CHANNEL = "guerdon_inapp"
# A stream that was away for longer looks page by page; the page shows so many at once.
ROWS_MAX = 50
# Of so many of the last ones a reader is told that they were taken back.
RECALLED_AMONG = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told in the app; `id` is that of the message, `version` the program that wrote it.

    `stays`: also of a reward that was taken back.
    """

    member_id: int
    id: int
    message: str
    reward_id: int | None
    event_id: int
    version: int
    created_at: datetime
    stays: bool = False


@dataclass(frozen=True, slots=True)
class NoticeReward:
    """The reward that a notice is about, as it is now; `available_at` None: when an event says so.

    `reversed`: what of its value was taken back.
    """

    id: int
    rule: str
    value: Money
    state: str
    happened_at: datetime
    available_at: datetime | None
    expires_at: datetime | None
    reversed: int = 0


@dataclass(frozen=True, slots=True)
class Lying:
    """A notice as it lies there, with the language and market of its member."""

    member_id: int
    position: int
    id: int
    message: str
    version: int
    created_at: datetime
    seen_at: datetime | None
    opened_at: datetime | None
    market: str
    language: str
    enrolled_at: datetime
    corrected_at: datetime | None
    reward: NoticeReward | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """How a member's notices stand: how many were not in view yet, and the last position, 0 for none."""

    language: str
    market: str
    unseen: int
    last: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What is new for a member: notices after a position, corrected ones up to it, what was taken back."""

    notices: Sequence[Lying]
    gone: Sequence[int]
    corrected: Sequence[Lying] = ()


def insert_notices(tx: Transaction, program_id: int, notices: Sequence[Notice]) -> list[int]:
    """Add notices that are not there yet, in the order they are given; the member of each that was added.

    The caller holds the reach of all these members. Whoever takes a reward back holds it too, so one that was
    taken back since it was decided to tell of it is seen here: its notice is gone at once.
    """
    rows = tx.execute(
        """
        with given as (
          select * from unnest(%(members)s::bigint[], %(ids)s::bigint[], %(messages)s::text[],
                               %(rewards)s::bigint[], %(events)s::bigint[], %(versions)s::integer[],
                               %(times)s::timestamptz[], %(stays)s::boolean[])
            with ordinality as g (member_id, id, message, reward_id, event_id, version, created_at, stays,
                                  place)
        ), fresh as (
          select distinct on (g.member_id, g.id) g.* from given g
          where not exists (select from inapp i where i.program_id = %(program)s and i.id = g.id
                                                  and i.member_id = g.member_id)
          order by g.member_id, g.id, g.place
        ), heads as (
          select m.member_id,
                 coalesce((select i.position from inapp i
                           where i.program_id = %(program)s and i.member_id = m.member_id
                           order by i.position desc limit 1), 0) as position
          from (select distinct member_id from fresh) m
        )
        insert into inapp (program_id, member_id, position, id, event_id, reward_id, message, version,
                           created_at, recalled_at)
        select %(program)s, f.member_id,
               h.position + row_number() over (partition by f.member_id order by f.place),
               f.id, f.event_id, f.reward_id, f.message, f.version, f.created_at,
               case when r.reversed = r.value and not f.stays then f.created_at end
        from fresh f
        join heads h using (member_id)
        left join rewards r
          on r.program_id = %(program)s and r.member_id = f.member_id and r.id = f.reward_id
        returning member_id
        """,
        {
            "program": program_id,
            "members": [each.member_id for each in notices],
            "ids": [each.id for each in notices],
            "messages": [each.message for each in notices],
            "rewards": [each.reward_id for each in notices],
            "events": [each.event_id for each in notices],
            "versions": [each.version for each in notices],
            "times": [each.created_at for each in notices],
            "stays": [each.stays for each in notices],
        },
    ).fetchall()
    return [int(row[0]) for row in rows]


def recall(tx: Transaction, program_id: int, ids: Sequence[int], now: datetime) -> list[int]:
    """Take notices back, each once; the member of each that was."""
    rows = tx.execute(
        """
        update inapp set recalled_at = %s
        where program_id = %s and id = any(%s) and recalled_at is null returning member_id
        """,
        (now, program_id, list(ids)),
    ).fetchall()
    return [int(row[0]) for row in rows]


def correct(tx: Transaction, program_id: int, ids: Sequence[int], now: datetime) -> list[int]:
    """Write that notices read otherwise from now on; the member of each."""
    rows = tx.execute(
        """
        update inapp set corrected_at = %s
        where program_id = %s and id = any(%s) and recalled_at is null returning member_id
        """,
        (now, program_id, list(ids)),
    ).fetchall()
    return [int(row[0]) for row in rows]


def list_told(
    tx: Transaction, program_id: int, rewards: Sequence[tuple[int, int]], over: Sequence[str]
) -> list[tuple[int, bool]]:
    """What lies there of rewards (by member and reward) of which something was taken back.

    Gives each notice of these messages (`over`) with whether the whole reward was.
    """
    rows = tx.execute(
        """
        select i.id, r.reversed = r.value
        from unnest(%(members)s::bigint[], %(rewards)s::bigint[]) as g (member_id, reward_id)
        join rewards r on r.program_id = %(program)s and r.member_id = g.member_id and r.id = g.reward_id
        join inapp i on i.program_id = %(program)s and i.member_id = g.member_id and i.reward_id = g.reward_id
        where i.recalled_at is null and i.message = any(%(over)s)
        """,
        {
            "members": [member_id for member_id, _ in rewards],
            "rewards": [reward_id for _, reward_id in rewards],
            "program": program_id,
            "over": list(over),
        },
    ).fetchall()
    return [(int(row[0]), bool(row[1])) for row in rows]


def tell_members(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> None:
    """Have open pages of these members look again, once this is committed."""
    tx.execute(
        "select pg_notify(%s, %s || ':' || m) from unnest(%s::bigint[]) m",
        (CHANNEL, str(program_id), list(member_ids)),
    )


def mark_seen(
    tx: Transaction, program_id: int, member_id: int, positions: Sequence[int], now: datetime
) -> list[int]:
    """Write that a member had these in view; the first time counts. The messages of those that were new."""
    rows = tx.execute(
        """
        update inapp set seen_at = %s
        where program_id = %s and member_id = %s and position = any(%s) and seen_at is null returning id
        """,
        (now, program_id, member_id, list(positions)),
    ).fetchall()
    return [int(row[0]) for row in rows]


def mark_seen_until(tx: Transaction, program_id: int, member_id: int, last: int, now: datetime) -> list[int]:
    """Write that a member had all of them in view, up to a position; the messages of those that were new."""
    rows = tx.execute(
        """
        update inapp set seen_at = %s
        where program_id = %s and member_id = %s and position <= %s and seen_at is null returning id
        """,
        (now, program_id, member_id, last),
    ).fetchall()
    return [int(row[0]) for row in rows]


def mark_opened(
    tx: Transaction, program_id: int, member_id: int, position: int, now: datetime
) -> Lying | None:
    """Write that a member followed a notice, the first time; the notice, None when it is there no more."""
    tx.execute(
        """
        update inapp set opened_at = %(now)s, seen_at = coalesce(seen_at, %(now)s)
        where program_id = %(program)s and member_id = %(member)s and position = %(position)s
          and opened_at is null and recalled_at is null
        """,
        {"now": now, "program": program_id, "member": member_id, "position": position},
    )
    rows = load_heard(tx, program_id, {member_id: position - 1}, 1)[member_id].notices
    if not rows or rows[0].position != position:
        return None
    _open_message(tx, program_id, rows[0], now)
    return rows[0]


def _open_message(tx: Transaction, program_id: int, notice: Lying, now: datetime) -> None:
    """The message that it was is opened too, over whichever channel it went besides."""
    tx.execute(
        """
        update messages set state = 'opened', opened_at = %s
        where program_id = %s and member_id = %s and id = %s and state in ('sent', 'delivered')
        """,
        (now, program_id, notice.member_id, notice.id),
    )


def list_notices(
    tx: Transaction, program_id: int, member_id: int, before: int | None, most: int = ROWS_MAX
) -> list[Lying]:
    """What lies there for a member, the newest first, those before a position."""
    rows = tx.execute(
        """
        select i.member_id, i.position, i.id, i.message, i.version, i.created_at, i.seen_at, i.opened_at,
               m.market, m.language, m.enrolled_at, i.corrected_at,
               r.id, r.rule, r.value, r.unit, r.state, r.happened_at, nullif(r.available_at, 'infinity'),
               r.expires_at, r.reversed
        from inapp i
        join members m using (program_id, member_id)
        left join rewards r
          on r.program_id = i.program_id and r.member_id = i.member_id and r.id = i.reward_id
        where i.program_id = %s and i.member_id = %s and i.recalled_at is null
          and i.position < coalesce(%s, 9223372036854775807)
        order by i.position desc limit %s
        """,
        (program_id, member_id, before, most),
    ).fetchall()
    return [_lying(row) for row in rows]


def load_shelf(tx: Transaction, program_id: int, member_id: int) -> Shelf | None:
    """How a member's notices stand; None for a member who is not there (any more)."""
    row = tx.execute(
        """
        select m.language, m.market, count(i.position) filter (where i.seen_at is null
                                                                 and i.recalled_at is null),
               coalesce(max(i.position), 0)
        from members m left join inapp i using (program_id, member_id)
        where m.program_id = %s and m.member_id = %s group by m.language, m.market
        """,
        (program_id, member_id),
    ).fetchone()
    return None if row is None else Shelf(*row)


def load_heard(
    tx: Transaction, program_id: int, after: Mapping[int, int], most: int = ROWS_MAX
) -> dict[int, Heard]:
    """What is new for members since the position that each has: in order, the first `most` of each.

    `gone` are positions that were taken back, `corrected` notices up to that position that read otherwise
    since they came, of both the last; whoever was told so before is told again.
    """
    whose = {"program": program_id, "members": list(after), "after": list(after.values())}
    rows = tx.execute(
        """
        select i.member_id, i.position, i.id, i.message, i.version, i.created_at, i.seen_at, i.opened_at,
               m.market, m.language, m.enrolled_at, i.corrected_at,
               r.id, r.rule, r.value, r.unit, r.state, r.happened_at, nullif(r.available_at, 'infinity'),
               r.expires_at, r.reversed
        from unnest(%(members)s::bigint[], %(after)s::bigint[]) as w (member_id, after)
        cross join lateral (
          (select * from inapp n
           where n.program_id = %(program)s and n.member_id = w.member_id and n.position > w.after
             and n.recalled_at is null
           order by n.position limit %(most)s)
          union all
          (select * from inapp n
           where n.program_id = %(program)s and n.member_id = w.member_id and n.position <= w.after
             and n.position > w.after - %(among)s and n.recalled_at is null and n.corrected_at is not null
           order by n.corrected_at desc limit %(most)s)
        ) i
        join members m on m.program_id = i.program_id and m.member_id = i.member_id
        left join rewards r
          on r.program_id = i.program_id and r.member_id = i.member_id and r.id = i.reward_id
        order by i.member_id, i.position
        """,
        {**whose, "most": most, "among": RECALLED_AMONG},
    ).fetchall()
    gone = tx.execute(
        """
        select w.member_id, g.position
        from unnest(%(members)s::bigint[], %(after)s::bigint[]) as w (member_id, after)
        cross join lateral (
          select n.position from inapp n
          where n.program_id = %(program)s and n.member_id = w.member_id
            and n.position > w.after - %(among)s and n.recalled_at is not null
          order by n.position desc limit %(among)s
        ) g
        order by 1, 2
        """,
        {**whose, "among": RECALLED_AMONG},
    ).fetchall()
    heard: dict[int, tuple[list[Lying], list[int], list[Lying]]] = {each: ([], [], []) for each in after}
    for lying in map(_lying, rows):
        notices, _, corrected = heard[lying.member_id]
        (notices if lying.position > after[lying.member_id] else corrected).append(lying)
    for member_id, position in gone:
        heard[member_id][1].append(position)
    return {member_id: Heard(*found) for member_id, found in heard.items()}


def load_generations(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> dict[int, int]:
    """The generation of each member's links, 0 where nothing was ever said of them."""
    rows = tx.execute(
        "select member_id, generation from reach where program_id = %s and member_id = any(%s)",
        (program_id, list(member_ids)),
    ).fetchall()
    return {**dict.fromkeys(member_ids, 0), **dict(rows)}


def _lying(row: tuple[Any, ...]) -> Lying:
    notice, (reward_id, rule, value, unit, *rest) = row[:12], row[12:]
    reward = None if reward_id is None else NoticeReward(reward_id, rule, Money(value, unit), *rest)
    return Lying(*(*notice, reward))
