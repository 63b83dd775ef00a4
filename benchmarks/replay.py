"""Events per second of a draft decided over stored history, and memory, beside the floor of only reading it.

The history is written by SQL (`replay.sql`): two years of the EV maker's events with their decisions. The
draft gives more for a booking, so that two of five decisions come out otherwise. The floor is the same rows,
read and decoded in the same order and nothing else, in the same run.
"""

import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import LiteralString

import msgspec
from bench_frame import options_of, print_result
from bench_house import House, house

from guerdon.cli.up import environment_of
from guerdon.ledger.effects import decode_decision
from guerdon.queries.replay.history import Place, one_snapshot, read_events
from guerdon.values.clock import utc_now

FOLDER = Path(__file__).parent
PART = 250_000
DAYS = 730
FIRST_EVENT = 1_000_000_000
BEFORE, AFTER = "value: 200.00 EUR, pay_from: by_market", "value: 350.00 EUR, pay_from: by_market"


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("replay")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--members", type=int, default=100_000)
    args = parser.parse_args()
    with house(args.members) as where:
        result = _measure(where, args.events)
    return print_result(args, result)


def _measure(where: House, events: int) -> dict[str, object]:
    start = utc_now() - timedelta(days=DAYS)
    began = time.monotonic()
    _fill(where, events, start)
    filled_s = time.monotonic() - began
    floor = _floor(where, events)
    draft = where.opened.settings.home / "program" / "draft.yaml"
    text = draft.with_name("program.yaml").read_text(encoding="utf-8")
    assert BEFORE in text
    draft.write_text(text.replace(BEFORE, AFTER), encoding="utf-8")
    seconds, used, found = _replay(where, draft, start)
    cpu_s = used.ru_utime + used.ru_stime
    assert found["events"] == events, found["events"]
    return {
        "events": events,
        "members": where.members,
        "events_per_s": round(events / seconds),
        "floor_events_per_s": round(floor),
        "ratio_to_floor": round(events / seconds / floor, 3),
        # Of its own process, without PostgreSQL's: this stays the same while others use the machine.
        "events_per_cpu_s": round(events / cpu_s),
        "rss_mb": used.ru_maxrss // 1024,
        "otherwise": found["otherwise"],
        "seconds": round(seconds, 1),
        "filled_s": round(filled_s),
        "load_average": round(os.getloadavg()[0], 1),
    }


def _fill(where: House, events: int, start: datetime) -> None:
    step = timedelta(days=DAYS - 1) / events
    with where.opened.connect("owner") as db:
        db.execute("set role none")
        db.execute("set statement_timeout = 0")
        # Rows that have been there for long: what their first commit demanded of them was asked then.
        db.execute("set session_replication_role = replica")
        row = db.execute("select min(member_id), count(*) from members").fetchone()
        assert row is not None
        for begin in range(0, events, PART):
            db.execute(
                _statement(),
                {
                    "program": where.program_id,
                    "from": begin,
                    "to": min(begin + PART, events) - 1,
                    "first": FIRST_EVENT,
                    "member": row[0],
                    "members": row[1],
                    "start": start + timedelta(hours=1),
                    "step": step,
                },
            )
        db.execute("vacuum analyze events")
        db.execute("checkpoint")


@cache
def _statement() -> LiteralString:
    return (FOLDER / "replay.sql").read_text(encoding="utf-8")


def _floor(where: House, events: int) -> float:
    """Events per second when they are read in order and decoded, and nothing is done with them."""
    fields = msgspec.json.Decoder(dict[str, object]).decode
    read = 0
    with where.opened.connect("worker") as db, one_snapshot(db, where.program_id) as tx:
        began = time.monotonic()
        place = Place(utc_now() - timedelta(days=DAYS), -1)
        for rows in read_events(tx, where.program_id, place, datetime.now(UTC)):
            for row in rows:
                decode_decision(row.decision)
                fields(row.data or "{}")
            read += len(rows)
        seconds = time.monotonic() - began
    assert read == events, read
    return events / seconds


def _replay(
    where: House, draft: Path, start: datetime
) -> tuple[float, resource.struct_rusage, dict[str, int]]:
    """The command itself, in a process of its own: seconds, what it used, and what it found."""
    environment = {**where.parts.environment, **environment_of(where.opened)}
    command = [sys.executable, "-m", "guerdon", "replay", str(draft), "--json"]
    began = time.monotonic()
    with subprocess.Popen(
        [*command, "--since", f"{start:%Y-%m-%d}"], env=environment, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        said = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if child.returncode:
        raise SystemExit(child.returncode)
    return seconds, used, json.loads(said)


if __name__ == "__main__":
    sys.exit(main())
