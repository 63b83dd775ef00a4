"""`./guerdon replay` as somebody types it: what it prints and refuses, stopped and killed on its way."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.engine.house import EV_MAKER, House, booked

from guerdon.cli import main
from guerdon.config import REPOSITORY
from guerdon.engine.replay.asking import UNDER_WAY_MAX
from guerdon.engine.replay.running import Running
from guerdon.store.database import Connection, connect, transaction
from guerdon.store.versions.replays import NewReplay, record_replay
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

SINCE = ("--since", "2020-01-01")
BOOKING = ("value: 200.00 EUR, pay_from: by_market", "value: 350.00 EUR, pay_from: by_market")


@pytest.fixture
def house(database: str, secret: str) -> House:
    """Give the EV maker's house, in which twenty members booked."""
    made = House(database, secret)
    made.publish()
    made.enroll(range(1, 21))
    made.tell([booked(n) for n in range(1, 21)], 20)
    with made.worker() as worker:
        worker.work()
    return made


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A draft that gives more for a booking."""
    text = EV_MAKER.read_text(encoding="utf-8")
    assert BOOKING[0] in text
    file = tmp_path / "draft.yaml"
    file.write_text(text.replace(*BOOKING), encoding="utf-8")
    (tmp_path / "locations.csv").write_bytes(EV_MAKER.with_name("locations.csv").read_bytes())
    return file


def environment(house: House, home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "src"),
        "DATABASE_URL": house.url,
        "GUERDON_SECRET": house.secret,
        "GUERDON_HOME": str(home),
    }


def replay(house: House, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "guerdon", "replay", *words],
        env=environment(house, home),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_answer_comes_first_and_the_members_are_in_a_file(
    house: House, draft: Path, tmp_path: Path
) -> None:
    done = replay(house, tmp_path, str(draft), *SINCE, "--members", str(tmp_path / "members.csv"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "This draft would have given 3,000.00 EUR more:"
        " 20 members gain 3,000.00 EUR, 0 members lose 0.00 EUR."
    )
    assert any(line.startswith("wanted by conditions") for line in lines)
    assert "20 of 20 events (100%)" in done.stderr
    rows = list(csv.DictReader((tmp_path / "members.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 20
    assert {row["difference_minor"] for row in rows} == {"15000"}


def test_json_is_one_object_and_nothing_else(house: House, draft: Path, tmp_path: Path) -> None:
    done = replay(house, tmp_path, str(draft), *SINCE, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["program"], result["events"], result["otherwise"]) == ("nordlys_circle", 20, 20)
    assert result["units"][0]["difference_minor"] == 300_000
    same = json.loads(replay(house, tmp_path, "v1", *SINCE, "--json").stdout)
    assert (same["draft"], same["otherwise"]) == ("v1", 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say what and from when"),
        (("v1",), "say what and from when"),
        (("v1", "--since", "yesterday"), "--since yesterday is no day"),
        (("v1", "--since", "2999-01-01"), "the first day has not come yet"),
        (("v1", "--since", "2020-01-01", "--until", "2019-01-01"), "the last day is before the first one"),
        (("v1", "--since", "2020-01-01", "--until", "2020-02-01"), "nothing was decided in that time"),
        (("v9", *SINCE), "has no version 9"),
        ((show("drf", 9), *SINCE), f"has no draft {show('drf', 9)}"),
        (("no.yaml", *SINCE), "there is no file no.yaml"),
        (("v1", *SINCE, "--program", "other"), "there is no live program other"),
    ],
)
def test_what_makes_no_sense_is_said(house: House, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = replay(house, tmp_path, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_one_too_many_is_refused(house: House, tmp_path: Path) -> None:
    now = utc_now()
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        for n in range(UNDER_WAY_MAX):
            record_replay(
                tx, house.program_id, NewReplay("a text", "", f"{n}", now - timedelta(days=1), now, "x"), now
            )
    done = replay(house, tmp_path, "v1", *SINCE)
    assert (done.returncode, done.stdout) == (1, "")
    said = f"{UNDER_WAY_MAX} replays of this program wait or run already; ask again when one is done"
    assert said in done.stderr


def test_every_mistake_of_a_draft_is_said_with_its_line(house: House, draft: Path, tmp_path: Path) -> None:
    wrong = draft.read_text(encoding="utf-8").replace("valid_days: 90", "valid_days: never")
    draft.write_text(wrong.replace("time_zone: Europe/Berlin", "time_zone: Mars", 1), encoding="utf-8")
    done = replay(house, tmp_path, str(draft), *SINCE)
    assert done.returncode == 1
    assert "nothing was replayed" in done.stderr
    assert done.stderr.count(f"{draft}:") >= 2


def test_a_running_one_is_not_run_twice_and_one_that_was_killed_goes_on(
    house: House, draft: Path, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "guerdon", "replay", str(draft), *SINCE]
    # It waits for this lock with its first note of progress.
    with connect(house.url, house.secret, "owner") as db, db.transaction():
        db.execute("set role none")
        db.execute("lock table replay_members in access exclusive mode")
        child = subprocess.Popen(
            words, env=environment(house, tmp_path), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        until = time.monotonic() + 60
        while house.count("select count(*) from replays where state = 'running' and done_events = 20") == 0:
            assert time.monotonic() < until
            time.sleep(0.05)
        second = replay(house, tmp_path, str(draft), *SINCE)
        assert second.returncode == 1
        assert "this text is being replayed already: rpl_" in second.stderr
        child.send_signal(signal.SIGKILL)
        child.communicate()
    with connect(house.url, house.secret, "owner") as db:
        db.execute("set role none")
        db.execute("update replays set heard_at = heard_at - interval '2 minutes'")
    third = replay(house, tmp_path, str(draft), *SINCE)
    assert third.returncode == 0, third.stderr
    # All of it had been decided by then.
    assert not third.stderr.startswith(("\n0 of 20", "0 of 20"))
    assert "20 members gain 3,000.00 EUR" in third.stdout


def test_ctrl_c_stops_it_and_says_how_it_goes_on(house: House, draft: Path, tmp_path: Path) -> None:
    with connect(house.url, house.secret, "owner") as db, db.transaction():
        db.execute("set role none")
        db.execute("lock table replay_members in access exclusive mode")
        child = subprocess.Popen(
            [sys.executable, "-m", "guerdon", "replay", str(draft), *SINCE],
            env=environment(house, tmp_path), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        until = time.monotonic() + 60
        while house.count("select count(*) from replays where done_events = 20") == 0:
            assert time.monotonic() < until
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "the same command goes on from here" in said
    assert house.rows("select state from replays") == [("stopped",)]
    assert "Traceback" not in said
    assert replay(house, tmp_path, str(draft), *SINCE).returncode == 0


def test_ctrl_c_between_a_question_and_its_answer_stops_it_as_well(
    house: House,
    draft: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stopped(_reading: Connection, noting: Connection, running: Running) -> None:
        with transaction(noting, running.program_id) as tx:
            tx.execute("update replays set heard_at = heard_at")
            # Asked, and nobody listens for the answer any more.
            noting.pgconn.send_query(b"select pg_sleep(60)")
            raise KeyboardInterrupt

    monkeypatch.setattr("guerdon.cli.replay.run_replay", stopped)
    for name, value in environment(house, tmp_path).items():
        monkeypatch.setenv(name, value)
    assert main(["replay", str(draft), *SINCE]) == 130
    assert "the same command goes on from here" in capsys.readouterr().err
    assert house.rows("select state from replays") == [("stopped",)]
