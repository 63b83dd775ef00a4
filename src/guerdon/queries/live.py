"""Hears that something was committed: one LISTEN per process, for everybody who watches."""

from collections.abc import AsyncIterator

import psycopg

from guerdon.store.database import role_conninfo

LISTENING = 0
# What is heard of before any notice: nobody's.
NOBODY = f"{LISTENING}:0"


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


async def noticed(url: str, secret: str) -> AsyncIterator[str]:
    """Give `program:member` of each member with news in the app, and first NOBODY, once these are heard."""
    connection = await psycopg.AsyncConnection.connect(role_conninfo(url, secret, "web"), autocommit=True)
    async with connection:
        await connection.execute("listen guerdon_inapp")
        yield NOBODY
        async for notice in connection.notifies():
            yield notice.payload
