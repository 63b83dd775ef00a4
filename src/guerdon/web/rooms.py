"""The room a web process works in: settings, keys, live programs, a few connections under row security.

One room a process, made at start and refused when something is missing; doors and views ask for it,
nothing is global but the fact that there is one.
"""

import logging
import queue
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from threading import Lock

from guerdon.access.grants import Scope
from guerdon.channels.passes.keys import PassKeys, read_pass_keys
from guerdon.channels.wired import Channels
from guerdon.config import Settings
from guerdon.engine.library import Library, NoLiveVersion, read_version
from guerdon.program.model import Program
from guerdon.rules.playbook import Playbook
from guerdon.store.database import UNAVAILABLE, Connection, Transaction, connect, hung_up, transaction
from guerdon.store.programs import list_programs, load_live
from guerdon.store.sealing import Vault
from guerdon.suppliers.wired import Suppliers
from guerdon.values.clock import utc_now
from guerdon.web.guesses import Guesses
from guerdon.web.sign_on import SingleSignOn

log = logging.getLogger(__name__)
CONNECTIONS_MAX = 8
RECHECK_S = 1.0
# From one network; of codes, by one key too.
WRONG_KEYS_MAX, WRONG_KEYS_S = 20, 60.0
WRONG_CODES_MAX, WRONG_CODES_S = 200, 3_600.0
WRONG_CALLBACKS_MAX, WRONG_CALLBACKS_S = 60, 60.0
# Links of invitations that one network opens, whether somebody has them or not.
INVITED_MAX, INVITED_S = 60, 60.0
# Links about messages that we never made.
WRONG_LINKS_MAX, WRONG_LINKS_S = 60, 60.0
# Forms by which members sign in, from one network.
SIGN_INS_MAX, SIGN_INS_S = 20, 60.0
# Codes of members that one person at a location got wrong.
WRONG_CARDS_MAX, WRONG_CARDS_S = 30, 600.0
# Files of all their data that one member takes away.
OWN_EXPORTS_MAX, OWN_EXPORTS_S = 5, 86_400.0


class Unready(Exception):  # noqa: N818  an answer at start, not a fault
    """The process cannot start: what is missing, and what to do."""


class Connections:
    """Connections of the web role, lent to one thread at a time; a broken one is thrown away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._free: queue.LifoQueue[Connection] = queue.LifoQueue()
        self._closed = False

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        """A connection for the length of a block."""
        connection = self._free_one() or connect(self._settings.database_url, self._settings.secret, "web")
        try:
            yield connection
        finally:
            if (
                self._closed
                or connection.closed
                or connection.broken
                or self._free.qsize() >= CONNECTIONS_MAX
            ):
                connection.close()
            else:
                self._free.put(connection)

    def _free_one(self) -> Connection | None:
        with suppress(queue.Empty):
            while True:
                connection = self._free.get_nowait()
                if not hung_up(connection):
                    return connection
                connection.close()
        return None

    def close(self) -> None:
        """Close the connections that nobody has; one that is lent is closed when it comes back."""
        self._closed = True
        while not self._free.empty():
            self._free.get_nowait().close()


class Room:
    """What every door and view of this process shares."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.vault = Vault(settings.secret)
        self.pass_keys = _pass_keys(settings)
        self.connections = Connections(settings)
        self.wrong_keys = Guesses(WRONG_KEYS_MAX, WRONG_KEYS_S)
        self.wrong_codes = Guesses(WRONG_CODES_MAX, WRONG_CODES_S)
        self.wrong_callbacks = Guesses(WRONG_CALLBACKS_MAX, WRONG_CALLBACKS_S)
        self.invited = Guesses(INVITED_MAX, INVITED_S)
        self.wrong_links = Guesses(WRONG_LINKS_MAX, WRONG_LINKS_S)
        self.sign_ins = Guesses(SIGN_INS_MAX, SIGN_INS_S)
        self.wrong_cards = Guesses(WRONG_CARDS_MAX, WRONG_CARDS_S)
        self.own_exports = Guesses(OWN_EXPORTS_MAX, OWN_EXPORTS_S)
        self._programs: dict[int, tuple[Program, int, str]] = {}
        self._by_key: dict[str, int] = {}
        self._checked_at = 0.0
        self._lock = Lock()
        # Versions for explaining and trying; no body is ever read here.
        self._library = Library(self.vault, {})
        self._shelf = Lock()
        self.refresh()

    @cached_property
    def suppliers(self) -> Suppliers:
        """Accounts with suppliers, for whoever asks one what became of an order."""
        return Suppliers(self.settings)

    @cached_property
    def channels(self) -> Channels:
        """Accounts of channels, for whoever is called by a provider or asked for a browser's key."""
        return Channels(self.settings)

    @cached_property
    def sign_on(self) -> SingleSignOn | None:
        """The provider that signs staff in beside us, where the settings name one."""
        ours = self.settings.sign_on
        return None if ours is None else SingleSignOn(ours, self.settings.outbound_allow)

    @property
    def stale(self) -> bool:
        """Whether what is live was read too long ago; who may not wait for the database asks first."""
        return not 0 <= utc_now().timestamp() - self._checked_at < RECHECK_S

    def refresh(self) -> None:
        """Read which versions are live; a text that is already here is not read again."""
        if not self.stale:
            return
        # While one reads, the others go on with what is known.
        if self._lock.acquire(blocking=not self._programs):
            try:
                self._refresh()
            finally:
                self._lock.release()

    def look_again(self) -> None:
        """Read at the next question which versions are live: something was published here just now."""
        self._checked_at = 0.0

    def _refresh(self) -> None:
        if not self.stale:
            return
        self._checked_at = utc_now().timestamp()
        try:
            self._read_live()
        except UNAVAILABLE:
            # The doors stay open on what is known; whether an event can be kept shows when it is written.
            if not self._programs:
                raise
            log.warning("the live programs could not be read again")

    def _read_live(self) -> None:
        with self.connections.lent() as connection:
            for program_id, key in list_programs(connection):
                with transaction(connection, program_id) as tx:
                    stored = load_live(tx, program_id, utc_now())
                known = self._programs.get(program_id)
                if stored and (known is None or known[1] != stored.version):
                    self._programs[program_id] = (read_version(stored), stored.version, stored.sha)
                    self._by_key[key] = program_id

    def programs(self) -> dict[int, Program]:
        """All live programs by id."""
        self.refresh()
        return {program_id: found[0] for program_id, found in self._programs.items()}

    def program(self, program_id: int) -> Program:
        """A live program by id."""
        self.refresh()
        return self._programs[program_id][0]

    def version(self, program_id: int) -> int:
        """The number of the version of a program that is live."""
        self.refresh()
        return self._programs[program_id][1]

    def program_by_key(self, key: str) -> tuple[int, Program] | None:
        """A live program by its key, or None."""
        self.refresh()
        program_id = self._by_key.get(key)
        return None if program_id is None else (program_id, self._programs[program_id][0])

    def program_by_connection(self, vendor: str, connection: str) -> tuple[int, Program] | None:
        """The program that declares a connection of a vendor, or None."""
        for program_id, program in self.programs().items():
            found = program.connections.get(connection)
            if found and found.vendor == vendor:
                return program_id, program
        return None

    def playbook(self, tx: Transaction, program_id: int, version: int) -> Playbook | None:
        """A version of a program, ready for deciding; None when this release cannot read it any more."""
        with self._shelf:
            try:
                return self._library.version(tx, program_id, version)
            except (NoLiveVersion, ValueError):
                # It cannot be read, or there is none of that number.
                return None

    def close(self) -> None:
        """Let go of the database; the room is not used after this."""
        self.connections.close()

    @contextmanager
    def reading(
        self, program_id: int, member_id: int | None = None, scope: Scope | None = None
    ) -> Iterator[Transaction]:
        """A transaction under row security: for a program, for one member of it, or for a part of it."""
        with (
            self.connections.lent() as connection,
            transaction(connection, program_id, member_id, scope) as tx,
        ):
            yield tx


def _pass_keys(settings: Settings) -> PassKeys:
    found = read_pass_keys(settings)
    if isinstance(found, list):
        raise Unready("; ".join(str(problem) for problem in found))
    for said in found.warnings(utc_now()):
        log.warning(said)
    return found


_rooms: list[Room] = []


def open_room(settings: Settings) -> Room:
    """Make this process's room; called once, by whoever starts the process."""
    try:
        made = Room(settings)
    except UNAVAILABLE as fault:
        raise Unready(f"the database does not answer: {fault}") from fault
    missing = [
        f"{connection.key} of {program.key} needs {connection.secret}"
        for program in made.programs().values()
        for connection in program.connections.values()
        if not settings.connection_secret(connection.secret)
    ]
    if missing:
        raise Unready("settings are missing: " + "; ".join(missing))
    _rooms[:] = [made]
    return made


def room() -> Room:
    """The room of this process."""
    assert _rooms, "open_room was not called"
    return _rooms[0]
