"""Every request's way: address, headers, token, limits, faults, fields, and at last the operation."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from standins.hubspot.api.call import Call
from standins.hubspot.api.routes import ANSWERS, Atlas, Route
from standins.hubspot.control.doors import Control
from standins.hubspot.fields import problem, query_problem, shapes
from standins.hubspot.refusals import Refusal, invalid, not_found
from standins.hubspot.wire import Answer, Request
from standins.hubspot.world import Token, World

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
CONTROL, FILES = "/_control/", "/_files/"


class Application:
    """The stand-in as a function from requests to answers."""

    def __init__(self, world: World, *, legacy: bool, checked: bool) -> None:
        self.world = world
        self.checked = checked
        self.atlas = Atlas(legacy=legacy)
        self.control = Control(self)

    def __call__(self, request: Request) -> Answer:
        """Answer a request; nothing that is asked may bring the stand-in down."""
        if request.path.startswith(CONTROL):
            return self.control(request)
        self.world.counts["requests"] += 1
        fault = self.world.faults.draw()
        if fault is not None:
            self.world.counts[f"fault {fault}"] += 1
        if fault == "before":
            return self._trouble()
        answer = self._answer(request)
        self.world.counts[f"status {answer.status}"] += 1
        if fault == "after":
            return self._trouble()
        answer.cut = fault == "cut"
        answer.delay_s = self.world.faults.slow_s if fault == "slow" else 0.0
        return answer

    def _trouble(self) -> Answer:
        status = self.world.faults.status()
        return Answer(status, Refusal(status, "INTERNAL_ERROR", "internal error").body())

    def _answer(self, request: Request) -> Answer:
        headers: dict[str, str] = {}
        try:
            if request.path.startswith(FILES):
                return self._file(request)
            found = self.atlas.find(request.method, request.path)
            if isinstance(found, int):
                raise Refusal(found, "OBJECT_NOT_FOUND", "resource not found")  # noqa: TRY301
            route, path = found
            self.world.counts[f"{request.method} {route.template}"] += 1
            _check_headers(request, route)
            token = None if route.is_open else self._token(request)
            headers = self._pass_limits(token, route)
            answer = route.operation(self._call(request, route, path, token))
            if self.checked and answer.status != 204:
                _check_answer(route, answer)
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.body(), dict(refusal.headers))
            wrong = problem("Error", answer.body)
            assert wrong is None, wrong
        answer.headers |= headers
        return answer

    def _token(self, request: Request) -> Token:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        token = self.world.tokens.get(text)
        if kind.lower() != "bearer" or token is None or token.revoked or token.refresh:
            message = "Authentication credentials not found. This API supports OAuth 2.0 authentication"
            raise Refusal(401, "INVALID_AUTHENTICATION", message)
        late_ms = 0 if token.ends_ms is None else self.world.clock.now_ms() - token.ends_ms
        if late_ms > 0:
            message = f"The OAuth token used to make this call expired {late_ms // 1000} second(s) ago."
            context = {"expire time": [str(token.ends_ms)]}
            raise Refusal(401, "EXPIRED_AUTHENTICATION", message, context=context)
        return token

    def _pass_limits(self, token: Token | None, route: Route) -> dict[str, str]:
        if token is None:
            return {}
        private = token.app.private
        now = self.world.clock.now_ms()
        return self.world.limits.pass_one(
            token.app.id, token.portal, now, private=private, search=route.is_search
        )

    def _call(self, request: Request, route: Route, path: dict[str, str], token: Token | None) -> Call:
        version = path.get("version", "")
        pairs = request.query if route.form is None else _form(request, route)
        wrong = query_problem(route.form or route.query, pairs)
        if wrong is not None:
            raise invalid(wrong)
        query: dict[str, list[str]] = {}
        for name, text in pairs:
            query.setdefault(name, []).append(text)
        body = None if route.body is None else _json(request, route.body)
        named = {**path, "operation": request.path.rpartition("/")[2]}
        return Call(self.world, token, version, named, query, body)

    def _file(self, request: Request) -> Answer:
        parts = request.path.removeprefix(FILES).split("/")
        if request.method != "GET" or len(parts) != 4 or not parts[3].isdigit():
            raise not_found()
        if int(parts[3]) < self.world.clock.now_ms():
            raise Refusal(403, "BANNED", "the address of the file has expired")
        scope = None if parts[1] == "all" else int(parts[1])
        for entry in self.world.journal.entries(scope):
            if entry.offset == parts[2]:
                return Answer(200, entry.file())
        raise not_found()


def _check_headers(request: Request, route: Route) -> None:
    known = shapes()["headers"]
    unknown = sorted(name for name in request.headers if name not in known)
    if unknown:
        raise invalid(f"headers {unknown} are not in the documents")
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    wanted = FORM if route.form is not None else JSON
    if (route.body is not None or route.form is not None) and kind != wanted:
        raise Refusal(415, "VALIDATION_ERROR", f"the body must be {wanted}")
    accepted = request.headers.get("accept", "*/*")
    if not any(one in accepted for one in ("*/*", "application/*", JSON)):
        raise invalid(f"cannot answer as {accepted}")


def _check_answer(route: Route, answer: Answer) -> None:
    """Fail loudly where an answer says what the table does not have."""
    shapes_of = ANSWERS.get(route.operation, ())
    wrong = [problem(shape, answer.body) for shape in shapes_of]
    if shapes_of and None not in wrong:
        message = f"{route.template}: {wrong}"
        raise Refusal(500, "INTERNAL_ERROR", message)


def _json(request: Request, shape: str) -> Any:
    try:
        body = msgspec.json.decode(request.body)
    except msgspec.DecodeError as error:
        message = f"Invalid input JSON: {error}"
        raise invalid(message) from None
    wrong = problem(shape, body)
    if wrong is not None:
        message = f"Invalid input JSON on line 1: {wrong}"
        raise invalid(message)
    return body


def _form(request: Request, route: Route) -> list[tuple[str, str]]:
    del route
    if request.query:
        raise invalid("this endpoint takes its fields in the body")
    return parse_qsl(request.body.decode(), keep_blank_values=True)
