"""What a batch leaves behind, a table at a time: lines by COPY, balances and figures by one upsert each.

The lines of events, transfers, rewards and outbox come ready in COPY's text form, because a batch of a
thousand is mostly this.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from psycopg import sql

from guerdon.store.arrays import days, numbers, texts
from guerdon.store.database import Cursor, Transaction

# What a line of each table holds, in this order.
LINES = {
    "events": "program_id, member_id, id, type, source, external_id, market, location, version, outcome,"
    " data, decision, happened_at, recorded_at, decided_at",
    "transfers": "program_id, member_id, id, event_id, from_account, to_account, unit, amount,"
    " happened_at, recorded_at",
    "rewards": "program_id, member_id, id, event_id, rule, unit, value, remaining, payer, reference, state,"
    " happened_at, issued_at, available_at, expires_at",
    "outbox": "program_id, member_id, id, event_id, reward_id, message, channel, created_at, next_at",
}

PurseKey = tuple[int, str, str]
FigureKey = tuple[date, str, str, str, str]
EventKey = tuple[date, str, str]
DelayKey = tuple[date, str, int]


def line(*cells: object) -> str:
    """A line of COPY from the cells of a row, in the order of `LINES`; None is NULL.

    Cells are numbers, keys of the program and instants; what came from outside goes through `copied`.
    """
    return "\t".join(["\\N" if cell is None else str(cell) for cell in cells]) + "\n"


def copied(text: str) -> str:
    """A text from outside, or JSON, as COPY wants it."""
    if "\\" in text or not text.isprintable():
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


def record_lines(
    tx: Transaction,
    events: Sequence[str],
    transfers: Sequence[str],
    rewards: Sequence[str],
    outbox: Sequence[str],
) -> None:
    """Write the lines of each table that has any."""
    given = {"events": events, "transfers": transfers, "rewards": rewards, "outbox": outbox}
    bound = tx.execute("select row_security_active('events')", prepare=True).fetchone() == (True,)
    with tx.cursor() as cursor:
        for table, lines in given.items():
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


def record_purses(tx: Transaction, program_id: int, changes: Mapping[PurseKey, int]) -> None:
    """Add to members' accounts, opening those that are new: (member, account, unit) -> change."""
    if not changes:
        return
    keys = sorted(changes)
    tx.execute(
        """
        insert into accounts (program_id, member_id, name, unit, posted)
        select %s, m, n, u, p
        from unnest(%s::text::bigint[], %s::text::text[], %s::text::text[], %s::text::bigint[])
          as a (m, n, u, p)
        on conflict (program_id, member_id, name, unit) do update set posted = accounts.posted + excluded.posted
        """,
        (
            program_id,
            numbers([k[0] for k in keys]),
            texts([k[1] for k in keys]),
            texts([k[2] for k in keys]),
            numbers([changes[k] for k in keys]),
        ),
        prepare=True,
    )


def record_allowances(
    tx: Transaction, program_id: int, used: Mapping[tuple[int, str, date], int], ceilings: Mapping[str, int]
) -> None:
    """Use up members' limits; the table's check refuses what would pass a ceiling, whoever asks."""
    if not used:
        return
    keys = sorted(used)
    tx.execute(
        """
        insert into allowances (program_id, member_id, name, period, used, ceiling)
        select %s, m, n, d, u, c
        from unnest(%s::text::bigint[], %s::text::text[], %s::text::date[], %s::text::bigint[],
                    %s::text::bigint[])
          as a (m, n, d, u, c)
        on conflict (program_id, member_id, name, period) do update
        set used = allowances.used + excluded.used, ceiling = greatest(excluded.ceiling, allowances.used)
        """,
        (
            program_id,
            numbers([k[0] for k in keys]),
            texts([k[1] for k in keys]),
            days([k[2] for k in keys]),
            numbers([used[k] for k in keys]),
            numbers([ceilings[k[1]] for k in keys]),
        ),
        prepare=True,
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
