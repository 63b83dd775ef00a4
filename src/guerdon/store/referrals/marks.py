"""Marks: keyed hashes of what people have (a device, a card, an address), to see who shares what."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction

# Claims of one network by one link are counted so long before and after each.
VELOCITY = timedelta(days=7)


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


# A friend and their referrer.
Two = tuple[int, int]


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


def find_shared(tx: Transaction, program_id: int, scheme: str, pairs: Sequence[Two]) -> list[SharedMark]:
    """What friends share with their referrers, or with others; a network is no such thing.

    A device, which may seem the same where many share a network, only with others of the same referrer.
    """
    rows = tx.execute(
        """
        select p.f, m.kind, bool_or(o.member_id = p.r), bool_or(o.member_id <> p.r)
        from unnest(%s::text::bigint[], %s::text::bigint[]) as p (f, r)
        join referral_marks m on m.program_id = %s and m.member_id = p.f and m.scheme = %s
        join referral_marks o on o.program_id = m.program_id and o.scheme = m.scheme and o.mark = m.mark
          and o.kind = m.kind and o.member_id <> m.member_id
        where m.kind <> 'network'
          and (m.kind <> 'device' or o.member_id = p.r or exists (
            select from referral_pairs q where q.program_id = o.program_id and q.member_id = o.member_id
              and q.scheme = o.scheme and q.referrer_id = p.r))
        group by p.f, m.kind order by p.f, m.kind
        """,
        (numbers([f for f, _ in pairs]), numbers([r for _, r in pairs]), program_id, scheme),
    ).fetchall()
    return [SharedMark(*row) for row in rows]


def count_of_networks(tx: Transaction, program_id: int, scheme: str, codes: Sequence[str]) -> dict[int, int]:
    """By friend: how many claimed by the same link from the same network within seven days of them."""
    rows = tx.execute(
        """
        select p.code, m.mark, p.claimed_at, p.member_id
        from referral_pairs p
        join referral_marks m on m.program_id = p.program_id and m.member_id = p.member_id
          and m.scheme = p.scheme and m.kind = 'network'
        where p.program_id = %s and p.scheme = %s and p.code = any(%s::text::text[]) and p.state <> 'refused'
        order by p.claimed_at
        """,
        (program_id, scheme, texts(codes)),
    ).fetchall()
    times: dict[tuple[str, bytes], list[datetime]] = {}
    for code, mark, at, _ in rows:
        times.setdefault((code, mark), []).append(at)
    found: dict[int, int] = {}
    for code, mark, at, member_id in rows:
        near = times[code, mark]
        n = bisect_right(near, at + VELOCITY) - bisect_left(near, at - VELOCITY)
        found[member_id] = max(n, found.get(member_id, 0))
    return found
