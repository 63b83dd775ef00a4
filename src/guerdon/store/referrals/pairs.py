"""Pairs: a friend and who brought them, from the claim to what people said of it.

Who both are now is asked by the ids under which they came: where two contacts became one, a pair is of who is
left. Whoever changes pairs holds the program's referrals first, so that what is counted stays so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import msgspec

from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction
from guerdon.store.referrals.marks import Two
from guerdon.values.ids import read, show

State = Literal["claimed", "qualified", "held", "released", "refused", "undone"]
_NAMESPACE = 1735289470
# So many are looked at for having brought each other in a circle.
CIRCLE_MAX = 4


@dataclass(slots=True)
class Pair:
    """One pair; `friend` and `referrer` are who both are now."""

    member_id: int
    id: int
    scheme: str
    code: str
    referrer_id: int | None
    source: str
    external_id: str
    referrer_source: str | None
    referrer_external_id: str | None
    state: State
    reasons: list[str]
    claimed_at: datetime
    recorded_at: datetime
    qualified_at: datetime | None = None
    qualified_by: int | None = None
    said: str | None = None
    told_at: datetime | None = None
    undone_at: datetime | None = None
    untold_at: datetime | None = None
    friend: int = 0
    referrer: int | None = None


class DoneRow(msgspec.Struct, frozen=True, gc=False):
    """An event of a friend, as it is stored."""

    member_id: int
    id: int
    type: str
    source: str
    external_id: str
    happened_at: datetime
    recorded_at: datetime
    data: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """A person's word over a pair."""

    state: State
    by: str
    at: datetime
    reason: str
    told: bool = field(default=False)


def lock_referrals(tx: Transaction, program_id: int) -> None:
    """Hold the program's referrals until this transaction ends: after members, and before any pool."""
    tx.execute("select pg_advisory_xact_lock(%s, %s)", (_NAMESPACE, program_id))


def load_pairs_of(tx: Transaction, program_id: int, scheme: str, members: Sequence[int]) -> list[Pair]:
    """The pairs in which these members are the friends, or were as they claimed, whatever became of them."""
    rows = tx.execute(
        """
        select p.member_id, p.id, p.scheme, p.code, p.referrer_id, p.source, p.external_id, p.referrer_source,
               p.referrer_external_id, p.state, p.reasons, p.claimed_at, p.recorded_at, p.qualified_at,
               p.qualified_by, p.said::text, p.told_at, p.undone_at, p.untold_at,
               coalesce(i.member_id, p.member_id), coalesce(r.member_id, p.referrer_id)
        from (
          select q.member_id, q.id
          from member_ids n
          join referral_pairs q
            on q.program_id = n.program_id and q.source = n.source and q.external_id = n.external_id
          where n.program_id = %(program)s and n.member_id = any(%(members)s::text::bigint[])
          union
          select member_id, id from referral_pairs
          where program_id = %(program)s and member_id = any(%(members)s::text::bigint[])
        ) k
        join referral_pairs p
          on p.program_id = %(program)s and p.scheme = %(scheme)s and p.member_id = k.member_id
            and p.id = k.id
        left join member_ids i
          on i.program_id = p.program_id and i.source = p.source and i.external_id = p.external_id
        left join member_ids r on r.program_id = p.program_id and r.source = p.referrer_source
          and r.external_id = p.referrer_external_id
        order by p.claimed_at, p.id
        """,
        {"program": program_id, "members": numbers(members), "scheme": scheme},
    ).fetchall()
    return [Pair(*row) for row in rows]


def lock_pair(tx: Transaction, program_id: int, pair_id: int) -> Pair | None:
    """One pair, with the program's referrals held."""
    lock_referrals(tx, program_id)
    row = tx.execute(
        """
        select p.member_id, p.id, p.scheme, p.code, p.referrer_id, p.source, p.external_id, p.referrer_source,
               p.referrer_external_id, p.state, p.reasons, p.claimed_at, p.recorded_at, p.qualified_at,
               p.qualified_by, p.said::text, p.told_at, p.undone_at, p.untold_at,
               coalesce(i.member_id, p.member_id), coalesce(r.member_id, p.referrer_id)
        from referral_pairs p
        left join member_ids i
          on i.program_id = p.program_id and i.source = p.source and i.external_id = p.external_id
        left join member_ids r on r.program_id = p.program_id and r.source = p.referrer_source
          and r.external_id = p.referrer_external_id
        where p.program_id = %s and p.id = %s
        """,
        (program_id, pair_id),
    ).fetchone()
    return None if row is None else Pair(*row)


def record_pairs(tx: Transaction, program_id: int, pairs: Sequence[Pair]) -> None:
    """Write new pairs."""
    tx.execute(
        """
        insert into referral_pairs (program_id, member_id, id, scheme, code, referrer_id, source, external_id,
          referrer_source, referrer_external_id, state, reasons, claimed_at, recorded_at)
        select %s, n.* from json_to_recordset(%s) as n (
          member_id bigint, id bigint, scheme text, code text, referrer_id bigint, source text,
          external_id text, referrer_source text, referrer_external_id text, state text, reasons text[],
          claimed_at timestamptz, recorded_at timestamptz)
        """,
        (program_id, _written(pairs)),
    )


def change_pairs(tx: Transaction, program_id: int, pairs: Sequence[Pair]) -> None:
    """Write what became of pairs."""
    tx.execute(
        """
        update referral_pairs p
        set state = n.state, reasons = n.reasons, qualified_at = n.qualified_at,
            qualified_by = n.qualified_by, said = n.said::json, told_at = n.told_at,
            undone_at = n.undone_at, untold_at = n.untold_at
        from json_to_recordset(%s) as n (
          member_id bigint, id bigint, state text, reasons text[], qualified_at timestamptz,
          qualified_by bigint, said text, told_at timestamptz, undone_at timestamptz, untold_at timestamptz)
        where p.program_id = %s and p.member_id = n.member_id and p.id = n.id
        """,
        (_written(pairs), program_id),
    )


def _written(pairs: Sequence[Pair]) -> str:
    return msgspec.json.encode(pairs).decode()


def settle_pair(tx: Transaction, program_id: int, pair: Pair, settled: Settled) -> None:
    """Write what a person said of a pair; what they said it about is their audit row's."""
    tx.execute(
        """
        update referral_pairs
        set state = %s, told_at = %s, settled_by = %s, settled_at = %s, settled_for = %s
        where program_id = %s and member_id = %s and id = %s
        """,
        (
            *(settled.state, settled.at if settled.told else None, settled.by, settled.at, settled.reason),
            *(program_id, pair.member_id, pair.id),
        ),
    )


def load_done(
    tx: Transaction, program_id: int, members: Sequence[int], types: Sequence[str]
) -> list[DoneRow]:
    """Events of these types that these members had before."""
    rows = tx.execute(
        """
        select member_id, id, type, source, external_id, happened_at, recorded_at, data::text
        from events
        where program_id = %s and member_id = any(%s::text::bigint[]) and type = any(%s::text::text[])
        order by happened_at, id
        """,
        (program_id, numbers(members), texts(types)),
    ).fetchall()
    return [DoneRow(*row) for row in rows]


def load_former(tx: Transaction, program_id: int, members: Sequence[int]) -> list[tuple[int, int]]:
    """Who these members were before contacts became one, as the audit says: (former, member)."""
    rows = tx.execute(
        """
        with recursive been (now, was) as (
          select s, s from unnest(%s::text::text[]) as n (s)
          union
          select b.now, o.was
          from been b
          join audit a on a.program_id = %s and a.subject = b.was and a.action = 'member.joined'
          cross join lateral json_array_elements_text(a.detail -> 'others') as o (was)
        )
        select was, now from been where was <> now order by was, now
        """,
        (texts([show("mem", each) for each in members]), program_id),
    ).fetchall()
    found = [(read("mem", was), read("mem", now)) for was, now in rows]
    return [(was, now) for was, now in found if was is not None and now is not None]


def load_attributes(tx: Transaction, program_id: int, members: Sequence[int]) -> dict[int, str]:
    """What is known of members, as JSON text."""
    rows = tx.execute(
        "select member_id, attributes::text from members"
        " where program_id = %s and member_id = any(%s::text::bigint[])",
        (program_id, numbers(members)),
    ).fetchall()
    return dict(rows)


def load_ids(
    tx: Transaction, program_id: int, members: Sequence[int], sources: Sequence[str]
) -> dict[tuple[int, str], str]:
    """What sources call members: (member, source) -> id, the first where there are several."""
    rows = tx.execute(
        """
        select member_id, source, min(external_id) from member_ids
        where program_id = %s and member_id = any(%s::text::bigint[]) and source = any(%s::text::text[])
        group by member_id, source
        """,
        (program_id, numbers(members), texts(sources)),
    ).fetchall()
    return {(row[0], row[1]): row[2] for row in rows}


def load_own_ids(tx: Transaction, program_id: int, members: Sequence[int]) -> dict[int, tuple[str, str]]:
    """The first of the ids of each member: source and id."""
    rows = tx.execute(
        """
        select distinct on (member_id) member_id, source, external_id from member_ids
        where program_id = %s and member_id = any(%s::text::bigint[])
        order by member_id, source, external_id
        """,
        (program_id, numbers(members)),
    ).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def find_circles(tx: Transaction, program_id: int, scheme: str, pairs: Sequence[Two]) -> dict[Two, int]:
    """Pairs that close a circle of up to four, with how many: who brought the referrer, and so on up."""
    rows = tx.execute(
        """
        with recursive up (f, r, at, n) as (
          select f, r, r, 1 from unnest(%s::text::bigint[], %s::text::bigint[]) as p (f, r)
          union
          select u.f, u.r, r.member_id, u.n + 1
          from up u
          join member_ids i on i.program_id = %s and i.member_id = u.at
          join referral_pairs q on q.program_id = i.program_id and q.source = i.source
            and q.external_id = i.external_id and q.scheme = %s and q.state <> 'refused'
          join member_ids r on r.program_id = q.program_id and r.source = q.referrer_source
            and r.external_id = q.referrer_external_id
          where u.n < %s and u.at <> u.f
        )
        select f, r, min(n) from up where at = f group by f, r
        """,
        (numbers([f for f, _ in pairs]), numbers([r for _, r in pairs]), program_id, scheme, CIRCLE_MAX),
    ).fetchall()
    return {(row[0], row[1]): row[2] for row in rows}


def count_successes(
    tx: Transaction, program_id: int, scheme: str, zone: str, wanted: Sequence[tuple[int, date]]
) -> dict[tuple[int, date], int]:
    """How many of a referrer's friends were rewarded in a quarter: (referrer, its first day) -> n."""
    rows = tx.execute(
        """
        select w.r, w.q, count(*)
        from unnest(%(referrers)s::text::bigint[], %(quarters)s::date[]) as w (r, q)
        join member_ids i on i.program_id = %(program)s and i.member_id = w.r
        join referral_pairs p on p.program_id = i.program_id and p.referrer_source = i.source
          and p.referrer_external_id = i.external_id and p.scheme = %(scheme)s and p.told_at is not null
          and date_trunc('quarter', p.qualified_at at time zone %(zone)s)::date = w.q
        group by w.r, w.q
        """,
        {
            "referrers": numbers([r for r, _ in wanted]),
            "quarters": [q for _, q in wanted],
            "program": program_id,
            "scheme": scheme,
            "zone": zone,
        },
    ).fetchall()
    return {(row[0], row[1]): row[2] for row in rows}
