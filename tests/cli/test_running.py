"""`up` and `demo` as one meets them when something is in their way: said plainly, with nothing left over."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.servers import quick_folder

from guerdon.cli.demo.house import Order, Ports, demo_house
from guerdon.cli.installation import Refused
from guerdon.config import REPOSITORY

PROGRAM = REPOSITORY / "examples" / "ev_maker" / "program.yaml"


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gd-", dir=quick_folder()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GUERDON_") and k != "DATABASE_URL"}
    paths = {"PYTHONPATH": str(REPOSITORY / "src"), "GUERDON_HOME": str(home), "GUERDON_DEMO_HOME": str(home)}
    return {**kept, **paths, **more}


def run(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "guerdon", *words],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(path: Path, text: str) -> str:
    until = time.monotonic() + 120
    while text not in path.read_text(encoding="utf-8"):
        assert time.monotonic() < until, path.read_text(encoding="utf-8")
        time.sleep(0.1)
    return path.read_text(encoding="utf-8")


def test_a_second_demo_in_a_folder_is_told_which_one_is_there(home: Path) -> None:
    with (home / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 4711, http://127.0.0.1:8710\n")
        lock.flush()
        done = run(home, "demo")
    assert done.returncode == 1
    assert "already runs from this folder (process 4711, http://127.0.0.1:8710)" in done.stderr
    assert "GUERDON_DEMO_HOME" in done.stderr
    assert not (home / "postgres").exists()


def test_up_does_not_publish_a_program_whose_secrets_are_missing(home: Path) -> None:
    done = run(home, "up", GUERDON_PROGRAM=str(PROGRAM))
    assert done.returncode == 1
    assert "HUBSPOT_CLIENT_SECRET" in done.stderr
    assert "nothing was published" in done.stderr
    assert not (home / "postgres").exists()


def test_up_says_mistakes_as_check_does(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "program.yaml"
    shutil.copy(PROGRAM.with_name("locations.csv"), tmp_path)
    broken.write_text(PROGRAM.read_text().replace("when: booking.confirmed", "when: booking.confirmt"))
    checked = run(home, "check", str(broken)).stdout.splitlines()
    done = run(home, "up", GUERDON_PROGRAM=str(broken))
    assert done.stderr.splitlines() == [
        checked[0],
        f"guerdon up: 1 mistake in {broken}; nothing was published",
    ]


def test_up_ends_when_postgresql_is_killed_and_says_so(home: Path) -> None:
    port = str(free_port())
    more = {"GUERDON_PORT": port, "GUERDON_PUBLIC_URL": f"http://127.0.0.1:{port}", "GUERDON_HOST": "0.0.0.0"}  # noqa: S104
    said = home / "said.txt"
    with said.open("w") as out:
        up = subprocess.Popen(
            [sys.executable, "-m", "guerdon", "up"],
            env=environment(home, **more),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            wait_for(said, "./guerdon staff add EMAIL --name NAME")
            place = home / "postgres"
            postmaster = int((place / "data" / "postmaster.pid").read_text().partition("\n")[0])
            os.kill(postmaster, signal.SIGKILL)
            assert up.wait(timeout=60) == 1
        finally:
            if up.poll() is None:
                up.terminate()
                up.wait(timeout=60)
    assert "PostgreSQL runs no more" in said.read_text()


def test_a_demo_of_another_version_is_told_what_to_remove(home: Path) -> None:
    order = Order(Ports(free_port(), free_port(), free_port(), free_port()), 20, 1, catalog=40)
    with demo_house(home, order) as house, psycopg.connect(house.opened.settings.database_url) as db:
        # Its catalog is there, and the next day's changes wait for somebody; its suppliers answer.
        stocked = "select state, items from guerdon.catalog_feeds where key = 'shops'"
        assert db.execute(stocked).fetchall() == [("staged", 40)]
        assert set(house.parts.running) == {"tremendous", "runa", "twilio", "fcm", "webpush"}
        assert house.parts.ended() is None
        assert house.opened.settings.suppliers.keys() == {"tremendous", "runa"}
        db.execute("update guerdon.schema_migrations set sha = 'other' where name like '0001%'")
    with pytest.raises(Refused, match=f"another version of Guerdon .*rm -r {home}"), demo_house(home, order):
        pass
    assert (home / "postgres").exists()
