"""Events per second from signed request to committed effects, beside the floor: the same rows written bare.

200,000 events, 100 a request, 425,000 members, fsync on, everything (sender, web, worker, PostgreSQL)
on this machine. The floor is the very same rows, written afterwards in the same run by COPY on one
connection into tables of the same shape: what no system that keeps these rows in this database could
beat.
"""

import argparse
import sys
import threading
import time
from pathlib import Path

from bench_frame import options_of, print_result
from bench_house import House, house
from bench_load import make_bodies, send_all
from psycopg import sql

from guerdon.store.database import Connection

EFFECT_TABLES = ("events", "transfers", "rewards", "outbox")
ALL_TABLES = ("event_keys", "deliveries", *EFFECT_TABLES, "accounts", "allowances", "rollups")
DRAIN_S_MAX = 600


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("process")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--members", type=int, default=425_000)
    parser.add_argument("--per-request", type=int, default=100)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    with house(args.members) as where:
        result = _measure(where, args)
    return print_result(args, result)


def _measure(where: House, args: argparse.Namespace) -> dict[str, object]:
    settings = where.opened.settings
    where.parts.start("web", ["-m", "guerdon", "web"])
    assert where.parts.wait_until_answers(f"http://{settings.host}:{settings.port}/", 60)
    for n in range(args.workers):
        where.parts.start(f"worker {n + 1}", ["-m", "guerdon", "worker", "--only", "process"])
    with where.opened.connect("owner") as db:
        db.execute("set role none")
        # The first hundred requests are not counted: they fill caches and prepare statements.
        send_all(where, make_bodies(where, 10_000, args.per_request, seed=1), args.connections)
        _wait_until_drained(db)
        bodies = make_bodies(where, args.events, args.per_request, seed=2)
        before = _counts(db)
        cpu = _cpu(where)
        started = time.monotonic()
        sender = threading.Thread(target=send_all, args=(where, bodies, args.connections))
        sender.start()
        sender.join()
        accepted_s = time.monotonic() - started
        _wait_until_drained(db)
        seconds = time.monotonic() - started
        after = _counts(db)
        floor = _floor(db)
        used = {name: round(s - cpu.get(name, 0), 1) for name, s in _cpu(where).items()}
    decided = after["events"] - before["events"]
    assert decided == args.events, f"{args.events} were sent, {decided} decided"
    effects = sum(after[t] - before[t] for t in EFFECT_TABLES if t != "events")
    return {
        "events_per_s": round(args.events / seconds),
        "ratio_to_floor": round(args.events / seconds / floor, 3),
        "floor_events_per_s": round(floor),
        "effect_rows_per_event": round(effects / args.events, 2),
        "stages": {
            "accepted_events_per_s": round(args.events / accepted_s),
            "seconds": round(seconds, 2),
            "cpu_s": used,
        },
        "rss_worker_mb": max(
            _peak_mb(c.pid) for n, c in where.parts.running.items() if n.startswith("worker")
        ),
        "rss_web_mb": _peak_mb(where.parts.running["web"].pid),
    }


def _wait_until_drained(db: Connection) -> None:
    until = time.monotonic() + DRAIN_S_MAX
    while time.monotonic() < until:
        row = db.execute("select exists (select from inbox)").fetchone()
        if row and not row[0]:
            return
        time.sleep(0.02)
    raise SystemExit("the inbox did not drain")


def _counts(db: Connection) -> dict[str, int]:
    found = {}
    for table in EFFECT_TABLES:
        row = db.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchone()
        assert row
        found[table] = int(row[0])
    return found


def _floor(db: Connection) -> float:
    """Events per second when all rows are written bare: COPY, one connection, tables of the same shape."""
    decided = _counts(db)["events"]
    seconds = 0.0
    for table in ALL_TABLES:
        names = {"kept": sql.Identifier(table), "bare": sql.Identifier(f"floor_{table}")}
        db.execute(
            sql.SQL("create table {bare} (like {kept} including defaults including indexes)").format(**names)
        )
        # A query, because a table in partitions cannot be copied by its name.
        copy_out = sql.SQL("copy (select * from {kept}) to stdout").format(**names)
        with db.cursor() as cursor, cursor.copy(copy_out) as out:
            rows = [bytes(part) for part in out]
        copy_in = sql.SQL("copy {bare} from stdin").format(**names)
        started = time.monotonic()
        with db.cursor() as cursor, cursor.copy(copy_in) as into:
            for part in range(0, len(rows), 1000):
                into.write(b"".join(rows[part : part + 1000]))
        seconds += time.monotonic() - started
    return decided / seconds


def _peak_mb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def _cpu(where: House) -> dict[str, float]:
    """CPU seconds so far: web, workers, the sender (this process), and our PostgreSQL, all its processes."""
    found = {name: _cpu_of(child.pid) for name, child in where.parts.running.items()}
    found["sender"] = time.process_time()
    with where.opened.connect("worker") as db:
        row = db.execute("select pg_backend_pid()").fetchone()
        assert row
        postmaster = _stat(row[0])[1]
        # Children that ended are in their parent's own account of them.
        found["postgres"] = (
            sum(
                _cpu_of(int(folder.name))
                for folder in Path("/proc").iterdir()
                if _is_child(folder, postmaster)
            )
            + sum(int(ticks) for ticks in _stat(int(postmaster))[13:15]) / 100
        )
    return found


def _is_child(folder: Path, parent: str) -> bool:
    try:
        return folder.name.isdigit() and _stat(int(folder.name))[1] == parent
    except OSError:
        return False


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def _cpu_of(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    sys.exit(main())
