"""A worker killed with no chance to say goodbye, again and again: nothing lost, nothing doubled."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
from tests.engine.house import House, booked, drove

MEMBERS = 60
REPOSITORY = Path(__file__).resolve().parents[2]
# What a batch says to the database on its way: the worker is killed once one of these is seen, or too late.
STAGES = (
    "%for share%",
    "%program_versions%",
    "%from deliveries%",
    "%member_ids%",
    "%delete from inbox%",
    "%from allowances%",
    "%copy events%",
    "%copy transfers%",
    "%copy rewards%",
    "%copy outbox%",
    "%into accounts%",
    "%into allowances%",
    "%update accounts%",
    "%into rollups%",
    "%pg_notify%",
)
SEEN_OR_DONE = """
    select not exists (select from inbox) or exists (
      select from pg_stat_activity
      where datname = current_database() and usename = 'guerdon_worker' and state <> 'idle' and query ilike %s
    )
"""


def started(house: House, home: Path) -> subprocess.Popen[bytes]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GUERDON_")},
        "PYTHONPATH": str(REPOSITORY / "src"),
        "DATABASE_URL": house.url,
        "GUERDON_SECRET": house.secret,
        "GUERDON_HOME": str(home),
    }
    command = [sys.executable, "-m", "guerdon", "worker", "--only", "process"]
    return subprocess.Popen(command, cwd=home, env=environment)


def let_the_lease_end(house: House) -> None:
    # Fifteen seconds pass: the dead worker's lanes are free for the next one.
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("update lanes set lease_until = '-infinity'")
        db.execute("delete from workers")


def killed_at(house: House, home: Path, stage: str) -> bool:
    """Start a worker and kill it at a stage; whether it left something undone."""
    worker = started(house, home)
    try:
        house.await_true(SEEN_OR_DONE, stage)
    finally:
        worker.send_signal(signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL
    let_the_lease_end(house)
    return house.count("select count(*) from inbox") > 0


def test_a_worker_killed_at_any_point_loses_nothing_and_doubles_nothing(house: House, tmp_path: Path) -> None:
    house.publish(DE=200_000_000)
    interrupted = 0
    for number, stage in enumerate(STAGES):
        contacts = range(1 + number * MEMBERS, 1 + (number + 1) * MEMBERS)
        house.enroll(contacts)
        told = [deed for contact in contacts for deed in (booked(contact), drove(contact), booked(contact))]
        house.tell(told, per_request=60)
        interrupted += killed_at(house, tmp_path, stage)
        house.check()
    with house.worker() as last:
        last.work()
    assert interrupted > 0
    assert house.count("select count(*) from inbox") == 0
    assert house.count("select count(*) from quarantine") == 0
    assert house.rows("select rule, count(*) from rewards group by rule order by rule") == [
        ("booking", 2 * MEMBERS * len(STAGES)),
        ("test_drive", MEMBERS * len(STAGES)),
    ]
    assert house.rows("select distinct posted from accounts where name = 'purse'") == [(42_500,)]
