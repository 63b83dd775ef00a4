"""How pages are answered: in one thread from beginning to end, and for no longer than somebody is there."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from guerdon.config import Settings, read_settings
from guerdon.web.accounts import prepare
from guerdon.web.accounts.pages import Pages

FORM = b"application/x-www-form-urlencoded"
SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/r/x/choose",
    "query_string": b"",
    "headers": [(b"content-type", FORM)],
}
BODY: MutableMapping[str, Any] = {"type": "http.request", "body": b"item=cake"}
GONE: MutableMapping[str, Any] = {"type": "http.disconnect"}
SOON_S, FEW = 10.0, 3
View = Callable[[HttpRequest], HttpResponseBase]


class Asked(Pages):
    """Pages that answer by one view, whatever is asked."""

    view: View

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        return self.view(request)


class Line:
    """Somebody who asks: what they send, one message after another, and what came back."""

    def __init__(self, *says: MutableMapping[str, Any]) -> None:
        self.says, self.sent = list(says), list[Mapping[str, Any]]()
        self.leaves, self.came = asyncio.Event(), asyncio.Event()

    async def receive(self) -> MutableMapping[str, Any]:
        if self.says:
            return self.says.pop(0)
        await self.leaves.wait()
        return GONE

    async def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)
        if len(self.sent) == FEW:
            self.came.set()


@pytest.fixture
def pages(secret: str) -> Asked:
    given = read_settings(
        {"DATABASE_URL": "postgresql:///nowhere", "GUERDON_SECRET": secret, "GUERDON_HOME": "/nowhere"}
    )
    assert isinstance(given, Settings), given
    prepare(given)
    return Asked()


@pytest.fixture
def threads() -> Iterator[list[int]]:
    """In which threads requests began and ended, one after the other."""
    seen: list[int] = []

    def note(**_: object) -> None:
        seen.append(threading.get_ident())

    request_started.connect(note)
    request_finished.connect(note)
    yield seen
    request_started.disconnect(note)
    request_finished.disconnect(note)


def test_a_page_begins_is_made_and_ends_in_one_thread(pages: Asked, threads: list[int]) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        threads.append(threading.get_ident())
        return HttpResponse(request.POST["item"], status=201)

    async def ask() -> Line:
        line = Line(BODY)
        await pages(SCOPE, line.receive, line.send)
        return line

    pages.view = view
    line = asyncio.run(ask())
    assert len(threads) == 3
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()
    assert [message.get("status") for message in line.sent] == [201, None]
    assert line.sent[1]["body"] == b"cake"


def test_pages_are_made_beside_each_other(pages: Asked) -> None:
    both = threading.Barrier(2, timeout=SOON_S)

    def view(_: HttpRequest) -> HttpResponse:
        both.wait()
        return HttpResponse("here")

    async def ask() -> list[Line]:
        lines = [Line(dict(BODY)), Line(dict(BODY))]
        await asyncio.gather(*(pages(SCOPE, line.receive, line.send) for line in lines))
        return lines

    pages.view = view
    assert [line.sent[0]["status"] for line in asyncio.run(ask())] == [200, 200]


def test_who_hangs_up_before_all_is_said_asked_for_nothing(pages: Asked, threads: list[int]) -> None:
    async def ask() -> Line:
        line = Line({**BODY, "more_body": True}, GONE)
        await pages(SCOPE, line.receive, line.send)
        return line

    pages.view = lambda _: HttpResponse("never")
    assert asyncio.run(ask()).sent == []
    assert threads == []


def test_what_comes_by_and_by_ends_with_its_reader(pages: Asked, threads: list[int]) -> None:
    ended: list[str] = []

    async def parts() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"part"
                await asyncio.sleep(0)
        finally:
            ended.append("reader gone")

    async def ask() -> Line:
        line = Line(BODY)
        asking = asyncio.ensure_future(pages(SCOPE, line.receive, line.send))
        async with asyncio.timeout(SOON_S):
            await line.came.wait()
            line.leaves.set()
            await asking
        return line

    pages.view = lambda _: StreamingHttpResponse(parts())
    assert asyncio.run(ask()).sent[1]["body"] == b"part"
    assert ended == ["reader gone"]
    assert len(threads) == 2, "it was begun, and it was ended"


def test_a_fault_half_way_is_not_taken_for_the_end(pages: Asked) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"part"
        raise LookupError("half-way")

    async def ask() -> None:
        line = Line(BODY)
        async with asyncio.timeout(SOON_S):
            await pages(SCOPE, line.receive, line.send)

    pages.view = lambda _: StreamingHttpResponse(parts())
    with pytest.raises(LookupError):
        asyncio.run(ask())


def test_a_process_that_stops_lets_what_was_begun_end_first(pages: Asked) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), list[str]()

    def view(_: HttpRequest) -> HttpResponse:
        begun.set()
        go_on.wait(SOON_S)
        done.append("written")
        return HttpResponse("here")

    async def stop() -> bool:
        line = Line(BODY)
        asking = asyncio.ensure_future(pages(SCOPE, line.receive, line.send))
        await asyncio.to_thread(begun.wait, SOON_S)
        asking.cancel()
        await asyncio.sleep(0.05)
        waits = not asking.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
        return waits

    pages.view = view
    assert asyncio.run(stop())
    assert done == ["written"]
