"""What a wire can do to the door: sizes, chunks, slowness, silence, and words that are no HTTP."""

import asyncio
import json
import socket
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from tests.web.intake.house import (
    HOOK,
    House,
    change,
    cloud_event,
    packed,
    read_answer,
    signed,
    status_of,
)

from guerdon.web.intake import asgi

MIB = 1 << 20
ONE = {"accepted": 1, "duplicates": 0, "quarantined": 0}


def lines_of(headers: dict[str, str]) -> bytes:
    return "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode()


def posted(body: bytes, *, version: str = "1.1", more: bytes = b"", length: int | None = None) -> bytes:
    """A signed request as bytes."""
    size = len(body) if length is None else length
    head = f"POST {HOOK} HTTP/{version}\r\nHost: x\r\nContent-Length: {size}\r\n".encode()
    return head + lines_of(signed(body)) + more + b"\r\n" + body


def check_open(house: House) -> None:
    assert house.hook(packed(change())).body == ONE


def filled(size: int) -> bytes:
    """A body of exactly this size with one good event in it."""
    body = packed(change())
    return body[:-1] + b" " * (size - len(body)) + b"]"


def test_a_mebibyte_fits_and_one_byte_more_does_not(house: House) -> None:
    assert house.hook(filled(MIB)).body == ONE
    before, counted = house.tally(), house.counted("rejected_too_large")
    answer = house.hook(filled(MIB + 1))
    assert (answer.status, answer.headers["content-type"]) == (413, "application/problem+json")
    house.await_counted("rejected_too_large", counted + 1)
    assert house.tally() | {"intake_counts": 0} == before | {"intake_counts": 0}


@pytest.mark.parametrize("path", [HOOK, "/v1/events"])
@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
def test_after_ten_megabytes_the_connection_still_serves(
    house: House, key: str, path: str, *, chunked: bool
) -> None:
    big = b"[" + b" " * 10_000_000 + b"]"
    headers = signed(big, path=path) | {"Authorization": f"Bearer {key}"}
    good = packed(change())
    with closing(HTTPConnection("127.0.0.1", house.port, timeout=30)) as wire:
        parts: Any = (big[n : n + 65_536] for n in range(0, len(big), 65_536)) if chunked else big
        wire.request("POST", path, parts, headers, encode_chunked=chunked)
        refused = wire.getresponse()
        assert refused.status == 413
        refused.read()
        wire.request("POST", HOOK, good, signed(good))
        assert json.loads(wire.getresponse().read()) == ONE


def test_chunks_without_end_are_cut_off(house: House) -> None:
    head = f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    assert status_of(house.raw(head + (b"10000\r\n" + b" " * 65_536 + b"\r\n") * 40)) == 413
    check_open(house)


def test_a_body_in_odd_chunks_is_the_same_body(house: House) -> None:
    body = packed(change())
    chunks = b"".join(b"1;ext=1\r\n" + body[n : n + 1] + b"\r\n" for n in range(len(body)))
    head = f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n".encode()
    answer = house.raw(head + lines_of(signed(body)) + b"\r\n" + chunks + b"0\r\n\r\n")
    assert answer.endswith(json.dumps(ONE, separators=(",", ":")).encode())


def test_http_1_0_is_served(house: House) -> None:
    answer = house.raw(posted(packed(change()), version="1.0"))
    assert status_of(answer) == 200


def test_requests_in_a_row_are_answered_in_a_row(house: House) -> None:
    bodies = [packed(change()) for _ in range(5)]
    with closing(socket.create_connection(("127.0.0.1", house.port), timeout=20)) as wire:
        wire.sendall(b"".join(posted(body) for body in bodies))
        answers = b""
        while answers.count(b'"accepted":1') < 5:
            part = wire.recv(65_536)
            assert part
            answers += part
    assert answers.count(b"HTTP/1.1 200") == 5


ODD: list[tuple[str, bytes]] = [
    ("nothing at all", b"\r\n\r\n"),
    ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100)),
    ("noise", bytes(range(256)) * 10),
    ("a method nobody knows", b"BREW /hooks/hubspot/hubspot_eu HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("a negative length", f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".encode()),
    ("a length in words", f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n".encode()),
    (
        "a length beyond 64 bits",
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: {'9' * 40}\r\n\r\n".encode(),
    ),
    (
        "two lengths",
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".encode(),
    ),
    (
        "a length and chunks",
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode(),
    ),
    (
        "a chunk that lies",
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".encode(),
    ),
    (
        "NUL in a header",
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n".encode(),
    ),
    (
        "NUL in a key",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer gdn_\0_x\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "controls in a key",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer gdn_\x01\x7f_\r\n\r\n",
    ),
    ("no UTF-8 in a path", b"POST /hooks/hubspot/\xff\xfe HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
    (
        "escapes in a path",
        b"POST /hooks/hubspot/%ff%00%2e%2e HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "a path upwards",
        b"POST /hooks/hubspot/../../v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "an absolute address",
        f"POST http://evil.example{HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode(),
    ),
    (
        "a long path",
        b"POST /hooks/hubspot/" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "a long header",
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nX-A: {'a' * 500_000}\r\nContent-Length: 0\r\n\r\n".encode(),
    ),
    (
        "ten thousand headers",
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\n".encode()
        + b"X-A: a\r\n" * 10_000
        + b"Content-Length: 0\r\n\r\n",
    ),
    (
        "a socket that wants to be more",
        f"GET {HOOK} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode(),
    ),
    ("HTTP/2 without asking", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("HTTP/9", f"POST {HOOK} HTTP/9.9\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode()),
    ("no path", b"POST\r\n\r\n"),
    ("an asterisk", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
]


@pytest.mark.parametrize("request_bytes", [o[1] for o in ODD], ids=[o[0] for o in ODD])
def test_nothing_odd_on_the_wire_is_our_fault_or_is_kept(house: House, request_bytes: bytes) -> None:
    before = house.tally()
    answer = house.raw(request_bytes, wait_s=0.3)
    assert status_of(answer) == 0 or 400 <= status_of(answer) < 500, answer[:300]
    assert house.tally() | {"intake_counts": 0} == before | {"intake_counts": 0}
    check_open(house)


@pytest.mark.parametrize(
    "beginning",
    [
        b"POST /",
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nX-A: ".encode(),
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: ".encode(),
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;a=".encode(),
    ],
    ids=["an address", "a header", "a trailer", "an extension of a chunk"],
)
def test_what_never_ends_is_cut_off_before_it_fills_the_memory(house: House, beginning: bytes) -> None:
    with closing(socket.create_connection(("127.0.0.1", house.port), timeout=20)) as wire:
        wire.sendall(beginning)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            pour_into(wire)
    check_open(house)


def pour_into(wire: socket.socket) -> None:
    for _ in range(1000):
        wire.sendall(b"a" * 65_536)


def test_a_sender_that_hangs_up_in_the_middle_leaves_nothing_behind(house: House) -> None:
    house.await_counted("rejected_forged", 0)
    before = house.tally()
    for cut in (10, 100, 300, 500):
        whole = posted(packed(change()))
        with closing(socket.create_connection(("127.0.0.1", house.port), timeout=20)) as wire:
            wire.sendall(whole[:cut])
    with closing(socket.create_connection(("127.0.0.1", house.port), timeout=20)) as wire:
        wire.sendall(posted(packed(change()), length=100_000))
    check_open(house)
    after = house.tally()
    assert after["event_keys"] == before["event_keys"] + 1
    assert after["quarantine"] == before["quarantine"]


def test_a_sender_that_does_not_wait_for_the_answer_is_still_kept_once(house: House) -> None:
    body = packed(change())
    with closing(socket.create_connection(("127.0.0.1", house.port), timeout=20)) as wire:
        wire.sendall(posted(body))
    until = time.monotonic() + 20
    again = house.hook(body).body
    while again != {"accepted": 0, "duplicates": 1, "quarantined": 0}:
        # Ours came first: the other one then was the duplicate, and that is as good.
        assert again == ONE
        assert time.monotonic() < until
        again = house.hook(body).body


def test_slow_senders_hold_nobody_up_and_are_taken_when_they_are_done(house: House) -> None:
    bodies = [packed(change()) for _ in range(20)]
    wires = [socket.create_connection(("127.0.0.1", house.port), timeout=20) for _ in bodies]
    try:
        whole = [posted(body) for body in bodies]
        for n in range(40):
            for wire, one in zip(wires, whole, strict=True):
                wire.sendall(one[n : n + 1])
            if n % 10 == 0:
                check_open(house)
        for wire, one in zip(wires, whole, strict=True):
            wire.sendall(one[40:])
        assert [status_of(read_answer(wire)) for wire in wires] == [200] * 20
    finally:
        for wire in wires:
            wire.close()


def test_a_hundred_open_connections_that_say_nothing_hold_nobody_up(house: House) -> None:
    silent = [socket.create_connection(("127.0.0.1", house.port), timeout=20) for _ in range(100)]
    try:
        for wire in silent[:50]:
            wire.sendall(f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode())
        check_open(house)
    finally:
        for wire in silent:
            wire.close()


def test_many_senders_at_once_are_all_kept_once(house: House, key: str) -> None:
    same, mine = change(), [[change() for _ in range(10)] for _ in range(8)]
    answers: list[Any] = []

    def send(events: list[dict[str, Any]]) -> None:
        with closing(HTTPConnection("127.0.0.1", house.port, timeout=30)) as wire:
            for event in events:
                body = packed(event, same)
                wire.request("POST", HOOK, body, signed(body))
                answers.append(json.loads(wire.getresponse().read()))
        answers.append(house.send_events(cloud_event(), key).body)

    threads = [threading.Thread(target=send, args=(events,)) for events in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(a["accepted"] for a in answers) == 80 + 1 + 8
    assert sum(a["duplicates"] for a in answers) == 79
    assert sum(a["quarantined"] for a in answers) == 0


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "BODY_S", 0.05)
    said: list[Any] = []
    counted: list[str] = []

    async def receive() -> Any:
        await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        said.append(message)

    body = asyncio.run(asgi.take_body({"headers": []}, receive, send, counted.append))
    assert (body, counted, said[0]["status"]) == (None, ["too_slow"], 408)
