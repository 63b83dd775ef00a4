"""A worker killed between the last signature and the issue, anywhere: it is issued once, later."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from tests.approvals.house import House
from tests.approvals.test_granting import work

from guerdon.values.clock import utc_now

REPOSITORY = Path(__file__).resolve().parents[2]
# What carrying out says to the database on its way: the worker is killed once one is seen, or too late.
STAGES = (
    "%from deliveries%",
    "%from requests%for update%",
    "%from grants%for share%",
    "%from members%for no key update%",
    "%update holds%",
    "%copy rewards%",
    "%into accounts%",
    "%update accounts%",
    "%update requests%",
    "%into audit%",
)
SEEN_OR_DONE = """
    select not exists (select from inbox) or exists (
      select from pg_stat_activity
      where datname = current_database() and usename = 'guerdon_worker' and state <> 'idle' and query ilike %s
    )
"""


def killed_at(house: House, home: Path, stage: str) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GUERDON_")},
        "PYTHONPATH": str(REPOSITORY / "src"),
        "DATABASE_URL": house.url,
        "GUERDON_SECRET": house.secret,
        "GUERDON_HOME": str(home),
    }
    command = [sys.executable, "-m", "guerdon", "worker", "--only", "process"]
    worker = subprocess.Popen(command, cwd=home, env=environment)
    try:
        with psycopg.connect(house.url, options="-c search_path=guerdon", autocommit=True) as db:
            while db.execute(SEEN_OR_DONE, (stage,)).fetchone() != (True,):
                time.sleep(0.0005)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("update lanes set lease_until = '-infinity'")
        db.execute("delete from workers")


def test_killed_anywhere_between_signature_and_issue_it_is_issued_once(house: House, tmp_path: Path) -> None:
    # By the clock that the worker reads.
    now, total = utc_now(), 0
    posted, _ = house.pool()
    for number, stage in enumerate(STAGES):
        for _ in range(20):
            content = house.reward(1_000 + number, happened_at=now)
            request = house.asked("lea", content, now)
            assert house.say("kim", request, now=now) == "approved"
            total += content.value
        killed_at(house, tmp_path, stage)
        with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
            # Whatever is done is done whole: what is not issued is still set aside.
            waiting = db.execute(
                "select coalesce(sum(amount), 0) from requests where state = 'approved'"
            ).fetchone()
        assert waiting is not None
        assert house.pool()[1] == waiting[0]
    work(house, utc_now())
    assert house.rows("select distinct state from requests") == [("done",)]
    assert house.purse() == (total, 0)
    assert house.pool() == (posted - total, 0)
