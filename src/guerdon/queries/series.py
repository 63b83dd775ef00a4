"""What was given and what of it is redeemed, by when it was earned: by minutes, later by days, then weeks.

Days and weeks come from rollups. A span of a day or two is read from the rewards themselves, which carry
the time. A redemption counts at the time of the event that earned its reward, so no point of the series can
have more redeemed than given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from guerdon.program.model import Program
from guerdon.queries.overview import Cut
from guerdon.store.database import Transaction

Pace = Literal["minute", "hour", "day", "week"]
DAYS_BY_DAY_MAX = 62
DAYS_BY_TIME_MAX = 2
POINTS_MAX = 80
_MINUTE_STEPS = (1, 5, 15)


@dataclass(frozen=True, slots=True)
class Point:
    """One step of time: its start, what was given for its events, and what of that is redeemed by now."""

    at: datetime
    issued: int
    redeemed: int


@dataclass(frozen=True, slots=True)
class Series:
    """Points in order, without gaps, and how long a step is."""

    pace: Pace
    points: tuple[Point, ...]


def load_series(tx: Transaction, program: Program, cut: Cut, now: datetime) -> Series:
    """Load what was given for the events of each step of time, and what of it is redeemed by now."""
    zone = ZoneInfo(program.time_zone)
    terms = cut.terms(program)
    by_day = _by_day(tx, terms)
    if not by_day:
        return Series("day", ())
    first = cut.first or min(by_day)
    last = max(cut.last or now.astimezone(zone).date(), *by_day)
    if (last - first).days < DAYS_BY_TIME_MAX:
        return _by_time(tx, terms, zone, now)
    if (last - first).days < DAYS_BY_DAY_MAX:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return Series("day", tuple(_point(d, [d], by_day, zone) for d in days))
    monday = first - timedelta(days=first.weekday())
    weeks = [monday + timedelta(days=7 * n) for n in range((last - monday).days // 7 + 1)]
    return Series(
        "week", tuple(_point(w, [w + timedelta(days=n) for n in range(7)], by_day, zone) for w in weeks)
    )


def _point(start: date, days: list[date], by_day: Mapping[date, tuple[int, int]], zone: ZoneInfo) -> Point:
    found = [by_day[day] for day in days if day in by_day]
    at = datetime.combine(start, time.min, zone)
    return Point(at, sum(issued for issued, _ in found), sum(redeemed for _, redeemed in found))


def _by_day(tx: Transaction, terms: Mapping[str, object]) -> dict[date, tuple[int, int]]:
    rows = tx.execute(
        """
        select day, sum(issued_value)::bigint, sum(redeemed_value)::bigint from day_figures
        where unit = %(unit)s and (%(market)s::text is null or market = %(market)s)
          and (%(first)s::date is null or day >= %(first)s) and (%(last)s::date is null or day <= %(last)s)
        group by day
        """,
        terms,
    ).fetchall()
    return {day: (int(issued), int(redeemed)) for day, issued, redeemed in rows}


def _by_time(tx: Transaction, terms: Mapping[str, object], zone: ZoneInfo, now: datetime) -> Series:
    rows = tx.execute(
        """
        select date_trunc('minute', r.happened_at) as minute, sum(r.value)::bigint,
               -- As the figures of days count it: for items, not for a debt or out of a balance.
               coalesce(sum(r.value) filter (where r.redeemed_at is not null and exists (
                 select from orders o
                 left join order_parts p
                   on p.program_id = o.program_id and p.member_id = o.member_id and p.order_id = o.id
                 where o.program_id = r.program_id and o.member_id = r.member_id
                   and coalesce(p.reward_id, o.reward_id) = r.id and o.canceled_at is null)), 0)::bigint
        from rewards r
        where r.unit = %(unit)s
          and (%(start)s::timestamptz is null or r.happened_at >= %(start)s)
          and (%(end)s::timestamptz is null or r.happened_at < %(end)s)
          and (%(market)s::text is null or exists (
            select from members m
            where m.program_id = r.program_id and m.member_id = r.member_id and m.market = %(market)s))
        group by 1
        """,
        terms,
    ).fetchall()
    if not rows:
        return Series("minute", ())
    end = terms["end"]
    horizon = min(now, end - timedelta(minutes=1)) if isinstance(end, datetime) else now
    first, last = min(row[0] for row in rows), max(horizon, *(row[0] for row in rows))
    minutes = _step_minutes(int((last - first).total_seconds() // 60) + 1)
    step_s = minutes * 60
    sums: dict[int, list[int]] = {}
    for minute, issued, redeemed in rows:
        found = sums.setdefault(int(minute.timestamp()) // step_s, [0, 0])
        found[0] += int(issued)
        found[1] += int(redeemed)
    steps = range(int(first.timestamp()) // step_s, int(last.timestamp()) // step_s + 1)
    points = tuple(Point(datetime.fromtimestamp(n * step_s, zone), *sums.get(n, [0, 0])) for n in steps)
    return Series("minute" if minutes < 60 else "hour", points)


def _step_minutes(span: int) -> int:
    return next((minutes for minutes in _MINUTE_STEPS if span / minutes <= POINTS_MAX), 60)
