"""A mail server of the world for one test: real SMTP by aiosmtpd, answering as the test says."""

import asyncio
import email.policy
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from threading import Thread

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 2.0.0 Taken"
PARSER = BytesParser(policy=email.policy.default)


def taken(_: "Envelope") -> str:
    return OK


@dataclass
class MailServer:
    """What came, and what is answered; an answer that is None closes the connection instead."""

    at_recipient: Callable[[str], str] = lambda _: OK
    at_mail: Callable[[Envelope], str | None] = taken
    pipelining: bool = True
    tls: ssl.SSLContext | None = None
    login: tuple[bytes, bytes] | None = None
    port: int = 0
    connections: int = 0
    envelopes: list[Envelope] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None
    transports: list[asyncio.BaseTransport] = field(default_factory=list)

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        """Let in who knows the word."""
        assert isinstance(given, LoginPassword)
        return AuthResult(success=(given.login, given.password) == self.login, handled=False)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails that arrived, whatever was answered then, read by the standard library."""
        return [read_back(envelope.original_content or b"") for envelope in self.envelopes]

    def hang_up(self) -> None:
        """Close all connections, as servers do with idle ones."""

        async def close() -> None:
            for transport in self.transports:
                transport.close()

        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(close(), self.loop).result(10)

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name and arguments
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        assert server.transport is not None
        self.transports.append(server.transport)
        return [*responses[:-1], *(["250-PIPELINING"] if self.pipelining else []), responses[-1]]

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name and arguments
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.at_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802  aiosmtpd's name and arguments
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        answer = await asyncio.to_thread(self.at_mail, envelope)
        if answer is None:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return OK
        return answer


def read_back(raw: bytes) -> EmailMessage:
    """Read a message as a mail program would; a defect fails the test."""
    message = PARSER.parsebytes(raw)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def body_of(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    content: str = part.get_content()
    return content


@contextmanager
def running(server: MailServer, port: int = 0) -> Iterator[MailServer]:
    """Let the server listen for the length of a test."""
    loop = server.loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()

    async def listen() -> asyncio.Server:
        return await loop.create_server(
            lambda: SMTP(
                server,
                enable_SMTPUTF8=True,
                hostname="mx.example",
                loop=loop,
                tls_context=server.tls,
                require_starttls=server.tls is not None,
                authenticator=server.authenticate,
                auth_required=server.login is not None,
            ),
            "127.0.0.1",
            port,
        )

    async def end_all() -> None:
        listening.close()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    listening = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(end_all(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
