"""The processes of an installation, started together and stopped together, in the opposite order.

Each is a child of ours in its own group, so that Ctrl-C reaches us alone and everybody is stopped in
good order.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from guerdon import http

STOP_S = 15.0
POLL_S = 0.1


@dataclass(slots=True)
class Processes:
    """Children by name, in the order in which they were started."""

    environment: Mapping[str, str]
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str, arguments: Sequence[str | Path], **more: str) -> "subprocess.Popen[bytes]":
        """Start a Python program: `-m guerdon ...` or a path; `more` adds to its environment."""
        child = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            # What children say goes where faults go: our own output may be one JSON object.
            stdout=sys.stderr,
            start_new_session=True,
        )
        self.running[name] = child
        return child

    def ended(self) -> str | None:
        """The name of a child that ended by itself, or None."""
        return next((name for name, child in self.running.items() if child.poll() is not None), None)

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
