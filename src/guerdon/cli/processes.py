"""The processes of an installation, started together and stopped together, in the opposite order.

Each is a child of ours in its own group, so that Ctrl-C reaches us alone and everybody is stopped in
good order; and each is on a leash, so that none outlives us, however we end.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from guerdon import http
from guerdon.config import STARTED_BY

LEASH = Path(__file__).with_name("leash.py")
STOP_S = 15.0
POLL_S = 0.1


@dataclass(slots=True)
class Processes:
    """Children by name, in the order in which they were started."""

    environment: Mapping[str, str]
    # Where a file for each keeps what it says; what it complains of is seen in any case.
    chatter: Path | None = None
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str, arguments: Sequence[str | Path], **more: str) -> "subprocess.Popen[bytes]":
        """Start a Python program: `-m guerdon ...` or a path; `more` adds to its environment."""
        if self.chatter:
            self.chatter.mkdir(exist_ok=True)
        # Without a folder it goes where faults go: our own output may be one JSON object.
        said = (self.chatter / f"{name.replace(' ', '-')}.log").open("wb") if self.chatter else None
        with said or nullcontext():
            # -I -S: the leash needs nothing that is installed, and is gone in a few milliseconds.
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *map(str, arguments)],
                env={**self.environment, STARTED_BY: str(os.getpid()), **more},
                stdin=subprocess.DEVNULL,
                stdout=said or sys.stderr,
                start_new_session=True,
            )
        self.running[name] = child
        return child

    def ended(self, expected: Collection[str] = ()) -> str | None:
        """Which child ended, and how, or None; not counting those that are expected to."""
        for name, child in self.running.items():
            code = child.poll()
            if code is not None and name not in expected:
                return f"{name} {_how(code)}"
        return None

    def wait_until_answers(self, url: str, within_s: float) -> bool:
        """Wait until an address answers with anything; False when a child ends or time is up."""
        until = time.monotonic() + within_s
        while time.monotonic() < until and self.ended() is None:
            if http.answers(url, within_s=2.0):
                return True
            time.sleep(POLL_S)
        return False

    def stop(self, *names: str) -> None:
        """Stop children (all when none is named), the last started first; kill those that do not listen."""
        for name in reversed(names or list(self.running)):
            child = self.running.pop(name, None)
            if child is None or child.poll() is not None:
                continue
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(timeout=STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _how(code: int) -> str:
    return f"was killed (signal {-code})" if code < 0 else f"ended by itself (exit code {code})"
