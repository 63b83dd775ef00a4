"""How a page is answered: whole in one thread, for views and the layers around them only know how to wait."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import copy_context
from functools import partial
from typing import IO, Any, TypeVar

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import HttpResponseBase
from django.urls import set_script_prefix

from guerdon.web.intake.asgi import Scope, Send

Made = TypeVar("Made")
# As Django has it: what came is read, never changed.
Hears = Callable[[], Awaitable[Mapping[str, Any]]]
# So many pages are made at a time; who comes then waits for the first that is done. Each may have a
# connection, and the database has room for them beside the worker's.
THREADS_MAX = 40
# One for the process, as its room: threads begin when they are needed, and stay.
_THREADS = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="page")


class Pages(ASGIHandler):
    """The ASGI application of all pages.

    Django itself would begin a thread for each request and go there and back for every step of it, with a
    second task that waits for the sender to hang up.
    """

    def load_middleware(self, is_async: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002  Django's own signature
        """Read the layers as a server without events does."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Hears, send: Send) -> None:
        """Serve one request."""
        # Who hangs up before the body is whole asked for nothing.
        with suppress(RequestAborted):
            body = await self.read_body(receive)
            with closing(body):
                answer = await _in_thread(self._answer, scope, body)
                if answer.streaming:
                    await self._stream(answer, receive, send)
                else:
                    await self.send_response(answer, send)

    def _answer(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        """Make an answer, all of it unless it comes by and by; nothing of the thread is held after that."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        request, refusal = self.create_request(scope, body)
        answer = refusal if request is None else self.get_response(request)
        assert answer is not None, "there is a request or why there is none"
        if answer.streaming:
            close_old_connections()
        else:
            answer.close()
        return answer

    async def _stream(self, answer: HttpResponseBase, receive: Hears, send: Send) -> None:
        """Send an answer as it comes, for as long as somebody takes it."""
        sending = asyncio.ensure_future(self.send_response(answer, send))
        leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            ended = await asyncio.gather(sending, leaving, return_exceptions=True)
            await _in_thread(answer.close)
        for fault in ended:
            if isinstance(fault, Exception) and not isinstance(fault, RequestAborted):
                raise fault


async def _in_thread(work: Callable[..., Made], *arguments: Any) -> Made:
    """Have a thread do something, in a context of its own; whoever stops waiting for it waits until then."""
    loop, around = asyncio.get_running_loop(), copy_context()
    done = loop.run_in_executor(_THREADS, partial(around.run, work, *arguments))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        # The process is stopping: what a request began is not left without its database.
        await asyncio.wait([done])
        raise
