"""A race (T-03): so many connections at the same moment, for so many rounds, each in a database of its own.

A test that asks for `race` is one round; which of the connections comes first is left to chance, so that
rounds differ though their work is the same.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Barrier
from typing import Protocol, TypeVar

import pytest
from tests.evidence import Figures, scaled

from guerdon.store.database import Connection, Role, connect

ROUNDS = scaled(2, 20)
# The server of the tests lets sixty in: these, and those that look on.
CONNECTIONS = scaled(16, 32)
# Of the full set, with few rounds in the gate; what one round takes.
RACED = pytest.mark.full(minutes=0.03, gate=True)
T = TypeVar("T")


class Place(Protocol):
    """A house, as far as a race needs it: the address of its database, and the secret."""

    url: str
    secret: str


@dataclass
class Race:
    """One round; what took part in it goes into the report."""

    round_: int
    figures: Figures
    connections: int = CONNECTIONS

    def dawdle(self, most_s: float) -> None:
        """Come a moment later, by chance: for those who would be first every time."""
        time.sleep(random.Random(f"{self.round_} {threading.get_ident()}").random() * most_s)  # noqa: S311

    def run(self, place: Place, doings: Sequence[tuple[Role, Callable[[Connection], T]]]) -> list[T]:
        """Do all at the same moment, each on a connection that is open by then; what came, in their order."""
        starting = Barrier(len(doings))

        def done(db: Connection, doing: Callable[[Connection], T]) -> T:
            starting.wait()
            return doing(db)

        with ExitStack() as stack:
            opened = [stack.enter_context(connect(place.url, place.secret, role)) for role, _ in doings]
            pool = stack.enter_context(ThreadPoolExecutor(len(doings)))
            began = time.monotonic()
            tasks = [pool.submit(done, db, doing) for db, (_, doing) in zip(opened, doings, strict=True)]
            told = [task.result() for task in tasks]
        self.figures.update(connections=len(doings), seconds=round(time.monotonic() - began, 2))
        return told
