"""`POST /v1/events`: CloudEvents from any system that has a key.

Its senders are programs, so mistakes are answered with every wrong field, and nothing of a wrong
request is kept.
"""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256

from guerdon.connectors.cloudevents.binary import ATTRIBUTES_MAX, BYTES_MAX, TooMany, by_header, structured
from guerdon.connectors.cloudevents.payload import (
    CONNECTION,
    WRONG_MAX,
    Wrong,
    check_events,
    read_arrivals,
    read_events,
)
from guerdon.engine.intake import Delivery
from guerdon.store.access.api_keys import EVENTS, ApiKey, find_api_key, read_token
from guerdon.store.database import UNAVAILABLE
from guerdon.values.clock import utc_now
from guerdon.web.guesses import network_of
from guerdon.web.intake.asgi import BODY_BYTES_MAX, Receive, Scope, Send, answer, header, problem, take_body
from guerdon.web.intake.hooks import COME_AGAIN
from guerdon.web.intake.modes import Mode, Unfit, mode_of
from guerdon.web.intake.writer import Busy, Writer
from guerdon.web.rooms import Room

PATH = "/v1/events"
KEPT_S = 1.0
REMEMBERED_MAX = 1_000


class Keys:
    """API keys that were just looked up, so that a flood does not ask the database for each request."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._known: dict[str, tuple[float, tuple[int, ApiKey] | None]] = {}
        self._opened: set[bytes] = set()

    def wait(self, authorization: bytes | None, network: str) -> int:
        """For how many seconds whoever sent this has to wait, because too many wrong keys came from there.

        What has opened here before is no guess.
        """
        known = sha256(authorization or b"").digest() in self._opened
        return 0 if known else self._room.wrong_keys.wait(network)

    def find(self, authorization: bytes | None, network: str) -> tuple[int, ApiKey] | None:
        """The program and key behind `Authorization: Bearer gdn_<id>_<secret>`, or None.

        Asks the database, unless it did a moment ago. A wrong one is counted for its network.
        """
        token = read_token(authorization)
        if token is None:
            return None
        key_id, secret = token
        now = utc_now()
        known = self._known.get(key_id)
        if known is None or now.timestamp() - known[0] > KEPT_S:
            if len(self._known) > REMEMBERED_MAX:
                self._known.clear()
            known = self._known[key_id] = (now.timestamp(), self._load(key_id))
        found = known[1]
        if found is None or not found[1].opened_by(secret, now):
            self._room.wrong_keys.wrong(network)
            return None
        if len(self._opened) > REMEMBERED_MAX:
            self._opened.clear()
        self._opened.add(sha256(authorization or b"").digest())
        return found if EVENTS in found[1].scopes else None

    def _load(self, key_id: str) -> tuple[int, ApiKey] | None:
        for program_id in self._room.programs():
            with self._room.reading(program_id) as tx:
                found = find_api_key(tx, program_id, key_id)
            if found:
                return program_id, found
        return None


async def take_events(
    room: Room, writer: Writer, keys: Keys, scope: Scope, receive: Receive, send: Send
) -> None:
    """Take one request of CloudEvents."""
    if scope["method"] != "POST":
        await problem(send, 405, "Send events by POST", ((b"allow", b"POST"),))
        return
    said, network = header(scope["headers"], b"authorization"), network_of((scope.get("client") or ("",))[0])
    wait = keys.wait(said, network)
    if wait:
        again = ((b"retry-after", str(wait).encode()),)
        await problem(send, 429, "Too many wrong keys came from there", again)
        return
    try:
        allowed = await asyncio.to_thread(keys.find, said, network)
    except UNAVAILABLE:
        await problem(send, 503, "Not kept; send it again in a moment", COME_AGAIN)
        return
    if allowed is None:
        await problem(
            send, 401, "Send a valid key: Authorization: Bearer gdn_...", ((b"www-authenticate", b"Bearer"),)
        )
        return
    mode = mode_of(scope["headers"])
    if isinstance(mode, Unfit):
        await problem(send, 415, mode.title, errors=[{"header": "content-type", "detail": mode.detail}])
        return
    body = await take_body(scope, receive, send)
    if body is not None and mode == "binary":
        body = await _take_binary(scope, body, send)
    if body is not None:
        await _keep_checked(room, writer, allowed, body, send, mode)


async def _take_binary(scope: Scope, body: bytes, send: Send) -> bytes | None:
    """An event in binary mode as the structured one that says the same; None where that was refused."""
    try:
        read = structured(scope["headers"], body)
    except TooMany:
        title = f"At most {ATTRIBUTES_MAX} attributes of {BYTES_MAX} bytes all together"
        await problem(send, 431, title, errors=[{"header": "ce-*", "detail": "there are too many"}])
        return None
    if isinstance(read, Wrong):
        await problem(send, 400, "The events cannot be read", detail=read.detail)
    elif isinstance(read, list):
        await _refuse(send, read)
    elif len(read) > BODY_BYTES_MAX:
        await problem(send, 413, "The event is larger than 1 MiB")
    else:
        return read
    return None


async def _refuse(send: Send, wrong: Sequence[Mapping[str, str]]) -> None:
    mistakes = f"{len(wrong)} mistakes" if len(wrong) < WRONG_MAX else f"the first {WRONG_MAX} mistakes"
    await problem(
        send, 422, "Nothing was kept: some events are wrong", detail=mistakes, errors=wrong[:WRONG_MAX]
    )


async def _keep_checked(
    room: Room, writer: Writer, allowed: tuple[int, ApiKey], body: bytes, send: Send, mode: Mode
) -> None:
    program_id, key = allowed
    if room.stale:
        await asyncio.to_thread(room.refresh)
    events = read_events(body)
    if isinstance(events, Wrong):
        await problem(send, 400, "The events cannot be read", detail=events.detail)
        return
    wrong = check_events(room.program(program_id), key.source, events)
    if wrong:
        told = [
            by_header(w) if mode == "binary" else {"pointer": w.pointer, "detail": w.detail} for w in wrong
        ]
        await _refuse(send, told)
        return
    try:
        kept = await writer.keep(program_id, Delivery(CONNECTION, body, read_arrivals(events)))
    except Busy:
        await problem(send, 503, "Not kept; send it again in a moment", COME_AGAIN)
        return
    await answer(
        send, 202, {"accepted": kept.accepted, "duplicates": kept.duplicates, "quarantined": kept.quarantined}
    )
