"""The mail server's side of SMTP, with the two ways in which it can be told to misbehave."""

import time
from asyncio import get_running_loop
from asyncio.base_events import Server
from dataclasses import dataclass
from random import Random

from aiosmtpd.smtp import SMTP, Envelope, Session

from .mails import Mailbox

HOST = "127.0.0.1"
MAIL_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Moods:
    """How the server misbehaves: the share of recipients it puts off, and whether it rejects some."""

    refuse_share: float = 0.0
    reject: bool = False


class Door:
    """What the server answers, by the names that aiosmtpd looks for."""

    def __init__(self, mailbox: Mailbox, moods: Moods) -> None:
        self._mailbox = mailbox
        self._moods = moods
        self._chance = Random(1)

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name and arguments
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet, and say that commands may come in one piece."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name and arguments
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        if self._moods.reject and address.startswith("reject"):
            return "550 5.1.1 No such mailbox here"
        if self._chance.random() < self._moods.refuse_share:
            return "451 4.7.1 Too busy, please try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient taken"

    async def handle_DATA(  # noqa: N802  aiosmtpd's name and arguments
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take the mail itself."""
        raw = envelope.original_content or b""
        received_at = time.time_ns() // 1_000_000
        for address in envelope.rcpt_tos:
            self._mailbox.keep(address, raw, received_at)
        return "250 2.0.0 Mail taken"


async def listen(mailbox: Mailbox, moods: Moods, port: int) -> Server:
    """Start to take mails on this machine's own address."""
    loop, door = get_running_loop(), Door(mailbox, moods)
    return await loop.create_server(
        lambda: SMTP(
            door,
            data_size_limit=MAIL_BYTES_MAX,
            enable_SMTPUTF8=True,
            hostname="mailbox.example",
            ident="Mailbox",
            loop=loop,
        ),
        HOST,
        port,
    )
