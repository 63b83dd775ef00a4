"""Who asks: a key with its scopes and place, read anew for each request, and not more often than it may.

A key's program never changes, so that is remembered; whether it holds still is asked every time, and a key
that was withdrawn opens nothing from the next request on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from django.http import HttpRequest

from guerdon.access.grants import Scope
from guerdon.program.model import Program
from guerdon.store.access.api_keys import ApiKey, KeyScope, find_api_key, read_token
from guerdon.values.clock import utc_now
from guerdon.web.api.problems import Trouble
from guerdon.web.rooms import room
from guerdon.web.routes import ROUTES

PER_SECOND = 20
REMEMBERED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """A key at work in its program."""

    program_id: int
    key: ApiKey

    @property
    def program(self) -> Program:
        """The program as it is live."""
        return room().program(self.program_id)

    @property
    def place(self) -> Scope:
        """The part of the program that it sees."""
        return self.key.place

    @property
    def name(self) -> str:
        """The key as tables and the audit name it."""
        return f"key:{self.key.key_id}"


class Pace:
    """So many requests a second for each key, and as many at once; one process counts for itself."""

    def __init__(self, per_second: int = PER_SECOND, clock: Callable[[], float] = monotonic) -> None:
        self.per_second = per_second
        self._clock = clock
        self._lock = Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key_id: str) -> bool:
        """Whether one more request is within the pace; it is counted if so."""
        with self._lock:
            now = self._clock()
            if len(self._left) >= REMEMBERED_MAX:
                self._left = {key: each for key, each in self._left.items() if now - each[1] < 1}
            left, then = self._left.get(key_id, (float(self.per_second), now))
            left = min(float(self.per_second), left + (now - then) * self.per_second)
            allowed = left >= 1
            self._left[key_id] = (left - 1 if allowed else left, now)
            return allowed


class KeyAuth:
    """`Authorization: Bearer gdn_...`, with the scope that the table of addresses asks for."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._programs: dict[str, int] = {}

    def __call__(self, request: HttpRequest) -> Caller:
        """The caller, or the trouble there is."""
        found = self._find(request.headers.get("Authorization", ""))
        if found is None:
            raise Trouble(
                401,
                "key",
                "Send a valid key: Authorization: Bearer gdn_...",
                (("WWW-Authenticate", "Bearer"),),
            )
        if not self.pace.take(found.key.key_id):
            raise Trouble(
                429, "pace", f"A key may ask {self.pace.per_second} times a second", (("Retry-After", "1"),)
            )
        wanted = scope_of(request)
        if wanted is None or wanted not in found.key.scopes:
            challenge = f'Bearer error="insufficient_scope", scope="{wanted}"'
            raise Trouble(403, "scope", f"This key has no scope {wanted}", (("WWW-Authenticate", challenge),))
        return found

    def _find(self, authorization: str) -> Caller | None:
        token = read_token(authorization.encode("latin-1", "replace"))
        if token is None:
            return None
        key_id, secret = token
        known = self._programs.get(key_id)
        for program_id in [known] if known is not None else list(room().programs()):
            with room().reading(program_id) as tx:
                key = find_api_key(tx, program_id, key_id)
            if key is not None and key.opened_by(secret, utc_now()):
                if len(self._programs) >= REMEMBERED_MAX:
                    self._programs.clear()
                self._programs[key_id] = program_id
                return Caller(program_id, key)
        return None


def scope_of(request: HttpRequest) -> KeyScope | None:
    """The scope that an address asks for; None where no row gives it to keys: nobody has that."""
    row = ROUTES.get(request.resolver_match.route if request.resolver_match else "")
    return row.scope if row is not None and row.who == "key" else None


def caller_of(request: HttpRequest) -> Caller:
    """Who was let in."""
    found = getattr(request, "auth", None)
    assert isinstance(found, Caller), "an operation without a key"
    return found
