"""A database of a test's own, on which a deed opens what it needs."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.api.house import ApiHouse, opened_api
from tests.approvals.doors import Doors, opened_doors
from tests.approvals.house import House

from guerdon.config import REPOSITORY

Deed = Callable[[], object]


@dataclass
class Site:
    """A database of the test's own, and what is opened on it for as long as the test takes."""

    url: str
    secret: str
    home: Path
    stack: ExitStack

    def api(self) -> ApiHouse:
        house = self.stack.enter_context(opened_api(self.url, self.secret, self.home))
        house.earn()
        return house

    def doors(self) -> Doors:
        house = House(self.url, self.secret)
        house.open()
        return self.stack.enter_context(opened_doors(house, self.home))

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.url,
            "GUERDON_SECRET": self.secret,
            "GUERDON_HOME": str(self.home),
            "GUERDON_PUBLIC_URL": "http://localhost:8000",
        }

    def command(self, *words: str) -> str:
        """A command as somebody types it."""
        done = subprocess.run(
            [sys.executable, "-m", "guerdon", *words],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), **self.environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def file(self, text: str) -> str:
        path = self.home / "file.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)


def accepted(status: int) -> None:
    assert status in {200, 201, 202, 303}, status
