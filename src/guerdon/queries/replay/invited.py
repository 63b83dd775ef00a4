"""Referrals as a replay reads them: who claimed what, what friends did, and what guards saw at an instant.

All of it is of the past: what was kept after the instant that is asked about is not seen.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from msgspec import json

from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction
from guerdon.store.referrals.codes import CodeRow, load_codes
from guerdon.store.referrals.marks import DEVICES_MAX, VELOCITY
from guerdon.store.referrals.pairs import CIRCLE_MAX, Pair, load_attributes, load_own_ids, load_pairs_of
from guerdon.values.ids import read


class LivePair(NamedTuple):
    """What really became of a pair, and when."""

    id: int
    scheme: str
    friend: int
    state: str
    qualified_by: int | None
    recorded_at: datetime
    told_at: datetime | None
    undone_at: datetime | None
    untold_at: datetime | None
    settled_at: datetime | None


class DoneThen(NamedTuple):
    """An event of a friend, and when it was decided."""

    member_id: int
    id: int
    type: str
    source: str
    external_id: str
    happened_at: datetime
    recorded_at: datetime
    data: str | None
    decided_at: datetime


class Claimants(NamedTuple):
    """Pairs of friends, codes that are said, and the ids by which friends are told."""

    pairs: Sequence[Pair]
    codes: Mapping[str, CodeRow]
    own: Mapping[int, tuple[str, str]]


class Glance(NamedTuple):
    """What guards look at: at which instant, both sides of a pair, and all numbers of each."""

    at: datetime
    pairs: Sequence[Pair]
    numbered: Sequence[tuple[int, int]]


def load_joined(tx: Transaction, program_id: int) -> dict[int, int]:
    """Who became one with whom in the end: former member -> member."""
    rows = tx.execute(
        """
        select o.was, a.subject from audit a
        cross join lateral json_array_elements_text(a.detail -> 'others') as o (was)
        where a.program_id = %s and a.action = 'member.joined' order by a.id
        """,
        (program_id,),
    ).fetchall()
    found: dict[int, int] = {}
    for was, now in rows:
        former, member = read("mem", was), read("mem", now)
        if former is not None and member is not None:
            found = {one: member if to == former else to for one, to in found.items()} | {former: member}
    return found


def load_claimants(
    tx: Transaction, program_id: int, scheme: str, friends: Sequence[int], codes: Sequence[str]
) -> Claimants:
    """What is stored of friends, and whose the codes are."""
    return Claimants(
        load_pairs_of(tx, program_id, scheme, friends),
        load_codes(tx, program_id, scheme, codes) if codes else {},
        load_own_ids(tx, program_id, friends),
    )


def load_live_pairs(tx: Transaction, program_id: int, pairs: Sequence[int]) -> dict[int, LivePair]:
    """What really became of pairs, by their number."""
    rows = tx.execute(
        """
        select p.id, p.scheme, coalesce(i.member_id, p.member_id), p.state, p.qualified_by, p.recorded_at,
               p.told_at, p.undone_at, p.untold_at, p.settled_at
        from referral_pairs p
        left join member_ids i
          on i.program_id = p.program_id and i.source = p.source and i.external_id = p.external_id
        where p.program_id = %s and p.id = any(%s::text::bigint[])
        """,
        (program_id, numbers(pairs)),
    ).fetchall()
    return {row[0]: LivePair._make(row) for row in rows}


def load_done_then(
    tx: Transaction, program_id: int, members: Sequence[int], types: Sequence[str], until: datetime
) -> list[DoneThen]:
    """Events of these types that these members had, decided before an instant."""
    rows = tx.execute(
        """
        select member_id, id, type, source, external_id, happened_at, recorded_at, data::text, decided_at
        from events
        where program_id = %s and member_id = any(%s::text::bigint[]) and type = any(%s::text::text[])
          and decided_at < %s
        order by happened_at, id
        """,
        (program_id, numbers(members), texts(types), until),
    ).fetchall()
    return [DoneThen._make(row) for row in rows]


def load_shared_then(
    tx: Transaction, program_id: int, scheme: str, glance: Glance
) -> list[tuple[int, str, bool]]:
    """What friends shared with their referrers, or else with others: (friend, kind, with the referrer)."""
    rows = tx.execute(
        """
        with who (now, number) as (
          select * from unnest(%(nows)s::text::bigint[], %(numbers)s::text::bigint[])
        ), marks as (
          select * from referral_marks
          where program_id = %(program)s and scheme = %(scheme)s and seen_at <= %(at)s
        )
        select f, kind, bool_or(theirs)
        from (
          select p.f, m.kind,
            exists (
              select from marks o
              where o.kind = m.kind and o.mark = m.mark and o.member_id = any (p.referrers)) as theirs,
            case m.kind when 'device' then exists (
              select from (
                select o.member_id from marks o
                where o.kind = m.kind and o.mark = m.mark and o.member_id <> all (p.friends || p.referrers)
                order by o.member_id desc limit %(most)s) o
              join referral_pairs q on q.program_id = %(program)s and q.member_id = o.member_id
                and q.scheme = %(scheme)s and q.recorded_at <= %(at)s
              left join member_ids i on i.program_id = q.program_id and i.source = q.referrer_source
                and i.external_id = q.referrer_external_id
              where coalesce(i.member_id, q.referrer_id) = p.r)
            else exists (
              select from marks o
              where o.kind = m.kind and o.mark = m.mark
                and o.member_id <> all (p.friends || p.referrers)) end as others
          from (
            select a.f, a.r, array(select number from who where now = a.f) as friends,
                   array(select number from who where now = a.r) as referrers
            from unnest(%(friends)s::text::bigint[], %(referrers)s::text::bigint[]) as a (f, r)
          ) p
          join marks m on m.member_id = any (p.friends) and m.kind <> 'network'
        ) each
        where theirs or others group by f, kind order by f, kind
        """,
        {
            "nows": numbers([now for now, _ in glance.numbered]),
            "numbers": numbers([number for _, number in glance.numbered]),
            "friends": numbers([pair.friend for pair in glance.pairs]),
            "referrers": numbers([pair.referrer or 0 for pair in glance.pairs]),
            "program": program_id,
            "scheme": scheme,
            "at": glance.at,
            "most": DEVICES_MAX,
        },
    ).fetchall()
    return [(row[0], row[1], row[2]) for row in rows]


def load_circles_then(
    tx: Transaction, program_id: int, scheme: str, glance: Glance
) -> dict[tuple[int, int], int]:
    """Pairs that closed a circle of up to four, with how many."""
    rows = tx.execute(
        """
        with recursive up (f, r, at, n) as (
          select f, r, r, 1
          from unnest(%(friends)s::text::bigint[], %(referrers)s::text::bigint[]) as p (f, r)
          union
          select u.f, u.r, r.member_id, u.n + 1
          from up u
          join member_ids i on i.program_id = %(program)s and i.member_id = u.at
          join referral_pairs q on q.program_id = i.program_id and q.source = i.source
            and q.external_id = i.external_id and q.scheme = %(scheme)s and q.recorded_at <= %(now)s
            and (q.state <> 'refused' or q.settled_at > %(now)s)
          join member_ids r on r.program_id = q.program_id and r.source = q.referrer_source
            and r.external_id = q.referrer_external_id
          where u.n < %(most)s and u.at <> u.f
        )
        select f, r, min(n) from up where at = f group by f, r
        """,
        {
            "friends": numbers([pair.friend for pair in glance.pairs]),
            "referrers": numbers([pair.referrer or 0 for pair in glance.pairs]),
            "program": program_id,
            "scheme": scheme,
            "now": glance.at,
            "most": CIRCLE_MAX,
        },
    ).fetchall()
    return {(row[0], row[1]): row[2] for row in rows}


def load_networks_then(tx: Transaction, program_id: int, scheme: str, glance: Glance) -> dict[int, int]:
    """By friend as they claimed: how many had claimed by that link from their network within seven days."""
    rows = tx.execute(
        """
        select a.f, max(c.n)
        from unnest(%(friends)s::text::bigint[], %(codes)s::text::text[], %(times)s::timestamptz[])
          as a (f, code, claimed_at)
        join referral_marks m on m.program_id = %(program)s and m.scheme = %(scheme)s and m.member_id = a.f
          and m.kind = 'network' and m.seen_at <= %(now)s
        cross join lateral (
          select count(*) as n
          from referral_pairs p
          join referral_marks o on o.program_id = p.program_id and o.scheme = p.scheme
            and o.member_id = p.member_id and o.kind = m.kind and o.mark = m.mark and o.seen_at <= %(now)s
          where p.program_id = %(program)s and p.code = a.code and p.scheme = %(scheme)s
            and p.recorded_at <= %(now)s and (p.state <> 'refused' or p.settled_at > %(now)s)
            and p.claimed_at between a.claimed_at - %(near)s and a.claimed_at + %(near)s) c
        group by a.f
        """,
        {
            "friends": numbers([pair.member_id for pair in glance.pairs]),
            "codes": texts([pair.code for pair in glance.pairs]),
            "times": [pair.claimed_at for pair in glance.pairs],
            "program": program_id,
            "scheme": scheme,
            "now": glance.at,
            "near": VELOCITY,
        },
    ).fetchall()
    return dict(rows)


def count_told_before(
    tx: Transaction, program_id: int, scheme: str, asked: tuple[Sequence[int], str, datetime]
) -> dict[tuple[int, date], int]:
    """How many friends of each were rewarded before an instant: (referrer, first day of the quarter) -> n.

    `asked` are the referrers, the time zone of quarters, and the instant.
    """
    referrers, zone, before = asked
    rows = tx.execute(
        """
        select i.member_id, date_trunc('quarter', p.qualified_at at time zone %(zone)s)::date, count(*)
        from member_ids i
        join referral_pairs p on p.program_id = i.program_id and p.referrer_source = i.source
          and p.referrer_external_id = i.external_id and p.scheme = %(scheme)s and p.told_at < %(before)s
        where i.program_id = %(program)s and i.member_id = any(%(referrers)s::text::bigint[])
        group by 1, 2
        """,
        {
            "program": program_id,
            "scheme": scheme,
            "referrers": numbers(referrers),
            "zone": zone,
            "before": before,
        },
    ).fetchall()
    return {(row[0], row[1]): row[2] for row in rows}


class Standing(NamedTuple):
    """Where a member is by now."""

    state: int
    market: str
    location: str | None


def load_standings(tx: Transaction, program_id: int, members: Sequence[int]) -> dict[int, Standing]:
    """Members as they are by now."""
    rows = tx.execute(
        "select member_id, state, market, location from members"
        " where program_id = %s and member_id = any(%s::text::bigint[])",
        (program_id, numbers(members)),
    ).fetchall()
    return {row[0]: Standing(row[1], row[2], row[3]) for row in rows}


def load_attributes_now(
    tx: Transaction, program_id: int, members: Sequence[int]
) -> dict[int, dict[str, object]]:
    """What is known of members by now."""
    return {
        member: json.decode(text)
        for member, text in load_attributes(tx, program_id, sorted(set(members))).items()
    }
