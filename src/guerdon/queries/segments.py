"""Segments on screens: how large they are and were, and who is in them, as far as one may see.

Sizes are by market, so whoever sees only a location is told none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from guerdon.program.model import Program, Segment
from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a segment is: when it was built (None: it is being built), and when all was counted again."""

    built_at: datetime | None
    recounted_on: date | None


@dataclass(frozen=True, slots=True)
class SegmentMember:
    """A member of a segment."""

    member_id: int
    market: str
    location: str | None
    since: datetime


def list_standings(tx: Transaction) -> dict[str, Standing]:
    """How far each segment of the program is."""
    rows = tx.execute(
        """
        select segment, built_at, recounted_on from segments
        where program_id = (select this_program()) and not removed
        """
    ).fetchall()
    return {row[0]: Standing(row[1], row[2]) for row in rows}


def load_sizes(tx: Transaction, market: str | None = None) -> dict[str, dict[str, int]]:
    """How large each segment is, by market."""
    rows = tx.execute(
        """
        select distinct on (segment, market) segment, market, n from segment_sizes
        where program_id = (select this_program()) and (%(market)s::text is null or market = %(market)s)
        order by segment, market, day desc
        """,
        {"market": market},
    ).fetchall()
    found: dict[str, dict[str, int]] = {}
    for segment, where, n in rows:
        found.setdefault(segment, {})[where] = int(n)
    return found


def count_members(tx: Transaction, market: str | None = None) -> int:
    """How many members there are: what shares are shares of."""
    row = tx.execute(
        """
        select count(*) from members
        where program_id = (select this_program()) and (%(market)s::text is null or market = %(market)s)
        """,
        {"market": market},
    ).fetchone()
    assert row is not None
    return int(row[0])


def load_history(
    tx: Transaction, segment: str, market: str | None, days: tuple[date, date]
) -> list[tuple[date, int]]:
    """How large a segment was at the end of each day; from its first day on, if that is later."""
    first, last = days
    rows = tx.execute(
        """
        select market, day, n from segment_sizes
        where program_id = (select this_program()) and segment = %(segment)s
          and (%(market)s::text is null or market = %(market)s) and day <= %(last)s
        order by day, market
        """,
        {"segment": segment, "market": market, "last": last},
    ).fetchall()
    return _by_day([(row[0], row[1], int(row[2])) for row in rows], first, last)


def _by_day(changes: Sequence[tuple[str, date, int]], first: date, last: date) -> list[tuple[date, int]]:
    if not changes:
        return []
    now: dict[str, int] = {}
    sums: dict[date, int] = {}
    for market, day, n in changes:
        now[market] = n
        sums[day] = sum(now.values())
    began = min(sums)
    size = next((sums[day] for day in sorted(sums, reverse=True) if day <= first), 0)
    found = []
    for n in range((last - max(first, began)).days + 1):
        day = max(first, began) + timedelta(days=n)
        size = sums.get(day, size)
        found.append((day, size))
    return found


def list_segment_members(
    tx: Transaction, segment: str, limit: int, after: int | None = None, market: str | None = None
) -> list[SegmentMember]:
    """Members of a segment, those who joined last first."""
    rows = tx.execute(
        """
        select s.member_id, s.market, m.location, s.since
        from segment_members s join members m using (program_id, member_id)
        where s.program_id = (select this_program()) and s.segment = %(segment)s
          and (%(after)s::bigint is null or s.member_id < %(after)s)
          and (%(market)s::text is null or s.market = %(market)s)
        order by s.member_id desc limit %(limit)s
        """,
        {"segment": segment, "after": after, "market": market, "limit": limit},
    ).fetchall()
    return [SegmentMember(*row) for row in rows]


def total(sizes: Mapping[str, int]) -> int:
    """All markets together."""
    return sum(sizes.values())


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """A segment with its size; None: it is being counted, or not for this reader."""

    segment: Segment
    size: int | None
    markets: Sequence[tuple[str, int]]
    building: bool


def load_lines(tx: Transaction, program: Program, market: str | None = None) -> dict[str, object]:
    """The segments of the live version, the largest first, and how many members there are."""
    standings, sizes = list_standings(tx), load_sizes(tx, market)
    seen = tx.execute("select whole_program() or cardinality(this_markets()) > 0").fetchone() == (True,)
    lines = []
    for each in program.segments.values():
        built = each.key in standings and standings[each.key].built_at is not None
        found = {market: n for market, n in sizes.get(each.key, {}).items() if n and built}
        by_market = sorted(found.items(), key=lambda size: (-size[1], size[0]))
        lines.append(SegmentLine(each, total(found) if built and seen else None, by_market, not built))
    ordered = sorted(lines, key=lambda line: -(line.size or 0))
    return {"lines": ordered, "members": count_members(tx, market)}
