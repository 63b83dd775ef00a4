"""Who asks: a key with its scopes and place, read anew for each request, and not more often than it may.

A key's program never changes, so that is remembered; whether it holds still is asked every time, and a key
that was withdrawn opens nothing from the next request on. From where too many wrong keys came, only a key
that has opened here before is looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from time import monotonic

from django.http import HttpRequest

from guerdon.access.grants import Scope
from guerdon.program.model import Program
from guerdon.store.access.api_keys import ApiKey, KeyScope, find_api_key, read_token
from guerdon.values.clock import utc_now
from guerdon.web.api.problems import Trouble
from guerdon.web.guesses import network_of
from guerdon.web.refusals import ACCESS, note_refusal
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
        self._opened: set[bytes] = set()

    def __call__(self, request: HttpRequest) -> Caller:
        """The caller, or the trouble there is."""
        token = read_token(request.headers.get("Authorization", "").encode("latin-1", "replace"))
        network = address_of(request)
        if token is not None and _sha(token) not in self._opened:
            wait_for(room().wrong_keys.wait(network), "Too many wrong keys came from there")
        found = None if token is None else self._find(*token)
        if found is None:
            # Without a key nothing was guessed.
            if token is not None:
                room().wrong_keys.wrong(network)
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
        demand(request, found, scope_of(request))
        return found

    def _find(self, key_id: str, secret: str) -> Caller | None:
        known = self._programs.get(key_id)
        for program_id in [known] if known is not None else list(room().programs()):
            with room().reading(program_id) as tx:
                key = find_api_key(tx, program_id, key_id)
            if key is not None and key.opened_by(secret, utc_now()):
                if len(self._programs) >= REMEMBERED_MAX or len(self._opened) >= REMEMBERED_MAX:
                    self._programs.clear()
                    self._opened.clear()
                self._programs[key_id] = program_id
                self._opened.add(_sha((key_id, secret)))
                return Caller(program_id, key)
        return None


def _sha(token: tuple[str, str]) -> bytes:
    return sha256("_".join(token).encode()).digest()


def address_of(request: HttpRequest) -> str:
    """The network that a request came from."""
    return network_of(str(request.META.get("REMOTE_ADDR", "")))


def wait_for(seconds: int, detail: str) -> None:
    """Answer that one has to wait, if one has to."""
    if seconds:
        raise Trouble(429, "guesses", detail, (("Retry-After", str(seconds)),))


def route_of(request: HttpRequest) -> str:
    """The address as the table of addresses spells it, without anybody's ids."""
    return request.resolver_match.route if request.resolver_match else ""


def demand(request: HttpRequest, caller: Caller, wanted: KeyScope | None) -> None:
    """Refuse a key without a scope, and tell the audit; nobody has the scope None."""
    if wanted is not None and wanted in caller.key.scopes:
        return
    note_refusal(
        caller.program_id, caller.name, ACCESS, str(wanted), address=route_of(request),
        method=str(request.method),
    )  # fmt: skip
    challenge = f'Bearer error="insufficient_scope", scope="{wanted}"'
    raise Trouble(403, "scope", f"This key has no scope {wanted}", (("WWW-Authenticate", challenge),))


def scope_of(request: HttpRequest) -> KeyScope | None:
    """The scope that an address asks for; None where no row gives it to keys: nobody has that."""
    row = ROUTES.get(route_of(request))
    return row.scope if row is not None and row.who == "key" else None


def caller_of(request: HttpRequest) -> Caller:
    """Who was let in."""
    found = getattr(request, "auth", None)
    assert isinstance(found, Caller), "an operation without a key"
    return found
