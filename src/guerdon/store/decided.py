"""What a batch leaves behind, a table at a time: lines by COPY, balances and figures by one upsert each.

The lines of events, transfers, rewards and outbox come ready in COPY's text form, because a batch of a
thousand is mostly this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from psycopg import sql

from guerdon.ledger.chart import PURSE
from guerdon.store.arrays import days, numbers, texts
from guerdon.store.database import Cursor, Transaction

# What a line of each table holds, in this order.
LINES = {
    "events": "program_id, member_id, id, type, source, external_id, market, location, version, outcome,"
    " data, decision, happened_at, recorded_at, decided_at, state, facts",
    "transfers": "program_id, member_id, id, event_id, from_account, to_account, unit, amount,"
    " happened_at, recorded_at",
    "rewards": "program_id, member_id, id, event_id, rule, unit, value, remaining, payer, reference, state,"
    " happened_at, issued_at, available_at, expires_at",
    "draws": "program_id, member_id, transfer_id, reward_id, amount, recorded_at",
    "outbox": "program_id, member_id, id, event_id, reward_id, message, channel, created_at, next_at",
    "allowances": "program_id, member_id, name, period, used, ceiling",
}

# A member, and a unit.
PurseKey = tuple[int, str]
FigureKey = tuple[date, str, str, str, str]
EventKey = tuple[date, str, str]
DelayKey = tuple[date, str, int]
# Member, unit, reward.
GivenKey = tuple[int, str, int]
# Why an amount was given, or why nothing was: see schema/0062.
Cause = Literal["rule", "people", "budget"]
# Day, location, market.
PlaceKey = tuple[date, str, str]
# Day, location, market, rule, unit, value, cause.
GiftKey = tuple[date, str, str, str, str, int, Cause]


# How COPY writes what is not there.
NULL = "\\N"


def line(*cells: object) -> str:
    """A line of COPY from the cells of a row, in the order of `LINES`; None is NULL.

    Cells are numbers, keys of the program and instants; what came from outside goes through `copied`.
    """
    return "\t".join([NULL if cell is None else str(cell) for cell in cells]) + "\n"


def copied(text: str) -> str:
    """A text from outside, or JSON, as COPY wants it."""
    if "\\" in text or not text.isprintable():
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


def record_lines(tx: Transaction, given: Mapping[str, Sequence[str]]) -> None:
    """Write the lines of each table that has any, in the order of `LINES`."""
    bound = tx.execute("select row_security_active('events')", prepare=True).fetchone() == (True,)
    with tx.cursor() as cursor:
        for table in LINES:
            lines = given.get(table)
            if lines:
                (_insert_lines if bound else _copy_lines)(cursor, table, "".join(lines))


def _copy_lines(cursor: Cursor, table: str, lines: str) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.SQL(table), sql.SQL(LINES[table]))
    with cursor.copy(statement) as copy:
        copy.write(lines)


def _insert_lines(cursor: Cursor, table: str, lines: str) -> None:
    """The same by way of a table of our own.

    Row security forbids COPY, and some hosts exempt nobody from it.
    """
    into, columns = sql.SQL(table), sql.SQL(LINES[table])
    cursor.execute(
        sql.SQL("create temp table aside on commit drop as select {} from {} with no data").format(
            columns, into
        )
    )
    with cursor.copy("copy aside from stdin") as copy:
        copy.write(lines)
    cursor.execute(sql.SQL("insert into {} ({}) select {} from aside").format(into, columns, columns))
    cursor.execute("drop table aside")


@dataclass(slots=True)
class PurseChange:
    """By how much a member has, awaits and owes more or less of a unit."""

    posted: int = 0
    pending: int = 0
    debt: int = 0

    @property
    def grows(self) -> bool:
        """Whether nothing of it is less than before: then it may open a purse that is not there yet."""
        return self.posted >= 0 and self.pending >= 0 and self.debt >= 0


def record_purses(
    tx: Transaction, program_id: int, changes: Mapping[PurseKey, PurseChange], at: datetime
) -> None:
    """Add to members' purses, opening those that are new: (member, unit) -> change.

    The table refuses what would overspend one, or leave something to spend beside a debt.
    """
    grown = sorted(key for key, change in changes.items() if change.grows)
    if grown:
        tx.execute(
            """
            insert into accounts (program_id, member_id, name, unit, posted, pending, debt, active_at)
            select %s, m, %s, u, p, w, d, %s
            from unnest(%s::text::bigint[], %s::text::text[], %s::text::bigint[], %s::text::bigint[],
                        %s::text::bigint[])
              as a (m, u, p, w, d)
            on conflict (program_id, member_id, name, unit) do update
            set posted = accounts.posted + excluded.posted, pending = accounts.pending + excluded.pending,
                debt = accounts.debt + excluded.debt, active_at = excluded.active_at
            """,
            (program_id, PURSE, at, *_purse_columns(grown, changes)),
            prepare=True,
        )
    # A row proposed below zero would be refused before it found the one that is there.
    shrunk = sorted(key for key, change in changes.items() if not change.grows)
    if shrunk:
        settled = tx.execute(
            """
            update accounts a
            set posted = a.posted + c.p, pending = a.pending + c.w, debt = a.debt + c.d, active_at = %s
            from unnest(%s::text::bigint[], %s::text::text[], %s::text::bigint[], %s::text::bigint[],
                        %s::text::bigint[])
              as c (m, u, p, w, d)
            where a.program_id = %s and a.member_id = c.m and a.name = %s and a.unit = c.u
            """,
            (at, *_purse_columns(shrunk, changes), program_id, PURSE),
        )
        assert settled.rowcount == len(shrunk), "value was taken out of a purse that is not there"


def _purse_columns(keys: Sequence[PurseKey], changes: Mapping[PurseKey, PurseChange]) -> tuple[str, ...]:
    return (
        numbers([member for member, _ in keys]),
        texts([unit for _, unit in keys]),
        numbers([changes[key].posted for key in keys]),
        numbers([changes[key].pending for key in keys]),
        numbers([changes[key].debt for key in keys]),
    )


def record_figures(tx: Transaction, program_id: int, figures: Mapping[FigureKey, Sequence[int]]) -> None:
    """Add to the rollups: (day, market, location, rule, unit) -> (issued, issued_value, refused)."""
    if not figures:
        return
    keys = sorted(figures)
    tx.execute(
        """
        insert into rollups (program_id, day, market, location, rule, unit, issued, issued_value, refused)
        select %s, f.* from unnest(
          %s::text::date[], %s::text::text[], %s::text::text[], %s::text::text[], %s::text::text[],
          %s::text::bigint[], %s::text::bigint[], %s::text::bigint[]) as f
        on conflict (program_id, day, market, location, rule, unit) do update
        set issued = rollups.issued + excluded.issued,
            issued_value = rollups.issued_value + excluded.issued_value,
            refused = rollups.refused + excluded.refused
        """,
        (
            program_id,
            days([k[0] for k in keys]),
            *map(texts, zip(*(k[1:] for k in keys), strict=True)),
            *(numbers([figures[k][n] for k in keys]) for n in range(3)),
        ),
        prepare=True,
    )


def record_rewarded(tx: Transaction, program_id: int, given: Sequence[GivenKey]) -> None:
    """Count members by the rules that ever rewarded them, once their new rewards are written.

    Whom a rule rewards for the first time goes from one set of rules to another.
    """
    if not given:
        return
    tx.execute(
        """
        insert into rewarded_members as c (program_id, market, unit, rules, members)
        select %(program)s, e.market, e.unit, s.rules, sum(s.n)
        from (
          select m.market, r.unit, array_agg(distinct r.rule order by r.rule) as rules,
                 array_agg(distinct r.rule order by r.rule)
                   filter (where r.id not in (select unnest(%(rewards)s::text::bigint[]))) as before
          from (select distinct member_id, unit
                from unnest(%(members)s::text::bigint[], %(units)s::text::text[]) as g (member_id, unit)) g
          join members m on m.program_id = %(program)s and m.member_id = g.member_id
          join rewards r on r.program_id = %(program)s and r.member_id = g.member_id and r.unit = g.unit
          group by m.member_id, m.market, r.unit
        ) e
        cross join lateral (values (e.rules, 1), (e.before, -1)) s (rules, n)
        where e.before is distinct from e.rules and s.rules is not null
        group by e.market, e.unit, s.rules
        order by e.market, e.unit, s.rules
        on conflict (program_id, market, unit, rules) do update set members = c.members + excluded.members
        """,
        {
            "program": program_id,
            "members": numbers([member for member, _, _ in given]),
            "units": texts([unit for _, unit, _ in given]),
            "rewards": numbers([reward for _, _, reward in given]),
        },
        prepare=True,
    )


def record_event_figures(tx: Transaction, program_id: int, figures: Mapping[EventKey, int]) -> None:
    """Count events: (day, market, type) -> events."""
    if not figures:
        return
    keys = sorted(figures)
    tx.execute(
        """
        insert into event_rollups (program_id, day, market, type, events)
        select %s, f.* from unnest(%s::date[], %s::text[], %s::text[], %s::bigint[]) as f
        on conflict (program_id, day, market, type) do update
        set events = event_rollups.events + excluded.events
        """,
        (program_id, *([k[n] for k in keys] for n in range(3)), [figures[k] for k in keys]),
        prepare=True,
    )


def record_places(tx: Transaction, program_id: int, figures: Mapping[PlaceKey, Sequence[int]]) -> None:
    """Count what locations sent: (day, location, market) -> (events, rewards taken back)."""
    if not figures:
        return
    keys = sorted(figures)
    tx.execute(
        """
        insert into location_days (program_id, day, location, market, events, reversed)
        select %s, f.* from unnest(%s::text::date[], %s::text::text[], %s::text::text[],
                                   %s::text::bigint[], %s::text::bigint[]) as f
        on conflict (program_id, day, location, market) do update
        set events = location_days.events + excluded.events,
            reversed = location_days.reversed + excluded.reversed
        """,
        (
            program_id,
            days([k[0] for k in keys]),
            *map(texts, zip(*(k[1:3] for k in keys), strict=True)),
            *(numbers([figures[k][n] for k in keys]) for n in range(2)),
        ),
        prepare=True,
    )


def record_gifts(tx: Transaction, program_id: int, version: int, gifts: Mapping[GiftKey, int]) -> None:
    """Count amounts that rules gave at locations, by their week."""
    if not gifts:
        return
    weeks: dict[GiftKey, int] = {}
    for (day, location, market, rule, unit, value, cause), n in gifts.items():
        key = (day - timedelta(days=day.weekday()), location, market, rule, unit, value, cause)
        weeks[key] = weeks.get(key, 0) + n
    keys = sorted(weeks)
    tx.execute(
        """
        insert into location_gifts (program_id, version, week, location, market, rule, unit, value, cause, n)
        select %s, %s, f.* from unnest(
          %s::text::date[], %s::text::text[], %s::text::text[], %s::text::text[], %s::text::text[],
          %s::text::bigint[], %s::text::text[], %s::text::bigint[]) as f
        on conflict (program_id, week, rule, location, market, unit, value, version, cause) do update
        set n = location_gifts.n + excluded.n
        """,
        (
            program_id,
            version,
            days([k[0] for k in keys]),
            *map(texts, zip(*(k[1:5] for k in keys), strict=True)),
            numbers([k[5] for k in keys]),
            texts([k[6] for k in keys]),
            numbers([weeks[k] for k in keys]),
        ),
        prepare=True,
    )


def record_delays(tx: Transaction, program_id: int, stage: str, delays: Mapping[DelayKey, int]) -> None:
    """Count how long members waited: (day, market, class's upper bound in ms) -> n."""
    if not delays:
        return
    keys = sorted(delays)
    tx.execute(
        """
        insert into delays (program_id, day, market, stage, upto_ms, n)
        select %s, d, m, %s, u, n
        from unnest(%s::date[], %s::text[], %s::int[], %s::bigint[]) as f (d, m, u, n)
        on conflict (program_id, day, market, stage, upto_ms) do update set n = delays.n + excluded.n
        """,
        (program_id, stage, *([k[n] for k in keys] for n in range(3)), [delays[k] for k in keys]),
        prepare=True,
    )


def notify(tx: Transaction, channel: str, program_id: int) -> None:
    """Wake who listens on a channel, once this transaction commits."""
    tx.execute("select pg_notify(%s, %s)", (channel, str(program_id)))
