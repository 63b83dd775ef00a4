"""Hears that something was committed: one LISTEN per process, for everybody who watches."""

from collections.abc import AsyncIterator

import psycopg

from guerdon.store.database import role_conninfo


async def committed(url: str, secret: str) -> AsyncIterator[int]:
    """Give the program of each commit as it happens; ends when the connection does."""
    connection = await psycopg.AsyncConnection.connect(role_conninfo(url, secret, "web"), autocommit=True)
    async with connection:
        await connection.execute("listen guerdon_live")
        async for notice in connection.notifies():
            if notice.payload.isdecimal():
                yield int(notice.payload)
