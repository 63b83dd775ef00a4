"""An installation of its own on the embedded PostgreSQL: what is backed up, killed and restored."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from tests.proof.paper import Paper

from guerdon import embedded
from guerdon.store.migrations import migrate

SECRET = "0f9e8d7c6b5a49382716f5e4d3c2b1a0" * 2


@dataclass
class Home:
    """A home folder; its server may run or not."""

    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        return {"GUERDON_HOME": str(self.folder), "GUERDON_SECRET": SECRET, "DATABASE_URL": ""}

    @contextmanager
    def running(self) -> Iterator[embedded.Server]:
        server = embedded.start(self.folder)
        try:
            yield server
        finally:
            server.stop()

    def found(self, server: embedded.Server) -> Paper:
        """Make the schema, and a program."""
        url = server.url()
        migrate(url, SECRET)
        made = Paper(url, SECRET)
        made.found()
        return made

    def paper(self, server: embedded.Server) -> Paper:
        return Paper(server.url(), SECRET, program_id=1)


@contextmanager
def made_home() -> Iterator[Home]:
    """A home that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="gd-"))
    folder.chmod(0o711)
    try:
        yield Home(folder)
    finally:
        place = embedded_place(folder)
        for each in (folder, place):
            shutil.rmtree(each, ignore_errors=True)


def embedded_place(folder: Path) -> Path:
    """Where the server's files lie."""
    return folder / "postgres"


def server_clock(paper: Paper) -> datetime:
    """The time as the server tells it, for instants are found by the time it gave to commits."""
    with psycopg.connect(paper.url, autocommit=True) as db:
        row = db.execute("select clock_timestamp()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at.astimezone(UTC)
