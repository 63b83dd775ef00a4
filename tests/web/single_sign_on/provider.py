"""A real OpenID provider in a process of its own (npm's oidc-provider), and the browser of who uses it."""

import json
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from tests.peers.npm import installed

HERE = Path(__file__).parents[2] / "peers" / "oidc"
CLIENT, SECRET = "guerdon", "a client's secret of the tests"
SCRIPT = "provider.mjs"


def new_key() -> dict[str, Any]:
    """A private key as JWK, under a name that nobody else has."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {**RSAAlgorithm.to_jwk(made, as_dict=True), "kid": uuid.uuid4().hex, "use": "sig", "alg": "RS256"}


def account(email: str, *, verified: bool = True, name: str = "Ines Okafor", **more: Any) -> dict[str, Any]:
    return {"claims": {"email": email, "email_verified": verified, "name": name}, **more}


@dataclass
class RealProvider:
    """The provider: where it answers, and what it knows."""

    port: int
    back_to: str
    accounts: dict[str, dict[str, Any]]
    keys: list[dict[str, Any]] = field(default_factory=lambda: [new_key()])
    _running: "subprocess.Popen[str] | None" = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        folder = installed(HERE)
        shutil.copy(HERE / SCRIPT, folder / SCRIPT)
        told = {
            "port": self.port,
            "accounts": self.accounts,
            "keys": self.keys,
            "clients": [
                {
                    "client_id": CLIENT,
                    "client_secret": SECRET,
                    "redirect_uris": [f"{self.back_to}/account/single-sign-on/return"],
                    "post_logout_redirect_uris": [f"{self.back_to}/account/sign-in"],
                    "response_types": ["code"],
                    "grant_types": ["authorization_code"],
                }
            ],
        }
        self._running = subprocess.Popen(
            ["node", SCRIPT],
            cwd=folder,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write(json.dumps(told) + "\n")
        self._running.stdin.flush()
        said = ""
        while said != "ready":
            said = self._running.stdout.readline().strip()
            assert said or self._running.poll() is None, "the provider did not start"

    def stop(self) -> None:
        if self._running is None:
            return
        self._running.kill()
        self._running.wait()
        for pipe in (self._running.stdin, self._running.stdout):
            if pipe is not None:
                pipe.close()
        self._running = None

    def sign_in(self, where: str, login: str, *, deny: bool = False) -> str:
        """Go where a browser was sent, sign in there; where it is sent back to."""
        browser = Browser()
        answer, at = browser.follow(where, self.issuer)
        assert answer is not None, at
        sent = {"login": login, **({"deny": "1"} if deny else {})}
        _, back = browser.follow(at, self.issuer, urlencode(sent).encode())
        return back


class Browser:
    """What a browser does at the provider: keeps its cookies, and follows it as far as it stays there."""

    def __init__(self) -> None:
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), _Stay())

    def follow(self, where: str, issuer: str, body: bytes | None = None) -> tuple[str | None, str]:
        """The page at the end and its address; no page where that is somewhere else."""
        for _ in range(10):
            if not where.startswith(issuer):
                return None, where
            with self._opener.open(Request(where, body), timeout=30) as answer:  # noqa: S310  the provider's own
                if answer.status not in {302, 303}:
                    return answer.read().decode(), where
                where, body = urljoin(where, answer.headers["Location"]), None
        raise AssertionError("it leads in circles")


class _Stay(HTTPRedirectHandler):
    def http_error_302(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any) -> Any:  # noqa: ARG002
        return fp

    http_error_303 = http_error_302


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def provided(back_to: str, accounts: dict[str, dict[str, Any]]) -> Iterator[RealProvider]:
    """The provider for the length of a block."""
    made = RealProvider(free_port(), back_to, accounts)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def path_of(address: str) -> str:
    """The path and the terms of an address, as a test's client is asked for them."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
