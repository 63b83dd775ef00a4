"""The embedded PostgreSQL, the real one: its doors, its data, and what happens when it is killed."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.servers import quick_folder

from guerdon.embedded import EmbeddedError, Server, start

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gd-", dir=quick_folder()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    running = start(home)
    yield running
    running.stop()


def note_down(server: Server, text: str) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("create table if not exists notes (note text)")
        connection.execute("insert into notes values (%s)", [text])


def notes(server: Server) -> list[str]:
    with psycopg.connect(server.url()) as connection:
        return [row[0] for row in connection.execute("select note from notes order by note").fetchall()]


def kill_hard(server: Server) -> None:
    postmaster = int((server.place / "data" / "postmaster.pid").read_text().partition("\n")[0])
    os.kill(postmaster, signal.SIGKILL)


def test_it_is_postgresql_18_and_keeps_what_it_says_it_committed(postgres: Server) -> None:
    wanted = {"fsync": "on", "synchronous_commit": "on", "data_checksums": "on", "jit": "off"}
    with psycopg.connect(postgres.url()) as connection:
        assert connection.info.server_version // 10000 == 18
        for name, value in wanted.items():
            assert connection.execute("select current_setting(%s)", [name]).fetchone() == (value,)


@pytest.mark.parametrize("password", ["", "guess"])
def test_nobody_enters_without_the_password_not_even_on_the_socket(postgres: Server, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(postgres.url("postgres"), password=password, passfile="/dev/null"))


def test_every_line_of_the_entry_rules_asks_for_a_password(postgres: Server) -> None:
    with psycopg.connect(postgres.url("postgres")) as connection:
        found = connection.execute("select distinct auth_method from pg_hba_file_rules").fetchall()
    assert found == [("scram-sha-256",)]


def test_there_is_no_door_to_the_network(postgres: Server) -> None:
    with psycopg.connect(postgres.url("postgres")) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
        port = connection.info.port
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(make_conninfo(postgres.url("postgres"), host="127.0.0.1", port=port))


def test_its_folders_are_private_and_its_password_is_ours(postgres: Server) -> None:
    for folder in (postgres.place, postgres.place / "data", postgres.sockets):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    password = postgres.home / "postgres.password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert password.stat().st_uid == os.geteuid()


@as_root
def test_under_root_it_runs_as_somebody_without_rights(postgres: Server) -> None:
    assert (postgres.place / "data").stat().st_uid != 0


def test_a_second_start_attaches_and_may_not_stop_it(postgres: Server) -> None:
    second = start(postgres.home)
    assert (postgres.owned, second.owned) == (True, False)
    second.stop()
    note_down(postgres, "still here")
    assert notes(second) == ["still here"]


def test_what_was_written_is_there_after_a_stop_and_a_start(home: Path) -> None:
    first = start(home)
    note_down(first, "kept")
    first.stop()
    first.stop()
    second = start(home)
    assert second.owned
    assert notes(second) == ["kept"]
    second.stop()


def test_a_server_killed_hard_comes_back_with_all_it_committed(server: Server) -> None:
    note_down(server, "before")
    # A session that is open while the server dies leaves a process at the data for a moment.
    with psycopg.connect(server.url()):
        kill_hard(server)
        again = start(server.home)
    assert notes(again) == ["before"]
    note_down(again, "since")


def test_a_process_that_took_over_the_dead_ones_number_is_not_taken_for_it(server: Server) -> None:
    note_down(server, "before")
    kill_hard(server)
    pid_file = server.place / "data" / "postmaster.pid"
    _, _, rest = pid_file.read_text().partition("\n")
    with subprocess.Popen(
        ["sleep", "60"], user=pid_file.stat().st_uid if os.geteuid() == 0 else None
    ) as other:
        pid_file.write_text(f"{other.pid}\n{rest}")
        again = start(server.home)
        other.kill()
    assert notes(again) == ["before"]


def test_a_start_takes_over_when_the_starter_was_killed_hard(home: Path) -> None:
    starter = (
        "import os, signal, sys; from pathlib import Path; from guerdon.embedded import start;"
        "assert start(Path(sys.argv[1])).owned; os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    died = subprocess.run([sys.executable, "-c", starter, str(home)], env=environment, check=False)
    assert died.returncode == -signal.SIGKILL
    heir = start(home)
    assert heir.owned
    heir.stop()
    with pytest.raises(psycopg.OperationalError):
        heir.url()


def test_a_start_that_was_interrupted_begins_again(home: Path) -> None:
    server = start(home)
    server.stop()
    (server.place / "data").rename(server.place / "data.new")
    again = start(home)
    assert again.url()
    again.stop()
    assert not (server.place / "data.new").exists()


def test_a_lost_password_is_said_and_no_data_touched(home: Path) -> None:
    start(home).stop()
    (home / "postgres.password").unlink()
    with pytest.raises(EmbeddedError, match=r"postgres\.password is gone"):
        start(home)
    assert (home / "postgres" / "data").exists()


def test_a_changed_password_is_said_and_nothing_left_running(home: Path) -> None:
    start(home).stop()
    (home / "postgres.password").write_text("another")
    with pytest.raises(EmbeddedError, match="refuses us"):
        start(home)
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()


def test_a_database_is_made_when_first_asked_for(postgres: Server) -> None:
    with psycopg.connect(postgres.url('an "odd" name/%')) as connection:
        assert connection.info.dbname == 'an "odd" name/%'
