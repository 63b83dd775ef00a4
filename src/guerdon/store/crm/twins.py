"""Twins: pairs of members who may be one person, as they stand, and addresses that many share.

Nothing of who they are is in a pair: two numbers, and which kinds of address are the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.types.json import Json

from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.database import Transaction
from guerdon.values.ids import read, show

Verdict = Literal["joining", "apart"]
# The alarm of an address that many share: its subject is the address's kind.
SHARED = "contact_shared"


@dataclass(frozen=True, slots=True)
class Shared:
    """An address that many share: of what kind it is, and some of those who do; the address is not in it."""

    kind: str
    members: Sequence[int]


@dataclass(frozen=True, slots=True)
class Said(Shared):
    """An open alarm of such an address, by some who shared it; the mark is the first of them."""

    mark: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What somebody said of a pair; `survivor` is who goes on, where they are one."""

    pair: tuple[int, int]
    verdict: Verdict
    survivor: int | None
    by: str
    at: datetime
    reason: str


def list_shared(
    tx: Transaction, program_id: int, members: Sequence[int], sources: Sequence[str], at_most: int
) -> list[Shared]:
    """Addresses of these members that more than so many share, with some of these."""
    rows = tx.execute(
        """
        select kind, array_agg(member_id order by member_id) from sharing(%s, %s, %s, %s)
        where among > %s group by kind, mark order by 1, 2
        """,
        (program_id, list(members), list(sources), at_most, at_most),
    ).fetchall()
    return [Shared(*row) for row in rows]


def record_twins(
    tx: Transaction,
    program_id: int,
    members: Sequence[int],
    known: tuple[Sequence[str], int],
    now: datetime,
) -> None:
    """Write down who may be one person with any of these members, and open pairs of theirs that do not hold.

    `known` are the sources by which accounts name people, and how many may share an address at most. Two
    members that one account alone tells of are two contacts there.
    """
    sources, at_most = known
    tx.execute(
        """
        with sharers as (
          select * from sharing(%(program)s, %(members)s, %(sources)s, %(most)s) where among <= %(most)s
        ), pairs as (
          select a.member_id as one_id, b.member_id as other_id, array_agg(a.kind order by a.kind) as shared
          from sharers a join sharers b on (b.kind, b.mark) = (a.kind, a.mark) and b.member_id > a.member_id
          where a.sources <> b.sources or cardinality(a.sources) > 1
          group by 1, 2
        ), written as (
          insert into twins (program_id, one_id, other_id, shared, found_at)
          select %(program)s, one_id, other_id, shared, %(now)s from pairs order by 1, 2, 3
          on conflict (program_id, one_id, other_id) do update set shared = excluded.shared
          where twins.state = 'open' and twins.shared <> excluded.shared
        )
        delete from twins t
        where t.program_id = %(program)s and t.state = 'open'
          and (t.one_id = any (%(members)s) or t.other_id = any (%(members)s))
          and not exists (select from pairs p where (p.one_id, p.other_id) = (t.one_id, t.other_id))
        """,
        {
            "program": program_id,
            "members": list(members),
            "sources": list(sources),
            "most": at_most,
            "now": now,
        },
    )


def list_said(tx: Transaction, program_id: int) -> list[Said]:
    """Addresses of which it stands said that many share them."""
    rows = tx.execute(
        """
        select subject, mark, detail -> 'members' from alarms
        where program_id = %s and kind = %s and settled_at is null order by subject, mark
        """,
        (program_id, SHARED),
    ).fetchall()
    return [
        Said(kind, [number for each in shown if (number := read("mem", each)) is not None], mark)
        for kind, mark, shown in rows
    ]


def record_said(tx: Transaction, program_id: int, shared: Sequence[Said], now: datetime) -> None:
    """Say of addresses that many share them, once more where that was settled."""
    details = [
        {"member": each.mark, "members": [show("mem", one) for one in each.members]} for each in shared
    ]
    rows = [
        AlarmRow(SHARED, each.kind, each.mark, detail) for each, detail in zip(shared, details, strict=True)
    ]
    tx.execute(
        """
        update alarms a set settled_at = null, detail = n.detail
        from unnest(%s::text[], %s::text[], %s::json[]) as n (subject, mark, detail)
        where a.program_id = %s and a.kind = %s and (a.subject, a.mark) = (n.subject, n.mark)
          and a.settled_at is not null
        """,
        (
            [each.kind for each in shared],
            [each.mark for each in shared],
            [Json(each) for each in details],
            program_id,
            SHARED,
        ),
    )
    record_alarms(tx, program_id, rows, now)


def settle_said(tx: Transaction, program_id: int, over: Sequence[Said], now: datetime) -> None:
    """Settle what was said of addresses that few share by now."""
    tx.execute(
        """
        update alarms a set settled_at = %s from unnest(%s::text[], %s::text[]) as n (subject, mark)
        where a.program_id = %s and a.kind = %s and (a.subject, a.mark) = (n.subject, n.mark)
        """,
        (now, [each.kind for each in over], [each.mark for each in over], program_id, SHARED),
    )


def settle_twins(tx: Transaction, program_id: int, settled: Settled) -> bool:
    """Keep what somebody said of a pair that is open; whether it was."""
    done = tx.execute(
        """
        update twins set state = %s, survivor_id = %s, settled_by = %s, settled_at = %s, settled_for = %s
        where program_id = %s and one_id = %s and other_id = %s and state = 'open'
        """,
        (
            settled.verdict,
            settled.survivor,
            settled.by,
            settled.at,
            settled.reason or None,
            program_id,
            *settled.pair,
        ),
    )
    return done.rowcount == 1


def awaits_joining(tx: Transaction, program_id: int) -> bool:
    """Whether there is a pair that somebody said is one."""
    row = tx.execute(
        "select exists (select from twins where program_id = %s and state = 'joining')", (program_id,)
    ).fetchone()
    return row is not None and bool(row[0])


def take_joining(tx: Transaction, program_id: int, at_most: int) -> list[tuple[int, int]]:
    """Pairs that somebody said are one, now joined: (who goes on, who is joined), as they were said."""
    rows = tx.execute(
        """
        with taken as (
          update twins t set state = 'joined'
          from (select one_id, other_id from twins where program_id = %(program)s and state = 'joining'
                order by settled_at, one_id, other_id limit %(most)s) n
          where t.program_id = %(program)s and (t.one_id, t.other_id) = (n.one_id, n.other_id)
          returning t.survivor_id, t.one_id + t.other_id - t.survivor_id as joined_id, t.settled_at
        )
        select survivor_id, joined_id from taken order by settled_at, joined_id
        """,
        {"program": program_id, "most": at_most},
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


def find_led(tx: Transaction, program_id: int, members: Sequence[int]) -> set[int]:
    """Those of these members to whom any id leads."""
    rows = tx.execute(
        "select distinct member_id from member_ids where program_id = %s and member_id = any (%s)",
        (program_id, list(members)),
    ).fetchall()
    return {int(row[0]) for row in rows}


def drop_nobodys(tx: Transaction, program_id: int, members: Sequence[int]) -> None:
    """Ask no more about open pairs of those of these members to whom no id leads any more."""
    if not members:
        return
    tx.execute(
        """
        with nobodys as (
          select m.id from unnest(%(members)s::bigint[]) as m (id)
          where not exists (select from member_ids i where i.program_id = %(program)s and i.member_id = m.id)
        )
        delete from twins t
        where t.program_id = %(program)s and t.state = 'open'
          and (t.one_id in (select id from nobodys) or t.other_id in (select id from nobodys))
        """,
        {"program": program_id, "members": list(members)},
    )


def lead_ids(tx: Transaction, program_id: int, led: Mapping[int, int]) -> None:
    """By whatever ids these members are known, they lead to others from now on."""
    tx.execute(
        """
        update member_ids m set member_id = n.now
        from unnest(%s::bigint[], %s::bigint[]) as n (was, now)
        where m.program_id = %s and m.member_id = n.was
        """,
        (list(led), list(led.values()), program_id),
    )
