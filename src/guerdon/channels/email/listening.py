"""A mailbox on the wire: SMTP by aiosmtpd for mails that come back, and for none but those.

It takes mail for addresses that its desk knows, hands each to it, and writes nobody: what nobody wants is
refused while its sender is on the line. A report (with no sender) is never refused for what it says or whom
it is to, or some server would report that it could not be delivered.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session

SIZE_MAX = 512 * 1024
SESSIONS_MAX = 100
# A mail of ours comes back to one address; a few may have come together.
RECIPIENTS_MAX = 10
COMMANDS_MAX = 60
IDLE_S = 60.0
TAKEN, REFUSED = "250 2.0.0 Taken", "550 5.1.1 There is no such mailbox"
LATER, MANY = "451 4.3.0 Not taken; send it again later", "452 4.5.3 Too many recipients"

log = logging.getLogger(__name__)


class Busy(Exception):  # noqa: N818  an answer, not a fault
    """It cannot be taken now, and is asked to come again."""


class Desk(Protocol):
    """Who knows addresses, and takes what comes to them. Asked from any thread."""

    def knows(self, address: str) -> bool:
        """Whether mail to an address is taken."""
        ...

    def take(self, addresses: tuple[str, ...], content: bytes, *, reported: bool) -> None:
        """Take a mail; `reported`: it has no sender, as reports have none. Raises `Busy`."""
        ...


@dataclass(slots=True)
class _Sessions:
    open: int = 0


class _Line(SMTP):
    """One session, of which there are so many at once."""

    def __init__(self, sessions: _Sessions, *given: Any, **more: Any) -> None:
        self._sessions = sessions
        super().__init__(*given, **more)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sessions.open += 1
        if self._sessions.open > SESSIONS_MAX:
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sessions.open -= 1
        super().connection_lost(error)


class _Answers:
    """What is answered, by the names that aiosmtpd calls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name and arguments
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS_MAX:
            return MANY
        # A report that nobody knows is taken and let go: refused, it would be reported itself.
        if _is_report(envelope) or await asyncio.to_thread(self._desk.knows, address):
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 OK"
        return REFUSED

    async def handle_DATA(  # noqa: N802  aiosmtpd's name and arguments
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        given = content if isinstance(content, bytes) else (content or "").encode()
        to = tuple(envelope.rcpt_tos)
        try:
            await asyncio.to_thread(self._desk.take, to, given, reported=_is_report(envelope))
        except Busy:
            return LATER
        return TAKEN

    async def handle_exception(self, fault: Exception) -> str:
        """A mistake of ours is told to us, and to nobody outside."""
        log.error("a mail could not be taken", exc_info=fault)
        return LATER


def _is_report(envelope: Envelope) -> bool:
    """Whether it has no sender, as aiosmtpd spells that."""
    return envelope.mail_from in {None, "", "<>"}


@contextmanager
def listening(where: tuple[str, int], own_name: str, desk: Desk) -> Iterator[int]:
    """Listen for the length of a block, in a thread of its own; gives the port. Raises OSError."""
    loop, sessions = asyncio.new_event_loop(), _Sessions()

    def line() -> asyncio.BaseProtocol:
        return _Line(
            sessions,
            _Answers(desk),
            data_size_limit=SIZE_MAX,
            enable_SMTPUTF8=True,
            hostname=own_name,
            ident="ESMTP",
            timeout=IDLE_S,
            command_call_limit=COMMANDS_MAX,
            loop=loop,
        )

    thread = Thread(target=loop.run_forever, name="returned mail")
    thread.start()
    try:
        listens = _run(loop, loop.create_server(line, *where))
        try:
            yield int(listens.sockets[0].getsockname()[1])
        finally:
            listens.close()
            _run(loop, _end_all())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _run(loop: asyncio.AbstractEventLoop, work: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(work, loop).result(15)


async def _end_all() -> None:
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
