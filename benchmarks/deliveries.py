"""Milliseconds of the delivery page's questions with 500,000 rewards, and a turn of following 10,000 changes.

The marks are written by SQL (`deliveries.sql`) as following would leave them, over 13 weeks, and counted by
what counts them in service. Each question is asked as the page asks it, under the row security of whoever
reads: all of the program, one rule, one location, a dealer's part.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from zoneinfo import ZoneInfo

import psycopg
from bench_frame import options_of, print_measured
from bench_program import published

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.cli.installation import Installation
from guerdon.engine.deliveries.following import follow_deliveries
from guerdon.engine.deliveries.reading import monday, read_deliveries, times_of
from guerdon.engine.deliveries.watching import LATE, watch_deliveries
from guerdon.engine.library import Library
from guerdon.program.model import Program
from guerdon.queries.alarms import list_alarms
from guerdon.queries.deliveries.before import load_before
from guerdon.queries.deliveries.declined import count_declined
from guerdon.queries.deliveries.figures import Asked
from guerdon.queries.deliveries.places import load_slowest
from guerdon.queries.deliveries.totals import load_totals
from guerdon.queries.deliveries.underway import Part
from guerdon.store.database import Connection, transaction
from guerdon.store.deliveries.counts import count_ended
from guerdon.store.sealing import Vault
from guerdon.suppliers.wired import documented_paces
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS

FILL, CHANGE = (
    (Path(__file__).with_name(f"deliveries{name}.sql")).read_text(encoding="utf-8")
    for name in ("", "_changes")
)
AT_ONCE = 100_000_000
WEEKS, ROWS_SHOWN, ALARMS_SHOWN = 13, 20, 10


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("deliveries")
    parser.add_argument("--rewards", type=int, default=500_000)
    parser.add_argument("--changes", type=int, default=10_000, help="half of them rewards, half orders")
    parser.add_argument("--rounds", type=int, default=40, help="how often each page is asked for")
    return print_measured(parser.parse_args(), _measure)


def _measure(opened: Installation, args: argparse.Namespace) -> dict[str, object]:
    program_id, program = published(opened)
    now = utc_now()
    began = time.monotonic()
    _write(opened, FILL, _terms(program, program_id, now, args.rewards))
    filled_s = time.monotonic() - began
    library = Library(Vault(opened.settings.secret), MAPPERS)
    with opened.connect("worker") as db:
        began = time.monotonic()
        counted = _count(db, program_id, program)
        counted_s = time.monotonic() - began
        watch_deliveries(db, library, now, documented_paces())
    with opened.connect("owner") as db:
        db.execute("set role none")
        db.execute("vacuum analyze")
    pages = _pages(opened, (program_id, program), now, args.rounds)
    _write(opened, CHANGE, _terms(program, program_id, now, args.changes // 2))
    with opened.connect("worker") as db:
        began = time.monotonic()
        taken = follow_deliveries(db, library, now + timedelta(minutes=1))
        followed_s = time.monotonic() - began
        began = time.monotonic()
        watch_deliveries(db, library, now + timedelta(minutes=1), documented_paces())
        watched_s = time.monotonic() - began
    assert taken == args.changes // 2 * 2, taken
    return {
        "rewards": args.rewards,
        "marks": counted,
        "fill_s": round(filled_s, 1),
        "count_s": round(counted_s, 1),
        "page_ms": pages,
        "follow": {
            "changes": taken,
            "seconds": round(followed_s, 2),
            "per_s": round(taken / followed_s),
            "watch_s": round(watched_s, 2),
        },
    }


def _terms(program: Program, program_id: int, now: datetime, rewards: int) -> dict[str, object]:
    places = list(program.locations.values())
    return {
        "p": program_id,
        "n": rewards,
        "now": now,
        "rules": list(program.rules),
        "places": [place.key for place in places],
        "markets": [place.market for place in places],
        "suppliers": ["pool", "manual", "runa", "tremendous"],
    }


def _write(opened: Installation, text: str, terms: Mapping[str, object]) -> None:
    """Write rows as they would stand, past triggers: whatever makes them is measured by itself."""
    with opened.connect("owner") as db, db.transaction():
        db.execute("set local role none")
        db.execute("set local session_replication_role = replica")
        db.execute("set local statement_timeout = 0")
        for statement in text.split(";\n"):
            if statement.strip():
                psycopg.ClientCursor(db).execute(statement.encode(), terms)


def _count(db: Connection, program_id: int, program: Program) -> int:
    """All at once: in parts, as in service, a mark costs more, and that is measured with the changes."""
    with transaction(db, program_id) as tx:
        tx.execute("set local statement_timeout = 0")
        tx.execute("set local work_mem = '256MB'")
        return count_ended(tx, program_id, program.time_zone, program.deliveries, most=AT_ONCE)


def _pages(
    opened: Installation, whose: tuple[int, Program], now: datetime, rounds: int
) -> dict[str, dict[str, float]]:
    """What the page asks, in one transaction as it does, by who asks and for what."""
    program = whose[1]
    zone = ZoneInfo(program.time_zone)
    last = monday(now.astimezone(zone).date())
    first = last - timedelta(weeks=WEEKS - 1)
    place = next(iter(program.locations.values()))
    rule = next(iter(program.rules))
    asked = {
        "whole": Asked("whole", first, last),
        "given": Asked("given", first, last),
        "rule": Asked("whole", first, last, Part(rule=rule)),
        "location": Asked("whole", first, last, Part(location=place.key)),
        "supplier": Asked("whole", first, last, Part(supplier="runa")),
        "year": Asked("whole", last - timedelta(weeks=51), last),
        "market's": Asked("whole", first, last, scope=Scope(markets=(place.market,))),
        "dealer's": Asked("whole", first, last, scope=Scope(locations=(place.key,))),
    }
    found = {}
    for name, each in asked.items():
        took = []
        with opened.connect("web") as db:
            for _ in range(3):
                _ask(db, whose, each, now)
            cpu = _cpu_s(db)
            for _ in range(rounds):
                began = time.perf_counter()
                _ask(db, whose, each, now)
                took.append((time.perf_counter() - began) * 1000)
            cpu = _cpu_s(db) - cpu
        found[name] = {
            "p50": round(median(took), 1),
            "p95": round(quantiles(took, n=20)[-1], 1),
            "cpu": round(cpu * 1000 / rounds, 1),
        }
    return found


def _cpu_s(db: Connection) -> float:
    """Seconds that this process and the connection's own in the database have worked, whatever others do."""
    fields = Path(f"/proc/{db.info.backend_pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ask(db: Connection, whose: tuple[int, Program], asked: Asked, now: datetime) -> None:
    program_id, program = whose
    scope = None if asked.scope == WHOLE_PROGRAM else asked.scope
    begin, end = times_of(asked.first, asked.last, ZoneInfo(program.time_zone))
    with transaction(db, program_id, scope=scope) as tx:
        read = read_deliveries(tx, program, asked, now, documented_paces())
        load_slowest(tx, asked, read.rules, read.counted, now, ROWS_SHOWN)
        load_totals(tx, asked.first, asked.last, asked.scope)
        load_before(tx, asked.part)
        count_declined(tx, asked.part, begin, end)
        list_alarms(tx, ALARMS_SHOWN, kinds=(LATE,), only_open=True)


if __name__ == "__main__":
    sys.exit(main())
