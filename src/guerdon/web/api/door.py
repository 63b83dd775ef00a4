"""The door of the API: who comes in, how much they may bring, and the addresses of all operations.

What is checked before an operation begins stands here in order: the key and its pace, its scope, the names
in the address, the size and kind of the body.
"""

from functools import cached_property
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from ninja import NinjaAPI, Router
from ninja.parser import Parser

from guerdon.web.api import (
    asyncapi,
    budgets,
    catalog,
    consents,
    deliveries,
    devices,
    drafts,
    drops,
    erasing,
    exporting,
    feeds,
    ledger,
    members,
    proof,
    proposals,
    quarantine,
    reconciling,
    referrals,
    segments,
    versions,
    wallet,
    webhooks,
    why,
)
from guerdon.web.api.callers import PER_SECOND, Caller, KeyAuth, Pace
from guerdon.web.api.openapi import Document, write_document
from guerdon.web.api.problems import Trouble, WrongField, missing, rendered, told_as_problem, wrong
from guerdon.web.routes import API

BODY_BYTES_MAX = 64 * 1024
# Where the text of a program comes in.
TEXT_BYTES_MAX = 2 * 1024 * 1024
WITH_TEXT = frozenset({"versions/check", "drafts/begin", "drafts/<draft>/save"})
ROUTERS = (
    members.router,
    erasing.router,
    exporting.router,
    consents.router,
    devices.router,
    wallet.router,
    ledger.router,
    budgets.router,
    proposals.router,
    proof.router,
    why.router,
    segments.router,
    referrals.router,
    versions.router,
    drafts.router,
    webhooks.router,
    quarantine.router,
    drops.router,
    catalog.router,
    feeds.router,
    deliveries.router,
    reconciling.router,
    asyncapi.router,
)
# Where a file comes in, as it is.
FILE_BYTES_MAX = 4 * 1024 * 1024
FEED_BYTES_MAX = 10 * 1024 * 1024
WITH_FILE = {
    **dict.fromkeys(("drops/<name>", "drops/<name>/rehearse"), FILE_BYTES_MAX),
    "catalog/feeds/<feed>/syncs": FEED_BYTES_MAX,
}
FILE_TYPE = "application/octet-stream"
_BAD_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_WITH_BODY = frozenset({"POST"})


class StrictParser(Parser):
    """JSON as its standard has it: no NaN, no lone surrogates, nothing after the end."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body of a request, which was read and looked at before."""
        return msgspec.json.decode(request.body)


class Api(NinjaAPI):
    """The operations, with the checks before each and the document that describes them."""

    def __init__(
        self, routers: tuple[Router, ...] = ROUTERS, name: str = "api", per_second: int = PER_SECOND
    ) -> None:
        self.keys = KeyAuth(Pace(per_second))
        super().__init__(
            title="Guerdon",
            version="1",
            auth=self.admit,
            openapi_url=None,
            docs_url=None,
            parser=StrictParser(),
            urls_namespace=name,
        )
        self.add_exception_handler(Exception, told_as_problem)
        for kind in list(self._exception_handlers):
            self.add_exception_handler(kind, told_as_problem)
        for router in routers:
            self.add_router("", router)

    def admit(self, request: HttpRequest) -> Caller:
        """Let a request in, or say why not."""
        caller = self.keys(request)
        self._check_names(request)
        if request.method in _WITH_BODY:
            self._check_body(request)
        return caller

    @property
    def patterns(self) -> list[URLPattern]:
        """Where the operations are, and nothing else."""
        found, _, _ = self.urls
        return [each for each in found if isinstance(each, URLPattern) and each.name != "api-root"]

    def _check_names(self, request: HttpRequest) -> None:
        known = self.document.names.get(_operation(request), frozenset())
        mistakes = [
            WrongField(detail="there is no such parameter", parameter=name)
            for name in request.GET
            if name not in known
        ]
        mistakes += [
            WrongField(detail="it stands there more than once", parameter=name)
            for name in request.GET
            if len(request.GET.getlist(name)) > 1
        ]
        if mistakes:
            raise wrong(mistakes)

    def _check_body(self, request: HttpRequest) -> None:
        if _route(request) in WITH_FILE:
            _read_file(request)
            return
        given = _read_body(request)
        if given in (None, {}) or _operation(request) in self.document.with_body:
            return
        names = given if isinstance(given, dict) else [""]
        raise wrong(WrongField(detail="nothing is expected here", pointer=f"/{name}") for name in names)

    @cached_property
    def document(self) -> Document:
        """The description of all of it."""
        return write_document(self)


def _operation(request: HttpRequest) -> tuple[str, str]:
    assert request.resolver_match is not None
    return request.resolver_match.route, str(request.method)


def _read_body(request: HttpRequest) -> Any:
    """What a body says, as far as it may be read; None when there is none."""
    body = _bytes_of(request, TEXT_BYTES_MAX if _route(request) in WITH_TEXT else BODY_BYTES_MAX)
    if not body:
        return None
    if _type_of(request) != "application/json":
        raise Trouble(415, "media-type", "The body is application/json")
    try:
        return msgspec.json.decode(body)
    except _BAD_JSON as fault:
        raise Trouble(400, "unreadable", f"It is no JSON: {str(fault)[:200]}") from None


def _read_file(request: HttpRequest) -> None:
    """Have a file at hand, as far as it may be read."""
    _bytes_of(request, WITH_FILE[_route(request)])
    if _type_of(request) != FILE_TYPE:
        raise Trouble(415, "media-type", f"The body is {FILE_TYPE}: the file as it is")


def _route(request: HttpRequest) -> str:
    return _operation(request)[0].removeprefix(API)


def _type_of(request: HttpRequest) -> str:
    return str(request.META.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()


def _bytes_of(request: HttpRequest, most: int) -> bytes:
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    too_large = Trouble(413, "too-large", f"A body has at most {most // 1024} KiB")
    if not length.isdecimal() or int(length[:20]) > most:
        raise too_large
    # A body that comes in pieces names no length, so no more of it is read than may be.
    body = request.read(most + 1)
    if len(body) > most:
        raise too_large
    request._body = body  # noqa: SLF001  where Django keeps a body that was read
    return body


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:  # noqa: ARG001  Django hands it in
    """There is no such operation."""
    return missing().answer()


nothing_here.csrf_exempt = True  # type: ignore[attr-defined]


def addresses(api: Api) -> list[URLPattern]:
    """Every address of the API, from the root."""

    def openapi(request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return Trouble(405, "method", "GET it", (("Allow", "GET"),)).answer()
        return rendered(200, api.document.raw)

    openapi.csrf_exempt = True  # type: ignore[attr-defined]
    # What is more particular stands first.
    ordered = sorted(api.patterns, key=lambda each: str(each.pattern).count("<"))
    own = [path(API + str(each.pattern), _with_problems(each.callback)) for each in ordered]
    return [*own, path(API + "openapi.json", openapi), path("api/<path:rest>", nothing_here)]


def _with_problems(view: Any) -> Any:
    """What django-ninja answers by itself, a wrong method, as a problem like all others."""

    def answered(request: HttpRequest, **parts: str) -> HttpResponse:
        found: HttpResponse = view(request, **parts)
        if found.status_code != 405:
            return found
        allowed = (("Allow", str(found.headers.get("Allow", ""))),)
        return Trouble(405, "method", f"Here one may {allowed[0][1]}", allowed).answer()

    answered.csrf_exempt = True  # type: ignore[attr-defined]
    return answered


urlpatterns = addresses(Api())
