"""Hears that something was committed: one LISTEN per process, for everybody who watches."""

from collections.abc import AsyncIterator

import psycopg

from guerdon.store.database import role_conninfo

LISTENING = 0


async def committed(url: str, secret: str) -> AsyncIterator[int]:
    """Give the program of each commit as it happens, and first LISTENING, once commits are heard."""
    connection = await psycopg.AsyncConnection.connect(role_conninfo(url, secret, "web"), autocommit=True)
    async with connection:
        await connection.execute("listen guerdon_live")
        # Whatever was committed before this moment was not heard: whoever watches looks once more.
        yield LISTENING
        async for notice in connection.notifies():
            if notice.payload.isascii() and notice.payload.isdecimal():
                yield int(notice.payload)
