"""Twins as people look at them: pairs of a connection, and of one member, with who both are here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class TwinRow:
    """A pair that waits for somebody's word, or to be joined."""

    one_id: int
    other_id: int
    shared: Sequence[str]
    state: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class TwinSide:
    """One of a pair: where they belong, since when, and by which accounts they came."""

    member_id: int
    market: str
    enrolled_at: datetime
    rewards: int
    sources: Sequence[str]


def list_twins(tx: Transaction, source: str, at_most: int) -> list[TwinRow]:
    """Pairs of which one came by this source, the oldest first."""
    rows = tx.execute(
        """
        select t.one_id, t.other_id, t.shared, t.state, t.found_at from twins t
        where t.program_id = (select this_program()) and t.state in ('open', 'joining')
          and exists (
            select from member_ids d
            where d.program_id = t.program_id and d.member_id in (t.one_id, t.other_id) and d.source = %s)
        order by t.found_at, t.one_id, t.other_id limit %s
        """,
        (source, at_most),
    ).fetchall()
    return [TwinRow(*row) for row in rows]


def list_twins_of(tx: Transaction, member_id: int) -> list[TwinRow]:
    """Pairs of one member that wait for somebody's word."""
    rows = tx.execute(
        """
        select one_id, other_id, shared, state, found_at from twins
        where program_id = (select this_program()) and one_id = %(member)s and state in ('open', 'joining')
        union all
        select one_id, other_id, shared, state, found_at from twins
        where program_id = (select this_program()) and other_id = %(member)s and state in ('open', 'joining')
        order by found_at, one_id, other_id
        """,
        {"member": member_id},
    ).fetchall()
    return [TwinRow(*row) for row in rows]


def load_twin_sides(tx: Transaction, members: Sequence[int]) -> dict[int, TwinSide]:
    """Who these members are, by id."""
    rows = tx.execute(
        """
        select m.member_id, m.market, m.enrolled_at,
               (select count(*) from rewards r
                where r.program_id = m.program_id and r.member_id = m.member_id),
               array(select distinct d.source from member_ids d
                     where d.program_id = m.program_id and d.member_id = m.member_id order by 1)
        from members m where m.program_id = (select this_program()) and m.member_id = any (%s)
        """,
        (list(members),),
    ).fetchall()
    return {row[0]: TwinSide(*row) for row in rows}
