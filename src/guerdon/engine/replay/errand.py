"""A replay that was asked for in the console, run in a process of its own beside the worker.

So that events are decided as fast as ever meanwhile, and its memory is given back. It is on a leash: it does
not outlive the worker, and another worker finds it silent and goes on from its last checkpoint.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import guerdon
from guerdon.store.database import Connection, transaction
from guerdon.store.programs import list_programs
from guerdon.store.versions.replays import find_waiting

LEASH = Path(guerdon.__file__).with_name("cli") / "leash.py"
POLL_S = 0.2
STOP_S = 15.0


def run_waiting(db: Connection, environment: Mapping[str, str], stop: threading.Event, now: datetime) -> int:
    """Run what waits, one after the other, on the installation of this environment; how many were run."""
    done = 0
    for program_id, _ in list_programs(db):
        with transaction(db, program_id) as tx:
            number = find_waiting(tx, program_id, now)
        if number is not None and not stop.is_set():
            _run(environment, f"{program_id}:{number}", stop)
            done += 1
    return done


def _run(environment: Mapping[str, str], asked: str, stop: threading.Event) -> None:
    child = subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-S",
            str(LEASH),
            str(os.getpid()),
            "-m",
            "guerdon",
            "replay",
            "--asked",
            asked,
        ],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    while child.poll() is None:
        if stop.wait(POLL_S):
            os.killpg(child.pid, signal.SIGINT)
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
