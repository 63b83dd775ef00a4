"""Asking other people's machines: never ours, never for long, never for much, and nobody in their place."""

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import enumerate as threads
from time import monotonic, sleep

import pytest
from tests.http.authority import Authority
from tests.http.receiver import Pieces, Receiver, Request, answered, receiving

from guerdon.http import Answer, Client, Unreachable
from guerdon.values.destinations import read_networks

LOCAL = read_networks("127.0.0.0/8") or ()
WITHIN_S = 10.0


def ask(client: Client, url: str, within_s: float = WITHIN_S) -> Answer:
    return client.ask("POST", url, {"X-Mine": "1"}, b"hello", within_s)


def why(client: Client, url: str, within_s: float = WITHIN_S) -> str:
    with pytest.raises(Unreachable) as caught:
        ask(client, url, within_s)
    return caught.value.reason


class Naming:
    """What names stand for, told anew each time they are asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, name: str, port: int) -> Sequence[str]:
        assert (name, port) != ("", 0)
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def test_what_is_sent_arrives_and_what_is_answered_comes_back() -> None:
    receiver = Receiver(lambda _: [answered(201, b"made", X_Theirs="2")])
    with receiving(receiver):
        answer = ask(Client(LOCAL), f"{receiver.url}?a=b")
    assert (answer.status, answer.body, answer.headers["x-theirs"]) == (201, b"made", "2")
    (request,) = receiver.requests
    assert request.line == "POST /hook?a=b HTTP/1.1"
    assert request.body == b"hello"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["x-mine"] == "1"
    # What is packed could unpack to any size.
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "addresses",
    [
        *(["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"]),
        *(["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["0.0.0.0"], ["1.1.1.1", "127.0.0.1"]),  # noqa: S104
    ],
    ids=str,
)
def test_a_name_that_leads_inside_is_not_asked(addresses: list[str]) -> None:
    receiver = Receiver()
    with receiving(receiver):
        for scheme in ("https", "http"):
            client = Client(resolve=Naming(addresses))
            assert why(client, f"{scheme}://a.example:{receiver.port}/") == "inside"
    assert why(Client(resolve=Naming(addresses)), "https://a.example/") == "inside"
    assert receiver.connections == 0


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "me@127.0.0.1"])
def test_no_spelling_leads_inside(host: str) -> None:
    naming = Naming(["127.0.0.1"])
    assert why(Client(LOCAL, resolve=naming), f"http://{host}:80/") == "url"
    assert naming.asked == 0


def test_a_name_that_stands_for_nothing_or_is_never_answered() -> None:
    def unknown(_: str, __: int) -> Sequence[str]:
        raise socket.gaierror

    def silent(_: str, __: int) -> Sequence[str]:
        sleep(2)
        return ["1.1.1.1"]

    assert why(Client(resolve=unknown), "https://a.example/") == "name"
    assert why(Client(resolve=Naming([])), "https://a.example/") == "name"
    began = monotonic()
    assert why(Client(resolve=silent), "https://a.example/", 0.2) == "timeout"
    assert monotonic() - began < 1.5


def test_whoever_answers_differently_the_second_time_gains_nothing() -> None:
    receiver = Receiver()
    with receiving(receiver):
        # Judged and asked is one and the same answer: the second one is never asked for.
        naming = Naming(["127.0.0.1"], ["10.9.9.9"])
        assert ask(Client(LOCAL, resolve=naming), f"http://a.example:{receiver.port}/").status == 200
        assert naming.asked == 1
        naming = Naming(["10.9.9.9"], ["127.0.0.1"])
        assert why(Client(LOCAL, resolve=naming), f"http://a.example:{receiver.port}/") == "inside"
        assert naming.asked == 1
    assert receiver.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_sent_elsewhere(status: int) -> None:
    inner = Receiver()
    with receiving(inner):
        outer = Receiver(lambda _: [answered(status, Location=inner.url)])
        with receiving(outer):
            assert ask(Client(LOCAL), outer.url).status == status
    assert (outer.connections, inner.connections) == (1, 0)


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, receiver = Receiver(), Receiver()
    with receiving(proxy), receiving(receiver):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert ask(Client(LOCAL), receiver.url).status == 200
    assert proxy.connections == 0


def dripping(*pieces: bytes, then: bytes = b"", every_s: float = 0.1) -> Pieces:
    yield from pieces
    while then:
        sleep(every_s)
        yield then


@pytest.mark.parametrize(
    ("beginning", "then"),
    [
        (b"", b""),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1"),
    ],
    ids=["nothing", "status", "header", "body", "chunk"],
)
def test_somebody_slow_is_waited_for_so_long_and_no_longer(beginning: bytes, then: bytes) -> None:
    receiver = Receiver(lambda _: dripping(beginning, then=then) if then else dripping(silent()))

    def silent() -> bytes:
        receiver.closing.wait(10)
        return b""

    with receiving(receiver):
        began = monotonic()
        assert why(Client(LOCAL), receiver.url, 0.5) == "timeout"
        assert monotonic() - began < 2.0


def test_an_answer_without_end_is_too_large_or_its_beginning() -> None:
    def endless(_: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield b"x" * 65536

    with receiving(Receiver(endless)) as receiver:
        assert why(Client(LOCAL, bytes_max=100_000), receiver.url) == "large"
        answer = ask(Client(LOCAL, bytes_max=1_000, beginnings=True), receiver.url)
    assert (answer.status, answer.body) == (200, b"x" * 1_000)


def test_whoever_wants_only_the_beginning_has_an_answer_though_the_rest_never_comes() -> None:
    def slow(_: Request) -> Pieces:
        return dripping(b"HTTP/1.1 204 OK\r\nContent-Length: 900\r\n\r\n", then=b"x")

    with receiving(Receiver(slow)) as receiver:
        began = monotonic()
        assert ask(Client(LOCAL, beginnings=True), receiver.url, 0.5).status == 204
        assert monotonic() - began < 2.0


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00\xff" * 500,
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 xyz Said\r\n\r\n",
        b"HTTP/1.1 99999 Said\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a number\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 " + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello",
    ],
    ids=lambda each: repr(each[:40]),
)
def test_what_is_no_http_is_no_answer(garbage: bytes) -> None:
    with receiving(Receiver(lambda _: [garbage])) as receiver:
        assert why(Client(LOCAL), receiver.url) in {"garbage", "refused"}


def test_what_may_have_taken_effect_is_told_from_what_cannot() -> None:
    def sent(client: Client, url: str) -> bool:
        with pytest.raises(Unreachable) as caught:
            ask(client, url, 0.5)
        return caught.value.sent

    with receiving(Receiver(lambda _: [b""])) as receiver:
        assert sent(Client(LOCAL), receiver.url)
        assert not sent(Client(), receiver.url)
        closed = receiver.port
    assert not sent(Client(LOCAL), f"http://127.0.0.1:{closed}/")
    with receiving(Receiver(lambda _: [answered(200, b"x" * 2_000)])) as receiver:
        assert sent(Client(LOCAL, bytes_max=1_000), receiver.url)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        # It was taken by the machine, and nobody says by whom else.
        assert sent(Client(LOCAL), f"http://127.0.0.1:{silent.getsockname()[1]}/")


def test_an_address_longer_than_people_write_is_asked_and_one_without_end_is_not() -> None:
    with receiving(Receiver()) as receiver:
        assert ask(Client(LOCAL), f"{receiver.url}?{'a' * 4000}").status == 200
        assert why(Client(LOCAL), f"{receiver.url}?{'a' * 8000}") == "url"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert why(Client(LOCAL), f"http://127.0.0.1:{port}/") == "refused"


def test_another_address_of_the_name_is_tried_where_nobody_listens() -> None:
    receiver = Receiver()
    with receiving(receiver):
        client = Client(LOCAL, resolve=Naming(["127.9.9.9", "127.0.0.1"]))
        assert ask(client, f"http://a.example:{receiver.port}/").status == 200


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nY: b"}, {"X\r\nY": "b"}, {"X": "ä\n"}], ids=["value", "name", "newline"]
)
def test_no_header_carries_another(headers: dict[str, str]) -> None:
    with receiving(Receiver()) as receiver, pytest.raises(Unreachable):
        Client(LOCAL).ask("POST", receiver.url, headers, b"", WITHIN_S)
    assert receiver.requests == []


def test_who_answers_must_be_who_was_asked(tmp_path: Path) -> None:
    authority = Authority()
    receiver = Receiver(tls=authority.server_for("hooks.example", tmp_path))

    def client(authorities: str | None = authority.pem) -> Client:
        return Client(LOCAL, resolve=Naming(["127.0.0.1"]), authorities=authorities)

    with receiving(receiver):
        there = f"https://hooks.example:{receiver.port}/in"
        assert ask(client(), there).status == 200
        assert receiver.requests[0].headers["host"] == f"hooks.example:{receiver.port}"
        assert why(client(), f"https://other.example:{receiver.port}/in") == "tls"
        assert why(client(), f"https://127.0.0.1:{receiver.port}/in") == "tls"
        assert why(client(None), there) == "tls"
        assert why(Client(LOCAL, authorities=authority.pem), receiver.url) == "tls"
        # And plain where TLS was promised, or the other way round.
        assert why(client(), f"http://hooks.example:{receiver.port}/") in {"garbage", "refused"}
    assert len(receiver.requests) == 1
    with receiving(Receiver()) as plain:
        assert why(client(), f"https://hooks.example:{plain.port}/", 0.3) in {"tls", "timeout"}
    assert plain.requests == []


def test_nothing_of_a_request_stays(caplog: pytest.LogCaptureFixture) -> None:
    with receiving(Receiver()) as receiver:
        for _ in range(3):
            ask(Client(LOCAL), receiver.url)
    assert "hello" not in caplog.text
    assert [each for each in threads() if each.name.startswith("Timer")] == []
    assert "hello" not in repr(Answer(200, {}, b"hello"))
