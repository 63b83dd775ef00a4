"""Asking other people's machines: bounded in time and size, and never one that is not outside.

A name is looked up once, every address it stands for is judged, and the connection goes to one that was:
who answers differently the next time gains nothing. TLS is verified against the name; no redirect is
followed, no proxy of the environment is used. A connection is used again only by who says so, for the same
name at an address that was judged anew. All that can go wrong is `Unreachable`.
"""

import logging
import os
import ssl
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPException
from threading import Timer
from time import monotonic
from typing import Literal
from weakref import finalize

from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
)
from urllib3.exceptions import SSLError as TlsError

from guerdon.http.kept import Kept, There
from guerdon.http.names import Resolve, ask_the_system, look_up
from guerdon.values.destinations import (
    ASKED_LENGTH_MAX,
    Address,
    Destination,
    Network,
    may_be_asked,
    read_destination,
)

# url: none we may ask; name: it stands for nothing; inside: not outside; refused: nobody listens; tls: not
# whom they should be; large: more than is read; garbage: it is no HTTP; turn: it was not asked, for others
# are before us.
Why = Literal["url", "name", "inside", "refused", "tls", "timeout", "large", "garbage", "turn"]
BYTES_MAX = 8 * 1024 * 1024
CONNECT_S = 5.0
PIECE_BYTES = 16 * 1024
AGENT = "Guerdon"
# It would write what strangers send into our log.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class Unreachable(Exception):  # noqa: N818  an answer of the world outside, not a fault of ours
    """There is no answer; `reason` says why in a word, and no more than may stand in a log.

    `sent`: something of the request may have gone out, so it may have taken effect all the same.
    """

    def __init__(self, reason: Why, *, sent: bool = False) -> None:
        super().__init__(reason)
        self.reason: Why = reason
        self.sent = sent


@lru_cache(maxsize=8)
def _tls(authorities: str | None) -> ssl.SSLContext:
    """What connections are secured by; made once, for to read the system's authorities takes 30 ms."""
    made = ssl.create_default_context(cadata=authorities)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered; names of headers are in small letters, of several the last."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Question:
    method: str
    destination: Destination
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    until: float

    @property
    def left_s(self) -> float:
        left = self.until - monotonic()
        if left <= 0:
            raise Unreachable("timeout")
        return left


class Client:
    """Asks for anybody, from any thread.

    `allow`: networks that the operator lets us ask though they are not outside. `beginnings`: only how an
    answer begins is wanted, so one that is too long or does not end is still an answer. `kept`: so many
    connections may stay open between questions; only for what may be asked twice, as whoever hangs up just
    then leaves it open what became of a question.
    """

    def __init__(
        self,
        allow: Sequence[Network] = (),
        *,
        bytes_max: int = BYTES_MAX,
        beginnings: bool = False,
        kept: int = 0,
        resolve: Resolve = ask_the_system,
        authorities: str | None = None,
    ) -> None:
        self._allow = tuple(allow)
        self._bytes_max = bytes_max
        self._beginnings = beginnings
        self._kept = Kept(kept) if kept and not beginnings else None
        if self._kept is not None:
            # Whoever forgets a client leaves nobody on the line.
            finalize(self, self._kept.close)
        self._resolve = resolve
        self._tls = _tls(authorities)

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        """Ask, and wait so long for all of the answer; raises `Unreachable` and nothing else."""
        until = monotonic() + within_s
        destination = read_destination(url, ASKED_LENGTH_MAX)
        if destination is None:
            raise Unreachable("url")
        question = _Question(method, destination, headers, body, until)
        addresses = self._judged(question)
        for last, address in enumerate(addresses, start=1 - len(addresses)):
            try:
                return self._ask_there(question, address)
            except (NewConnectionError, ConnectTimeoutError) as fault:
                # Nothing was sent: another address of the same host may answer.
                if last == 0:
                    raise Unreachable(_why(fault)) from fault
            except (HTTPError, HTTPException, OSError, ValueError) as fault:
                raise Unreachable("timeout" if monotonic() >= until else _why(fault)) from fault
        raise Unreachable("name")

    def _judged(self, question: _Question) -> list[Address]:
        there = question.destination
        try:
            addresses = look_up(there.host, there.port, question.left_s, self._resolve)
        except TimeoutError:
            raise Unreachable("timeout") from None
        if addresses and not may_be_asked(there, addresses, self._allow):
            raise Unreachable("inside")
        return addresses

    def close(self) -> None:
        """Hang up on whoever was kept on the line."""
        if self._kept is not None:
            self._kept.close()

    def _ask_there(self, question: _Question, address: Address) -> Answer:
        there = _there(question, address)
        held = self._kept.taken(there) if self._kept is not None else None
        connection = self._connection(question, address) if held is None else held
        # Reads are bounded one by one; only this bounds all of them together.
        ending, wire = Timer(question.left_s, _hang_up, (connection,)), None
        ending.daemon = True
        ending.start()
        answer = None
        try:
            if held is None:
                connection.connect()
            wire = connection.sock
            assert wire is not None
            wire.settimeout(question.left_s)
            answer = self._ask_over(connection, question)
            return answer
        finally:
            ending.cancel()
            if not self._stays(there, connection, answered=answer is not None):
                connection.close()
                # Where an answer could not be made sense of, somebody may still hold on to it.
                left_open = wire.detach() if wire is not None else -1
                if left_open >= 0:
                    os.close(left_open)

    def _stays(self, there: There, connection: HTTPConnection, *, answered: bool) -> bool:
        """Whether it stays open for the next question: its answer was read to its end, and it said so."""
        if self._kept is None:
            return False
        # Whoever says that they hang up is closed by the time that their answer was read.
        if not answered or connection.sock is None:
            self._kept.let_go(connection)
            return False
        return self._kept.put_back(there, connection)

    def _ask_over(self, connection: HTTPConnection, question: _Question) -> Answer:
        try:
            connection.request(
                question.method,
                question.destination.path,
                question.body,
                _sent(question, keeps=self._kept is not None),
                preload_content=False,
            )
            with closing(connection.getresponse()) as response:
                return self._read(response, question)
        except Unreachable as fault:
            raise Unreachable(fault.reason, sent=True) from fault
        except (HTTPError, HTTPException, OSError, ValueError) as fault:
            late = monotonic() >= question.until
            raise Unreachable("timeout" if late else _why(fault), sent=True) from fault

    def _connection(self, question: _Question, address: Address) -> HTTPConnection:
        there, timeout_s = question.destination, min(question.left_s, CONNECT_S)
        if there.scheme == "http":
            return HTTPConnection(str(address), there.port, timeout=timeout_s)
        return HTTPSConnection(
            str(address),
            there.port,
            timeout=timeout_s,
            ssl_context=self._tls,
            cert_reqs="CERT_REQUIRED",
            server_hostname=there.host,
        )

    def _read(self, response: BaseHTTPResponse, question: _Question) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = b""
        try:
            while len(body) <= self._bytes_max:
                piece = response.read1(PIECE_BYTES)
                if not piece:
                    break
                body += piece
                _ = question.left_s
        except (HTTPError, HTTPException, OSError, Unreachable):
            # That it was answered is known, and that is all that was wanted.
            if not self._beginnings:
                raise
        if not self._beginnings:
            if len(body) > self._bytes_max:
                raise Unreachable("large")
            # Where we hung up, what came looks like all there was.
            _ = question.left_s
        return Answer(response.status, headers, body[: self._bytes_max])


def _there(question: _Question, address: Address) -> There:
    there = question.destination
    return there.scheme, there.host, there.port, str(address)


def _sent(question: _Question, *, keeps: bool) -> dict[str, str]:
    # What is packed could unpack to any size.
    own = {"Host": question.destination.named_host, "Accept-Encoding": "identity"}
    if not keeps:
        own["Connection"] = "close"
    return {"User-Agent": AGENT, **question.headers, **own}


def _hang_up(connection: HTTPConnection) -> None:
    wire = connection.sock
    if wire is not None:
        try:
            wire.shutdown(2)
        except (OSError, ValueError):
            wire.close()


def _why(fault: BaseException) -> Why:
    match fault:
        case TlsError() | ssl.SSLError():
            return "tls"
        # By its class, urllib3 counts the first of these among the second.
        case NewConnectionError() | ConnectionError():
            return "refused"
        case ConnectTimeoutError() | ReadTimeoutError() | TimeoutError():
            return "timeout"
    return "garbage"
