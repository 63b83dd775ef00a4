"""Servers that take what a benchmark sends and keep nothing of it: SMTP, and a push service (RFC 8030).

They end with whoever started them. Their arguments: both ports, and the number of that process.
"""

import asyncio
import os
import sys

from aiosmtpd.smtp import SMTP, Envelope, Session

CREATED = b"HTTP/1.1 201 Created\r\nLocation: /m/1\r\nContent-Length: 0\r\n\r\n"
LOOK_S = 0.5


class Taking:
    """Takes every mail."""

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name and arguments
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer what mail servers do: commands one behind the other."""
        del server, envelope
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Say that it was taken."""
        del server, session, envelope
        return "250 OK"


async def push(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request of a connection by 201."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            fields = dict(line.lower().partition(b":")[::2] for line in head.split(b"\r\n"))
            length = int(fields.get(b"content-length", b"0"))
            await reader.readexactly(length)
            writer.write(CREATED)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Serve until whoever started us is gone."""
    smtp_port, push_port, parent = (int(each) for each in sys.argv[1:])
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: SMTP(Taking(), enable_SMTPUTF8=True, loop=loop), "127.0.0.1", smtp_port)
    await asyncio.start_server(push, "127.0.0.1", push_port)
    while os.getppid() == parent:  # noqa: ASYNC110  nobody tells us that it is gone
        await asyncio.sleep(LOOK_S)


if __name__ == "__main__":
    asyncio.run(main())
