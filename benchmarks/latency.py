"""Waits at a steady 200 events a second for a minute: accepted to committed, and to taken by the mail server.

One event a request, the hardest shape. Accepted is the door's own time just before it commits; committed is
PostgreSQL's time of the reward's commit; taken is the mail server's time after its answer to the last byte.
"""

import argparse
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bench_frame import options_of, print_result
from bench_house import House, free_port, house
from bench_load import Sender, make_bodies

from guerdon.cli import REPOSITORY
from guerdon.store.sealing import Vault
from guerdon.values.claims import KEY_PURPOSE, read_claim

SENDERS = 8
SETTLE_S_MAX = 120


def main() -> int:
    """Run it and print what was measured."""
    parser = options_of("latency")
    parser.add_argument("--rate", type=int, default=200, help="events a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--members", type=int, default=50_000)
    args = parser.parse_args()
    smtp_port = free_port()
    with house(args.members, smtp_port) as where:
        result = _measure(where, args, smtp_port)
    return print_result(args, result)


def _measure(where: House, args: argparse.Namespace, smtp_port: int) -> dict[str, object]:
    settings = where.opened.settings
    mails = settings.home / "mails"
    where.parts.start(
        "mail server",
        [
            REPOSITORY / "examples" / "mailbox",
            *("--smtp-port", str(smtp_port), "--http-port", str(free_port()), "--dir", str(mails)),
        ],
    )
    where.parts.start("web", ["-m", "guerdon", "web"])
    where.parts.start("worker", ["-m", "guerdon", "worker"])
    assert where.parts.wait_until_answers(f"http://{settings.host}:{settings.port}/", 60)
    # The first seconds fill caches and prepare statements; they are not counted.
    _send_paced(where, make_bodies(where, args.rate * 3, 1, seed=1), args.rate)
    _wait_until_sent(where)
    first = _last_event(where)
    bodies = make_bodies(where, args.rate * args.seconds, 1, seed=2)
    started = time.monotonic()
    _send_paced(where, bodies, args.rate)
    took_s = time.monotonic() - started
    _wait_until_sent(where)
    committed = _committed_ms(where, first)
    taken = _taken_ms(where, mails / "mails.jsonl", first)
    return {
        "events": len(bodies),
        "events_per_s": round(len(bodies) / took_s, 1),
        "committed_ms": _percentiles(committed),
        "smtp_ms": _percentiles(taken),
        "rewards": len(committed),
        "mails": len(taken),
    }


def _send_paced(where: House, bodies: list[bytes], rate: int) -> None:
    """Send each request at its time; a sender that is late sends at once, so the rate holds on average."""
    started = time.monotonic()
    wrong: list[int] = []

    def work(place: int) -> None:
        sender = Sender(where)
        for n in range(place, len(bodies), SENDERS):
            pause_s = started + n / rate - time.monotonic()
            if pause_s > 0:
                time.sleep(pause_s)
            status = sender.send(bodies[n])
            if status != 200:
                wrong.append(status)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, f"{len(wrong)} requests were answered {sorted(set(wrong))}"


def _wait_until_sent(where: House) -> None:
    until = time.monotonic() + SETTLE_S_MAX
    with where.opened.connect("worker") as db:
        while time.monotonic() < until:
            row = db.execute("select exists (select from inbox) or exists (select from outbox)").fetchone()
            if row and not row[0]:
                return
            time.sleep(0.1)
    raise SystemExit("inbox or outbox did not empty")


def _last_event(where: House) -> int:
    with where.opened.connect("worker") as db:
        row = db.execute("select coalesce(max(id), 0) from events").fetchone()
    assert row
    return int(row[0])


def _committed_ms(where: House, after: int) -> list[float]:
    with where.opened.connect("worker") as db:
        rows = db.execute(
            """
            select extract(epoch from pg_xact_commit_timestamp(t.xmin) - e.recorded_at) * 1000
            from events e join transfers t using (program_id, member_id)
            where t.event_id = e.id and e.id > %s
            """,
            (after,),
        ).fetchall()
    return [float(row[0]) for row in rows]


def _taken_ms(where: House, path: Path, after: int) -> list[float]:
    """The mail server's own time of each mail, joined to its event by the claim link in the mail."""
    key = Vault(where.opened.settings.secret).key(KEY_PURPOSE)
    with where.opened.connect("worker") as db:
        rows = db.execute(
            """
            select r.id, extract(epoch from e.recorded_at) * 1000 from rewards r
            join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
            where e.id > %s
            """,
            (after,),
        ).fetchall()
    accepted: dict[int, Any] = dict(rows)
    waits = []
    for line in path.read_text(encoding="utf-8").splitlines():
        mail = json.loads(line)
        token = mail["text"].split("/r/", 1)[1].split()[0]
        claim = read_claim(key, where.program_id, token)
        assert claim, "a mail carries a link that is none"
        if claim[1] in accepted:
            waits.append(mail["received_at"] - float(accepted[claim[1]]))
    return waits


def _percentiles(waits: list[float]) -> dict[str, float]:
    ordered = sorted(waits)
    return {f"p{p}": round(ordered[min(len(ordered) - 1, len(ordered) * p // 100)], 1) for p in (50, 95, 99)}


if __name__ == "__main__":
    sys.exit(main())
