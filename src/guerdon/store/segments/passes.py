"""Which segments are kept, how far each was looked through, and which members wait to be looked at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction

Walk = Literal["build", "recount"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A segment as it is kept; `walk` None: nobody goes through all members just now."""

    segment: str
    definition: str
    removed: bool
    walk: Walk | None
    walked_to: int
    found: int
    as_of: date
    built_at: datetime | None
    recounted_on: date | None


def alone_with_segments(tx: Transaction, program_id: int) -> bool:
    """Whether nobody else changes the segments of a program; nobody will until this transaction ends."""
    row = tx.execute(
        "select pg_try_advisory_xact_lock(1735289453, %s)", (program_id,), prepare=True
    ).fetchone()
    return row == (True,)


def load_kept(tx: Transaction, program_id: int) -> dict[str, Kept]:
    """All segments of a program that are kept."""
    rows = tx.execute(
        """
        select segment, definition, removed, pass, walked_to, found, as_of, built_at, recounted_on
        from segments where program_id = %s
        """,
        (program_id,),
        prepare=True,
    ).fetchall()
    return {row[0]: Kept(*row) for row in rows}


def watch(tx: Transaction, program_id: int, whats: Collection[str]) -> bool:
    """Let batches and imports say from now on when one of these changes; whether that is new.

    Waits for those that are running, and those that come wait for it.
    """
    row = tx.execute(
        "select watched from programs where program_id = %s for no key update", (program_id,)
    ).fetchone()
    new = sorted(whats)
    if row is None or row[0] == new:
        return False
    tx.execute("update programs set watched = %s where program_id = %s", (new, program_id))
    return True


def begin_build(tx: Transaction, program_id: int, definitions: Mapping[str, str], today: date) -> None:
    """Keep these segments as they are now defined; their members are looked up from the first on."""
    tx.execute(
        """
        insert into segments (program_id, segment, definition, pass, as_of)
        select %(p)s, s, d, 'build', %(day)s from unnest(%(s)s::text[], %(d)s::text[]) as n (s, d)
        on conflict (program_id, segment) do update
        set definition = excluded.definition, removed = false, pass = 'build', walked_to = 0, found = 0,
            as_of = excluded.as_of, built_at = null
        """,
        {"p": program_id, "s": list(definitions), "d": list(definitions.values()), "day": today},
    )


def begin_recount(tx: Transaction, program_id: int, segments: Sequence[str]) -> None:
    """Go through all members of these segments again, to see that all is kept as it is."""
    tx.execute(
        """
        update segments set pass = 'recount', walked_to = 0, found = 0
        where program_id = %s and segment = any(%s)
        """,
        (program_id, list(segments)),
    )


def remove_segments(tx: Transaction, program_id: int, segments: Sequence[str]) -> None:
    """These are no segments of the program any more; their members go bit by bit."""
    tx.execute(
        """
        update segments set removed = true, pass = null, built_at = null
        where program_id = %s and segment = any(%s)
        """,
        (program_id, list(segments)),
    )


def drop_removed(tx: Transaction, program_id: int, segment: str, today: date) -> None:
    """The last member of a segment that is no more is gone; how large it was stays known."""
    tx.execute(
        """
        insert into segment_sizes (program_id, segment, day, market, n)
        select %(p)s, %(s)s, greatest(l.day, %(day)s), l.market, 0 from (
          select distinct on (market) market, day, n from segment_sizes
          where program_id = %(p)s and segment = %(s)s order by market, day desc) l
        where l.n <> 0
        on conflict (program_id, segment, market, day) do update set n = 0
        """,
        {"p": program_id, "s": segment, "day": today},
    )
    tx.execute("delete from segments where program_id = %s and segment = %s", (program_id, segment))


def next_stretch(tx: Transaction, program_id: int, after: int, size: int) -> int | None:
    """The last of the next so many members after one; None when there is none."""
    row = tx.execute(
        """
        select max(member_id) from (
          select member_id from members where program_id = %s and member_id > %s
          order by member_id limit %s) m
        """,
        (program_id, after, size),
    ).fetchone()
    return row[0] if row else None


def record_stretch(
    tx: Transaction, program_id: int, found: Mapping[str, int], walked_to: int, today: date
) -> None:
    """How far these segments were looked through, and what more was found to be otherwise."""
    tx.execute(
        """
        update segments set walked_to = %(to)s, found = found + n.n, as_of = %(day)s
        from unnest(%(s)s::text[], %(n)s::bigint[]) as n (s, n)
        where program_id = %(p)s and segment = n.s
        """,
        {
            "p": program_id,
            "to": walked_to,
            "s": list(found),
            "n": list(found.values()),
            "day": today,
        },
    )


def record_day(tx: Transaction, program_id: int, today: date) -> None:
    """Segments were looked at for a day: should the clock be put back before it, they are built anew."""
    tx.execute(
        "update segments set as_of = %s where program_id = %s and as_of < %s", (today, program_id, today)
    )


def finish_pass(
    tx: Transaction, program_id: int, segments: Sequence[str], now: datetime, today: date
) -> None:
    """All members were looked at."""
    tx.execute(
        """
        update segments
        set built_at = coalesce(built_at, %(now)s), recounted_on = %(day)s, as_of = %(day)s,
            recount_found = case pass when 'recount' then found else 0 end, pass = null
        where program_id = %(p)s and segment = any(%(s)s)
        """,
        {"p": program_id, "now": now, "s": list(segments), "day": today},
    )


def take_touches(tx: Transaction, program_id: int, at_most: int) -> dict[int, frozenset[str]]:
    """Take members of whom something changed, and what; what changes from here on comes again."""
    rows = tx.execute(
        """
        with first as (
          select member_id, id from segment_touches where program_id = %s order by member_id, id limit %s
        )
        delete from segment_touches t using first s
        where t.program_id = %s and t.member_id = s.member_id and t.id = s.id returning t.member_id, t.what
        """,
        (program_id, at_most, program_id),
        prepare=True,
    ).fetchall()
    found: dict[int, set[str]] = {}
    for member, what in rows:
        found.setdefault(member, set()).add(what)
    return {member: frozenset(whats) for member, whats in found.items()}


def find_due(tx: Transaction, program_id: int, now: datetime, at_most: int) -> dict[int, frozenset[str]]:
    """Members whose time has come to be looked at again, and for which segments."""
    rows = tx.execute(
        """
        select member_id, segment from segment_checks
        where program_id = %s and next_check_at <= %s order by next_check_at limit %s
        """,
        (program_id, now, at_most),
        prepare=True,
    ).fetchall()
    found: dict[int, set[str]] = {}
    for member, segment in rows:
        found.setdefault(member, set()).add(segment)
    return {member: frozenset(segments) for member, segments in found.items()}


def record_touches(tx: Transaction, program_id: int, touched: Collection[tuple[int, str]]) -> None:
    """Say of members that something changed that segments read."""
    if touched:
        listed = sorted(touched)
        tx.execute(
            """
            insert into segment_touches (program_id, member_id, what)
            select %s, m, w from unnest(%s::text::bigint[], %s::text::text[]) as t (m, w)
            """,
            (program_id, numbers([member for member, _ in listed]), texts([what for _, what in listed])),
            prepare=True,
        )
