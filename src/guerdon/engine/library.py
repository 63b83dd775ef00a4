"""The library: versions of programs, ready for deciding; which is live is asked again, texts never change."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from guerdon.engine.arrivals import BUILT_IN, Mapper
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.store.programs import StoredVersion, load_live, load_versions
from guerdon.store.sealing import Vault

RECHECK = timedelta(seconds=1)
BOOKS_MAX = 50


class NoLiveVersion(RuntimeError):  # noqa: N818  says what is missing
    """A program has no version that this release of Guerdon can decide by.

    Not a fault of any event: whoever meets it stops and says so, and the inbox stays as it is.
    """


def read_version(stored: StoredVersion) -> Program:
    """A stored version as a program; raises `NoLiveVersion` when this release cannot read it any more."""
    program = read_program(stored.bundle, None, stored.key)
    if not isinstance(program, Program):
        raise NoLiveVersion(f"version {stored.version} of {stored.key} no longer reads: {program[0]}")
    return program


class Library:
    """Playbooks by program and version, and who reads the bodies of which vendor."""

    def __init__(self, vault: Vault, mappers: Mapping[str, Mapper]) -> None:
        self.vault = vault
        self._mappers = mappers
        self._live: dict[int, tuple[Playbook, datetime]] = {}
        # Texts never change, so what was read stays; the oldest asked for goes first.
        self._books: OrderedDict[tuple[int, int], Playbook] = OrderedDict()

    def playbook(self, tx: Transaction, program_id: int, now: datetime) -> Playbook:
        """The live version of a program, as it was a second ago at most."""
        known = self._live.get(program_id)
        if known and timedelta() <= now - known[1] < RECHECK:
            return known[0]
        stored = load_live(tx, program_id, now)
        if stored is None:
            raise NoLiveVersion(f"program {program_id} has no live version")
        playbook = self._book(stored)
        self._live[program_id] = (playbook, now)
        return playbook

    def version(self, tx: Transaction, program_id: int, version: int) -> Playbook:
        """A version of a program; raises `NoLiveVersion` when this release cannot read it any more."""
        known = self._books.get((program_id, version))
        if known is None:
            (stored,) = load_versions(tx, program_id, [version])
            known = self._book(stored)
        return known

    def _book(self, stored: StoredVersion) -> Playbook:
        key = (stored.program_id, stored.version)
        if key not in self._books:
            self._books[key] = Playbook(read_version(stored), *key)
        self._books.move_to_end(key)
        while len(self._books) > BOOKS_MAX:
            self._books.popitem(last=False)
        return self._books[key]

    def mapper(self, program: Program, connection: str) -> Mapper | None:
        """Who reads the bodies of a connection; None when the program no longer has it."""
        if connection in BUILT_IN:
            return self._mappers["cloudevents"]
        found = program.connections.get(connection)
        return self._mappers[found.vendor] if found else None


Clock = Callable[[], datetime]
