"""The library: the live version of each program, ready for deciding; read again when a newer one is there."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from guerdon.engine.arrivals import OWN_API, Mapper
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.rules.playbook import Playbook
from guerdon.store.database import Transaction
from guerdon.store.programs import StoredVersion, load_live
from guerdon.store.sealing import Vault

RECHECK = timedelta(seconds=1)


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
    """Playbooks by program, and who reads the bodies of which vendor."""

    def __init__(self, vault: Vault, mappers: Mapping[str, Mapper]) -> None:
        self.vault = vault
        self._mappers = mappers
        self._books: dict[int, tuple[Playbook, str, datetime]] = {}

    def playbook(self, tx: Transaction, program_id: int, now: datetime) -> Playbook:
        """The live version of a program."""
        known = self._books.get(program_id)
        if known and now - known[2] < RECHECK:
            return known[0]
        stored = load_live(tx, program_id, now)
        if stored is None:
            raise NoLiveVersion(f"program {program_id} has no live version")
        if known and known[1] == stored.sha and known[0].version == stored.version:
            playbook = known[0]
        else:
            playbook = Playbook(read_version(stored), program_id, stored.version)
        self._books[program_id] = (playbook, stored.sha, now)
        return playbook

    def mapper(self, program: Program, connection: str) -> Mapper | None:
        """Who reads the bodies of a connection; None when the program no longer has it."""
        if connection == OWN_API:
            return self._mappers["cloudevents"]
        found = program.connections.get(connection)
        return self._mappers[found.vendor] if found else None


Clock = Callable[[], datetime]
