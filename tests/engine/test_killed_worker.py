"""A worker killed with no chance to say goodbye, again and again: nothing lost, nothing doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from tests.engine.house import House, booked, drove

KILLS = 15
MEMBERS = 150
REPOSITORY = Path(__file__).resolve().parents[2]
# A worker that has begun to write: killed now, its transaction never ends. Or we looked too late.
SOMEBODY_WRITES = """
    select not exists (select from inbox) or exists (
      select from pg_stat_activity
      where datname = current_database() and usename = 'guerdon_worker' and backend_xid is not null
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


def test_a_worker_killed_at_any_point_loses_nothing_and_doubles_nothing(house: House, tmp_path: Path) -> None:
    chance = random.Random(15)  # noqa: S311  seeded, not secret
    house.publish(DE=200_000_000)
    killed_while_writing = 0
    for kill in range(KILLS):
        contacts = range(1 + kill * MEMBERS, 1 + (kill + 1) * MEMBERS)
        house.enroll(contacts)
        told = [deed for contact in contacts for deed in (booked(contact), drove(contact), booked(contact))]
        house.tell(told, per_request=90)
        worker = started(house, tmp_path)
        house.await_true(SOMEBODY_WRITES)
        time.sleep(chance.uniform(0, 0.1))
        worker.send_signal(signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL
        killed_while_writing += house.count("select count(*) from inbox") > 0
        let_the_lease_end(house)
    with house.worker() as last:
        last.work()
    assert house.count("select count(*) from inbox") == 0
    assert house.count("select count(*) from quarantine") == 0
    assert house.rows("select rule, count(*) from rewards group by rule order by rule") == [
        ("booking", 2 * MEMBERS * KILLS),
        ("test_drive", MEMBERS * KILLS),
    ]
    assert house.rows("select distinct posted from accounts where name = 'purse'") == [(42_500,)]
    assert killed_while_writing > 0
