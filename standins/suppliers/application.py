"""A request's way through a supplier: control door, time, key, pace, trouble, fields, and the operation."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import msgspec

from standins.hubspot.wire import Answer, Request
from standins.suppliers.callbacks import Callbacks
from standins.suppliers.clock import Clock
from standins.suppliers.control import Control
from standins.suppliers.faults import Faults
from standins.suppliers.paces import Pace
from standins.suppliers.table import Problem, Table
from standins.suppliers.truth import Truth

CONTROL = "/_control/"


class Refusal(Exception):  # noqa: N818 - an answer, not a failure of ours
    """An answer that is not what was asked for."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.headers = headers or {}


class World(Protocol):
    """What every supplier has; a test may start it anew."""

    seed: int
    origin: str
    clock: Clock
    faults: Faults
    pace: Pace
    truth: Truth
    callbacks: Callbacks
    counts: dict[str, int]
    behaviour: dict[str, Any]
    pictures: dict[str, str]

    def tick(self) -> None:
        """Let happen whatever is due."""

    def keys(self) -> dict[str, Any]:
        """Secrets and tokens."""

    def control(self, name: str, asked: dict[str, Any]) -> Any:
        """Do what only this supplier's control door knows; KeyError for anything else."""


@dataclass
class Call:
    """A request that passed every check; its world is the supplier's own."""

    world: Any
    request: Request
    path: dict[str, str]
    query: dict[str, list[str]]
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    def one(self, name: str) -> str | None:
        """A parameter's last value."""
        found = self.query.get(name)
        return found[-1] if found else None

    def number(self, name: str, otherwise: int) -> int:
        """A parameter that is a number."""
        text = self.one(name)
        return otherwise if text is None else int(text)


class Route(NamedTuple):
    """An operation: where it is, and the shapes of what it takes and answers."""

    method: str
    path: str
    operation: Callable[[Call], Answer]
    query: str = "query:none"
    body: str | None = None
    answers: tuple[str, ...] = ()
    is_open: bool = False
    # A browser opens it, with whatever headers browsers send.
    is_page: bool = False
    # Such an operation checks its body itself: what is wrong with it is remembered like anything else.
    reads_body: bool = False

    def match(self, request: Request) -> dict[str, str] | None:
        """The parts of the address, where it is this one."""
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path), request.path)
        return None if found is None else found.groupdict()


class Vendor(Protocol):
    """What differs from supplier to supplier."""

    table: Table
    routes: list[Route]

    def make(self, seed: int) -> Any:
        """A world of it."""

    def admit(self, world: Any, request: Request, route: Route) -> None:
        """Check the key and the pace; raises the refusal."""

    def refuse(self, status: int, problem: Problem) -> Refusal:
        """Say in its own way what is wrong with a request."""

    def trouble(self, status: int) -> Refusal:
        """Say in its own way that something broke."""


class Application:
    """The stand-in as a function from requests to answers."""

    def __init__(self, vendor: Vendor, seed: int, *, checked: bool) -> None:
        self.vendor = vendor
        self.world: World = vendor.make(seed)
        self.checked = checked
        self.control = Control(self.reset)

    def reset(self, seed: int) -> World:
        """Start anew: nobody is left who knows of anything."""
        old, self.world = self.world, self.vendor.make(seed)
        self.world.origin = old.origin
        old.callbacks.close()
        return self.world

    def __call__(self, request: Request) -> Answer:
        """Answer a request; nothing that is asked may bring the stand-in down."""
        if request.path.startswith(CONTROL):
            return self.control(self.world, request)
        world = self.world
        world.tick()
        world.counts["requests"] += 1
        try:
            route, path = self._find(request)
            if not route.is_page:
                self._check_headers(request)
            self.vendor.admit(world, request, route)
            if request.method == "GET" and world.faults.fails_reading(world.counts["requests"]):
                raise self.vendor.trouble(world.faults.status(str(world.counts["requests"])))
            answer = route.operation(self._call(request, route, path))
            if self.checked and answer.body is not None and answer.status < 300:
                self._check_answer(route, answer)
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.body, refusal.headers)
        world.counts[f"status {answer.status}"] += 1
        return answer

    def _find(self, request: Request) -> tuple[Route, dict[str, str]]:
        others = False
        for route in self.vendor.routes:
            path = route.match(request)
            if path is not None and route.method == request.method:
                return route, path
            others = others or path is not None
        raise self.vendor.refuse(405 if others else 404, Problem((), "there is nothing at this address"))

    def _check_headers(self, request: Request) -> None:
        known = self.vendor.table.shapes["headers"]
        for name in request.headers:
            if name not in known:
                raise self.vendor.refuse(400, Problem((name,), "this header is not in the documents"))

    def _call(self, request: Request, route: Route, path: dict[str, str]) -> Call:
        table = self.vendor.table
        wrong = table.query_problem(route.query, request.query)
        body = None
        if wrong is None and route.body is not None:
            try:
                body = msgspec.json.decode(request.body)
            except msgspec.DecodeError as error:
                raise self.vendor.refuse(400, Problem((), f"no JSON: {error}")) from None
            wrong = table.problem(route.body, body)
        elif wrong is None and not route.reads_body and request.body.strip() not in (b"", b"{}"):
            wrong = Problem((), "takes no body")
        if wrong is not None:
            raise self.vendor.refuse(422 if wrong.missing else 400, wrong)
        query: dict[str, list[str]] = {}
        for name, text in request.query:
            query.setdefault(name, []).append(text)
        return Call(self.world, request, path, query, body)

    def _check_answer(self, route: Route, answer: Answer) -> None:
        """Fail loudly where an answer says what the table does not have."""
        if isinstance(answer.body, bytes):
            return
        body = msgspec.json.decode(answer.encode().partition(b"\r\n\r\n")[2])
        wrong = [self.vendor.table.problem(shape, body) for shape in route.answers]
        assert not wrong or None in wrong, (route.path, [one.written() for one in wrong if one is not None])
