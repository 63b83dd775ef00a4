"""Connections that stay open between questions: the same host's, for a while, and never a dead one."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread

import pytest
from tests.http.receiver import Receiver, answered, receiving

from guerdon.http import Client, Unreachable, kept
from guerdon.http.kept import Kept
from guerdon.values.destinations import read_networks

LOCAL = read_networks("127.0.0.0/8") or ()


@dataclass
class Served:
    """Somebody who keeps connections open: by which one each request came, and what is answered."""

    port: int = 0
    came_by: list[int] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    hang_up: bool = False
    status: int = 201
    body: bytes = b"made"
    waits: Barrier | None = None


@contextmanager
def serving(served: Served) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            served.came_by.append(self.client_address[1])
            served.headers.append(str(self.headers["Connection"]))
            if served.waits is not None:
                served.waits.wait(10)
            self.send_response(served.status)
            self.send_header("Content-Length", str(len(served.body)))
            self.end_headers()
            self.wfile.write(served.body)
            # Without a word of it, as servers do whose patience ends.
            self.close_connection = served.hang_up

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        served.port = server.server_address[1]
        yield f"http://127.0.0.1:{served.port}/m"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(client: Client, url: str) -> bytes:
    return client.ask("POST", url, {}, b"hello", 10.0).body


def test_the_same_host_is_asked_over_the_same_connection_and_another_is_not() -> None:
    one, other = Served(), Served(body=b"")
    with serving(one) as url, serving(other) as there, closing(Client(LOCAL, kept=4)) as client:
        assert [ask(client, url) for _ in range(3)] == [b"made"] * 3
        assert [ask(client, there) for _ in range(2)] == [b""] * 2
        # Another name of the same address is somebody else.
        assert ask(client, url.replace("127.0.0.1", "localhost")) == b"made"
    assert one.came_by[0] == one.came_by[1] == one.came_by[2] != one.came_by[3]
    assert len(set(other.came_by)) == 1
    assert set(one.headers) == {"None"}


def test_whoever_does_not_say_so_opens_one_each_time() -> None:
    served = Served()
    with serving(served) as url:
        client = Client(LOCAL)
        assert [ask(client, url) for _ in range(2)] == [b"made"] * 2
    assert len(set(served.came_by)) == 2
    assert set(served.headers) == {"close"}


def test_a_connection_that_was_hung_up_is_not_asked() -> None:
    served = Served(hang_up=True)
    with serving(served) as url, closing(Client(LOCAL, kept=4)) as client:
        for _ in range(3):
            assert ask(client, url) == b"made"
            # For its end to come over.
            time.sleep(0.1)
    assert len(set(served.came_by)) == 3


def test_one_that_says_that_it_ends_is_not_kept() -> None:
    receiver = Receiver(lambda _: [answered(201, b"made", Connection="close")])
    with receiving(receiver), closing(Client(LOCAL, kept=4)) as client:
        assert [ask(client, receiver.url) for _ in range(2)] == [b"made"] * 2
    assert receiver.connections == 2


def test_what_was_not_understood_leaves_nothing_behind() -> None:
    receiver = Receiver(lambda _: [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour"])
    with receiving(receiver), closing(Client(LOCAL, kept=4)) as client:
        for _ in range(2):
            with pytest.raises(Unreachable):
                ask(client, receiver.url)
    assert receiver.connections == 2


def test_no_more_stay_open_than_were_allowed() -> None:
    served = Served(waits=Barrier(4))
    with serving(served) as url, closing(Client(LOCAL, kept=2)) as client:
        for _ in range(2):
            asking = [Thread(target=ask, args=(client, url)) for _ in range(4)]
            for each in asking:
                each.start()
            for each in asking:
                each.join()
    # Four at once, of which two stayed: the second time two more were opened.
    assert len(served.came_by) == 8
    assert len(set(served.came_by)) == 6


def test_one_is_kept_for_a_while_and_for_so_many_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    served, now = Served(), [0.0]
    monkeypatch.setattr("guerdon.http.client.Kept", lambda most: Kept(most, lambda: now[0]))
    with serving(served) as url, closing(Client(LOCAL, kept=4)) as client:
        ask(client, url)
        now[0] += kept.IDLE_S - 1
        ask(client, url)
        now[0] += kept.IDLE_S + 1
        ask(client, url)
        monkeypatch.setattr(kept, "USES_MAX", 3)
        for _ in range(3):
            ask(client, url)
    by = served.came_by
    assert by[0] == by[1] != by[2] == by[3] == by[4] != by[5]
