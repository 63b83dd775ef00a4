"""What the commands start: it ends with them, and it is said how a part ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from guerdon.cli.processes import Processes
from guerdon.config import REPOSITORY

SLEEPER = ["-c", "import time; print('asleep', flush=True); time.sleep(600)"]
PARENT = """
import os, sys, time
from guerdon.cli.processes import Processes
child = Processes(dict(os.environ)).start("sleeper", sys.argv[1:])
print(child.pid, flush=True)
time.sleep(600)
"""


def await_true(found: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not found():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Tell whether a process ended, be it that nobody has asked for its exit code yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def exit_code_of(arguments: list[str], tmp_path: Path) -> str | None:
    parts = Processes(dict(os.environ), tmp_path / "said")
    parts.start("part", arguments).wait(timeout=30)
    return parts.ended()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_children_end_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *SLEEPER],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    assert parent.stderr
    child = int(parent.stdout.readline())
    assert parent.stderr.readline() == "asleep\n"
    assert not is_gone(child)
    parent.kill()
    parent.communicate(timeout=30)
    await_true(lambda: is_gone(child))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_child_whose_parent_is_gone_before_it_begins_does_not_begin() -> None:
    leash = REPOSITORY / "src" / "guerdon" / "cli" / "leash.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(leash), "1", "-c", "print('begun')"],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"")


def test_it_is_said_how_a_part_ended(tmp_path: Path) -> None:
    assert exit_code_of(["-c", "raise SystemExit(3)"], tmp_path) == "part ended by itself (exit code 3)"
    killed = exit_code_of(["-c", "import os; os.kill(os.getpid(), 9)"], tmp_path)
    assert killed == "part was killed (signal 9)"


def test_one_that_is_expected_to_end_is_not_told_of(tmp_path: Path) -> None:
    parts = Processes(dict(os.environ), tmp_path / "said")
    parts.start("part", ["-c", ""]).wait(timeout=30)
    assert parts.ended(expected=["part"]) is None


def test_chatter_is_kept_in_a_file_and_faults_are_seen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    exit_code_of(["-c", "import sys; print('chatter'); sys.exit('a fault')"], tmp_path)
    assert (tmp_path / "said" / "part.log").read_text(encoding="utf-8") == "chatter\n"
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "a fault\n")


def test_the_last_started_is_stopped_first(tmp_path: Path) -> None:
    parts = Processes(dict(os.environ), tmp_path)
    children = [parts.start(name, SLEEPER) for name in ("one", "two")]
    await_true(lambda: all((tmp_path / f"{name}.log").read_text() == "asleep\n" for name in ("one", "two")))
    parts.stop()
    assert [child.returncode for child in children] == [-signal.SIGTERM] * 2
