"""Whoever calls us and cannot sign: counted by network, and told to wait when it was often.

What is rightly signed is taken all the same: providers call for others, too, who may mean us ill.
"""

from guerdon.web.guesses import network_of
from guerdon.web.intake.asgi import Scope, Send, problem
from guerdon.web.rooms import Room

NOT_SIGNED = "The signature is missing or wrong"


async def refuse_unsigned(room: Room, scope: Scope, send: Send) -> None:
    """Answer 401 and count it; 429 with `retry-after` to a network that was wrong too often."""
    network = network_of((scope.get("client") or ("", 0))[0])
    wait = room.wrong_callbacks.wait(network)
    if wait:
        headers = ((b"retry-after", str(wait).encode()),)
        await problem(send, 429, "Too many wrong signatures came from there", headers)
        return
    room.wrong_callbacks.wrong(network)
    await problem(send, 401, NOT_SIGNED)
