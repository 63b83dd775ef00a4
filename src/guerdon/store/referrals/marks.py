"""Marks: keyed hashes of what people have (a device, a card, an address), to see who shares what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction

# Claims of one network by one link are counted so long before and after each.
VELOCITY = timedelta(days=7)
# What more people than that have is the device of none; the newest of them are looked at.
DEVICES_MAX = 1000


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """What a member has: a kind (device, network, payment, address, vehicle), and a hash of which."""

    member_id: int
    kind: str
    mark: bytes


@dataclass(frozen=True, slots=True)
class SharedMark:
    """A friend shares a kind with their referrer, or with somebody else who took part."""

    friend: int
    kind: str
    with_referrer: bool
    with_others: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A pair that is looked at: both sides now, who its friend was when they claimed, by what, and when."""

    friend: int
    referrer: int
    was: int
    code: str
    claimed_at: datetime


# A friend and their referrer.
Two = tuple[int, int]
# A member, and a number of theirs: their own, or one that they had before two contacts became one.
Numbered = tuple[int, int]


def record_marks(tx: Transaction, program_id: int, scheme: str, marks: Sequence[Mark], at: datetime) -> None:
    """Keep marks; those that are kept already stay."""
    if not marks:
        return
    ordered = sorted(set(marks))
    tx.execute(
        """
        insert into referral_marks (program_id, member_id, scheme, kind, mark, seen_at)
        select %s, m, %s, k, decode(h, 'hex'), %s
        from unnest(%s::text::bigint[], %s::text::text[], %s::text::text[]) as n (m, k, h)
        on conflict do nothing
        """,
        (
            *(program_id, scheme, at),
            numbers([each.member_id for each in ordered]),
            texts([each.kind for each in ordered]),
            texts([each.mark.hex() for each in ordered]),
        ),
    )


def find_shared(
    tx: Transaction, program_id: int, scheme: str, asked: Sequence[Asked], numbered: Sequence[Numbered]
) -> list[SharedMark]:
    """What friends share with their referrers, or with others; a network is no such thing.

    `numbered` has all numbers of all who are asked about. A device, which may seem the same where many share
    a network, only with others of the same referrer, and of those who have it only with the newest.
    """
    rows = tx.execute(
        """
        with who (now, number) as (
          select * from unnest(%(nows)s::text::bigint[], %(numbers)s::text::bigint[]))
        select f, kind, bool_or(theirs), bool_or(others)
        from (
          select p.f, m.kind,
            exists (
              select from referral_marks o
              where o.program_id = m.program_id and o.scheme = m.scheme and o.kind = m.kind
                and o.mark = m.mark and o.member_id = any (p.referrers)) as theirs,
            case m.kind when 'device' then exists (
              select from (
                select o.program_id, o.scheme, o.member_id from referral_marks o
                where o.program_id = m.program_id and o.scheme = m.scheme and o.kind = m.kind
                  and o.mark = m.mark and o.member_id <> all (p.friends || p.referrers)
                order by o.member_id desc limit %(most)s) o
              join referral_pairs q on q.program_id = o.program_id and q.member_id = o.member_id
                and q.scheme = o.scheme
              left join member_ids i on i.program_id = q.program_id and i.source = q.referrer_source
                and i.external_id = q.referrer_external_id
              where coalesce(i.member_id, q.referrer_id) = p.r)
            else exists (
              select from referral_marks o
              where o.program_id = m.program_id and o.scheme = m.scheme and o.kind = m.kind
                and o.mark = m.mark and o.member_id <> all (p.friends || p.referrers)) end as others
          from (
            select a.f, a.r, array(select number from who where now = a.f) as friends,
                   array(select number from who where now = a.r) as referrers
            from unnest(%(friends)s::text::bigint[], %(referrers)s::text::bigint[]) as a (f, r)
          ) p
          join referral_marks m on m.program_id = %(program)s and m.member_id = any (p.friends)
            and m.scheme = %(scheme)s and m.kind <> 'network'
        ) each
        where theirs or others group by f, kind order by f, kind
        """,
        {
            "nows": numbers([now for now, _ in numbered]),
            "numbers": numbers([number for _, number in numbered]),
            "friends": numbers([each.friend for each in asked]),
            "referrers": numbers([each.referrer for each in asked]),
            "program": program_id,
            "scheme": scheme,
            "most": DEVICES_MAX,
        },
    ).fetchall()
    return [SharedMark(*row) for row in rows]


def find_kinds_held(
    tx: Transaction, program_id: int, scheme: str, marks: Sequence[Mark], but: Sequence[int]
) -> list[str]:
    """The kinds of these marks, whoever's they are to be, that others have but for some numbers."""
    rows = tx.execute(
        """
        select distinct n.k
        from unnest(%s::text::text[], %s::text::text[]) as n (k, h)
        join referral_marks m on m.program_id = %s and m.scheme = %s and m.kind = n.k
          and m.mark = decode(n.h, 'hex')
        where m.member_id <> all (%s::text::bigint[]) order by n.k
        """,
        (
            texts([each.kind for each in marks]),
            texts([each.mark.hex() for each in marks]),
            *(program_id, scheme, numbers(but)),
        ),
    ).fetchall()
    return [row[0] for row in rows]


def count_of_networks(
    tx: Transaction, program_id: int, scheme: str, asked: Sequence[Asked]
) -> dict[int, int]:
    """By friend: how many claimed by the same link from the same network within seven days of them."""
    rows = tx.execute(
        """
        with spans as (
          select code, unnest(range_agg(tstzrange(at - %(near)s, at + %(near)s, '[]'))) as span
          from unnest(%(codes)s::text::text[], %(times)s::timestamptz[]) as a (code, at)
          group by code
        ), counted as (
          select p.member_id, count(*) over (
            partition by p.code, m.mark order by p.claimed_at
            range between %(near)s preceding and %(near)s following) as n
          from spans s
          join referral_pairs p on p.program_id = %(program)s and p.code = s.code and p.scheme = %(scheme)s
            and p.claimed_at between lower(s.span) and upper(s.span) and p.state <> 'refused'
          -- By their key, however many the server expects: the others' marks are none of this.
          cross join lateral (
            select mark from referral_marks m
            where m.program_id = p.program_id and m.member_id = p.member_id and m.scheme = p.scheme
              and m.kind = 'network' offset 0) m
        )
        select member_id, max(n) from counted
        where member_id = any(%(friends)s::text::bigint[]) group by member_id
        """,
        {
            "near": VELOCITY,
            "codes": texts([each.code for each in asked]),
            "times": [each.claimed_at for each in asked],
            "program": program_id,
            "scheme": scheme,
            "friends": numbers([each.was for each in asked]),
        },
    ).fetchall()
    return dict(rows)
