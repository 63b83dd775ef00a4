"""What a page or a file sends: all of it at once, or part by part."""

import asyncio
from typing import Any


def parts_of(answer: Any) -> list[bytes]:
    """The parts in which an answer is sent."""
    if not answer.streaming:
        return [answer.content]

    async def taken() -> list[bytes]:
        return [part async for part in answer.streaming_content]

    return asyncio.run(taken())


def sent_by(answer: Any) -> bytes:
    """All that an answer sends."""
    return b"".join(parts_of(answer))
