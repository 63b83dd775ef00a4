"""The figures of the overview: what was given, redeemed, owed, how fast, and by which step of the journey.

Sums come from rollups, written in the same commit as what they count. A rollup of days cannot tell one member
from another: of a span of days, and of a location, members are counted from their rewards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from guerdon.program.model import Program
from guerdon.store.database import Transaction, see_by_sets
from guerdon.values.delays import percentile


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of the program a reader looks at; days are inclusive, in the program's time zone.

    `into` is the money unit in which figures of several units are added up; None: unit by unit.
    """

    unit: str
    market: str | None = None
    first: date | None = None
    last: date | None = None
    into: str | None = None

    def terms(self, program: Program) -> dict[str, object]:
        """The cut as SQL's parameters."""
        zone = ZoneInfo(program.time_zone)
        start = datetime.combine(self.first, time.min, zone) if self.first else None
        end = datetime.combine(self.last + timedelta(days=1), time.min, zone) if self.last else None
        return {
            "unit": self.unit,
            "market": self.market,
            "first": self.first,
            "last": self.last,
            "start": start,
            "end": end,
            "rules": list(program.rules),
        }


@dataclass(frozen=True, slots=True)
class Sums:
    """Rewards given, refused and redeemed."""

    issued: int = 0
    issued_value: int = 0
    refused: int = 0
    redeemed: int = 0
    redeemed_value: int = 0
    redeemed_phone: int = 0
    redeemed_48h: int = 0


@dataclass(frozen=True, slots=True)
class Delays:
    """How long it took, as counts by class; a percentile is the upper bound of its class."""

    classes: tuple[tuple[int, int], ...]

    @property
    def n(self) -> int:
        """How many were measured."""
        return sum(n for _, n in self.classes)

    def within_ms(self, share: float) -> int | None:
        """The length within which this share of them was done."""
        return percentile(dict(self.classes), share)


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of event on the way; `went_on` counts members rewarded here and at the step `before`."""

    type: str
    before: str | None
    events: int
    members: int
    went_on: int
    members_before: int
    issued: int
    issued_value: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All figures of one cut."""

    sums: Sums
    members: int
    owed: int
    events: int
    reward_delays: Delays
    steps: tuple[Step, ...]
    first_day: date | None
    last_day: date | None


def load_overview(tx: Transaction, program: Program, cut: Cut) -> Overview:
    """Load all figures of a cut."""
    see_by_sets(tx)
    # They are few rows each: another process would take longer to begin than they take.
    tx.execute("set local max_parallel_workers_per_gather = 0")
    terms = cut.terms(program)
    by_rule = _sums_by_rule(tx, terms)
    by_type = _events_by_type(tx, terms)
    together = _members_by_rules(tx, terms)
    first_day, last_day = _days(tx, terms)
    return Overview(
        sums=_added(list(by_rule.values())),
        members=sum(n for mask, n in together.items() if mask),
        owed=_owed(tx, terms),
        events=sum(by_type.values()),
        reward_delays=load_delays(tx, terms, "reward"),
        steps=_steps(program, by_rule, by_type, together),
        first_day=first_day,
        last_day=last_day,
    )


def load_delays(tx: Transaction, terms: Mapping[str, object], stage: str) -> Delays:
    """How long members waited for a reward or a message."""
    rows = tx.execute(
        """
        select upto_ms, sum(n)::bigint from delays
        where stage = %(stage)s and (%(market)s::text is null or market = %(market)s)
          and (%(first)s::date is null or day >= %(first)s) and (%(last)s::date is null or day <= %(last)s)
        group by upto_ms order by upto_ms
        """,
        {**terms, "stage": stage},
    ).fetchall()
    return Delays(tuple((int(upto), int(n)) for upto, n in rows))


def _sums_by_rule(tx: Transaction, terms: Mapping[str, object]) -> dict[str, Sums]:
    rows = tx.execute(
        """
        select rule, sum(issued)::bigint, sum(issued_value)::bigint, sum(refused)::bigint,
               sum(redeemed)::bigint,
               sum(redeemed_value)::bigint, sum(redeemed_phone)::bigint, sum(redeemed_48h)::bigint
        from day_figures
        where unit = %(unit)s and (%(market)s::text is null or market = %(market)s)
          and (%(first)s::date is null or day >= %(first)s) and (%(last)s::date is null or day <= %(last)s)
        group by rule
        """,
        terms,
    ).fetchall()
    return {rule: Sums(*map(int, sums)) for rule, *sums in rows}


def _events_by_type(tx: Transaction, terms: Mapping[str, object]) -> dict[str, int]:
    rows = tx.execute(
        """
        select type, sum(events)::bigint from event_rollups
        where (%(market)s::text is null or market = %(market)s)
          and (%(first)s::date is null or day >= %(first)s) and (%(last)s::date is null or day <= %(last)s)
        group by type
        """,
        terms,
    ).fetchall()
    return {kind: int(n) for kind, n in rows}


def _members_by_rules(tx: Transaction, terms: Mapping[str, object]) -> dict[int, int]:
    """How many members were rewarded by which set of rules; bit n stands for the program's n-th rule."""
    rows = tx.execute(
        """
        with whole as (
          select sees_markets() and %(start)s::timestamptz is null and %(end)s::timestamptz is null as ever
        ),
        each_set as (
          select (select bit_or(1::bigint << coalesce(array_position(%(rules)s::text[], rule) - 1, 62))
                  from unnest(c.rules) rule) as mask, c.members
          from rewarded_members c
          where (select ever from whole) and c.unit = %(unit)s
            and (%(market)s::text is null or c.market = %(market)s)
          union all
          select mask, count(*) from (
            select r.member_id,
                   bit_or(1::bigint << coalesce(array_position(%(rules)s::text[], r.rule) - 1, 62)) as mask
            from rewards r
            where not (select ever from whole) and r.unit = %(unit)s
              and (%(start)s::timestamptz is null or r.happened_at >= %(start)s)
              and (%(end)s::timestamptz is null or r.happened_at < %(end)s)
              and (%(market)s::text is null or exists (
                select from members m
                where m.program_id = r.program_id and m.member_id = r.member_id and m.market = %(market)s))
            group by r.member_id
          ) each_member group by mask
        )
        select mask, sum(members)::bigint from each_set where members > 0 group by mask
        """,
        terms,
    ).fetchall()
    return {int(mask): int(n) for mask, n in rows}


def _owed(tx: Transaction, terms: Mapping[str, object]) -> int:
    row = tx.execute(
        """
        select coalesce(sum(a.posted), 0)::bigint from accounts a
        where a.name = 'purse' and a.unit = %(unit)s and (%(market)s::text is null or exists (
          select from members m
          where m.program_id = a.program_id and m.member_id = a.member_id and m.market = %(market)s))
        """,
        terms,
    ).fetchone()
    assert row is not None
    return int(row[0])


def _days(tx: Transaction, terms: Mapping[str, object]) -> tuple[date | None, date | None]:
    row = tx.execute(
        """
        select min(day), max(day) from day_figures
        where unit = %(unit)s and (%(market)s::text is null or market = %(market)s)
          and (%(first)s::date is null or day >= %(first)s) and (%(last)s::date is null or day <= %(last)s)
        """,
        terms,
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _added(sums: Sequence[Sums]) -> Sums:
    return Sums(
        issued=sum(s.issued for s in sums),
        issued_value=sum(s.issued_value for s in sums),
        refused=sum(s.refused for s in sums),
        redeemed=sum(s.redeemed for s in sums),
        redeemed_value=sum(s.redeemed_value for s in sums),
        redeemed_phone=sum(s.redeemed_phone for s in sums),
        redeemed_48h=sum(s.redeemed_48h for s in sums),
    )


def _steps(
    program: Program, by_rule: Mapping[str, Sums], by_type: Mapping[str, int], together: Mapping[int, int]
) -> tuple[Step, ...]:
    steps: list[Step] = []
    before, kind_before = 0, None
    for kind in program.events:
        rules = [rule.key for rule in program.rules.values() if rule.when == kind and rule.reward]
        sums = _added([by_rule[key] for key in rules if key in by_rule])
        bits = sum(1 << list(program.rules).index(key) for key in rules)
        steps.append(
            Step(
                type=kind,
                before=kind_before,
                events=by_type.get(kind, 0),
                members=_rewarded(together, bits),
                went_on=sum(n for mask, n in together.items() if mask & bits and mask & before),
                members_before=_rewarded(together, before),
                issued=sums.issued,
                issued_value=sums.issued_value,
            )
        )
        if bits:
            before, kind_before = bits, kind
    return tuple(steps)


def _rewarded(together: Mapping[int, int], bits: int) -> int:
    """How many members were rewarded by any of these rules."""
    return sum(n for mask, n in together.items() if mask & bits)
