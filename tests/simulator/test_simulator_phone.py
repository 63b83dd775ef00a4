"""Customers on the phone, against an inbox and claim pages that behave as they should, or do not."""

import json
import secrets
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from examples.ev_maker.simulator.page import Page
from examples.ev_maker.simulator.phone import Customers, redeem

MAILS = 40


class ClaimPages(ThreadingHTTPServer):
    """An inbox of claim mails, and a page for each: choose once, see the code for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ClaimPage)
        self.codes: dict[str, str] = {}
        self.items: dict[str, str] = {}
        self.agents: set[str] = set()
        self.posts = 0
        self.lock = Lock()
        self.forgetful = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def choose(self, token: str, item: str) -> None:
        with self.lock:
            self.posts += 1
            if self.forgetful or token not in self.codes:
                self.codes[token] = secrets.token_hex(5).upper()
                self.items[token] = item


class ClaimPage(BaseHTTPRequestHandler):
    server: ClaimPages

    def do_GET(self) -> None:
        if self.path.startswith("/messages.json"):
            after = int(parse_qs(self.path.partition("?")[2])["after"][0])
            self._send(json.dumps({"messages": [_mail(n) for n in range(after + 1, MAILS + 1)]}))
            return
        self.server.agents.add(self.headers["User-Agent"])
        token = self.path.split("/")[2]
        code = self.server.codes.get(token)
        # The first page leads on to the items, one by one.
        open_ = _form(token) if "/catalog/" in self.path else f'<a href="/r/{token}/catalog/itm_1">Bag</a>'
        self._send(f'<p data-code="{code}">Your code</p>' if code else open_, cookie=token)

    def do_POST(self) -> None:
        token = self.path.split("/")[2]
        fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert fields["csrfmiddlewaretoken"] == [f"hidden-{token}"]
        assert f"csrftoken={token}" in self.headers["Cookie"]
        self.server.choose(token, fields["item"][0])
        self.send_response(302)
        self.send_header("Location", f"/r/{token}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass

    def _send(self, text: str, cookie: str = "") -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if cookie:
            self.send_header("Set-Cookie", f"csrftoken={cookie}; Path=/")
        self.end_headers()
        self.wfile.write(body)


def _mail(n: int) -> dict[str, Any]:
    # The public address is another one than the phone's way to the server.
    text = f"Your reward is ready.\n\nhttps://rewards.example/r/token{n}\n\nNordlys Circle"
    return {"n": n, "to": f"c{n}@example.com", "subject": "Ready", "text": text, "html": "", "received_at": 0}


def _form(token: str) -> str:
    hidden = f'<input type="hidden" name="csrfmiddlewaretoken" value="hidden-{token}">'
    buttons = [f'<button name="item" value="{item}">Choose</button>' for item in ("flask", "bag")]
    forms = [f'<form method="post" action="/r/{token}/choose">{hidden}{button}</form>' for button in buttons]
    return f'<form action="/language">{hidden}<input name="next" value="x"></form>{"".join(forms)}'


@pytest.fixture
def pages() -> Iterator[ClaimPages]:
    with ClaimPages() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def customers(pages: ClaimPages, folder: Path, share: float = 1.0) -> Customers:
    return Customers(pages.url, pages.url, folder, share, seed=1, idle_seconds=0.0)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "redeemed.jsonl").read_text("utf-8").splitlines()]


def test_every_mailed_customer_chooses_and_sees_the_code(pages: ClaimPages, tmp_path: Path) -> None:
    assert redeem(customers(pages, tmp_path), Flag()) == MAILS
    for line in lines(tmp_path):
        token = line["link"].rpartition("/")[2]
        assert (line["code"], line["item"], line["problem"]) == (pages.codes[token], pages.items[token], "")
        assert line["to"] == f"c{token.removeprefix('token')}@example.com"
    assert {"flask", "bag"} == set(pages.items.values())
    assert all("Mobile" in agent for agent in pages.agents)


def test_some_press_twice_and_see_one_code(pages: ClaimPages, tmp_path: Path) -> None:
    redeem(customers(pages, tmp_path), Flag())
    twice = [line for line in lines(tmp_path) if len(line["codes"]) == 2]
    assert twice
    assert pages.posts == MAILS + len(twice)
    assert all(len(set(line["codes"])) == 1 for line in twice)


def test_two_codes_for_two_presses_are_a_problem(pages: ClaimPages, tmp_path: Path) -> None:
    pages.forgetful = True
    redeem(customers(pages, tmp_path), Flag())
    problems = [line for line in lines(tmp_path) if line["problem"]]
    assert all(line["problem"] == "two presses, two codes" for line in problems)


def test_only_a_share_redeems_and_a_second_start_changes_no_mind(pages: ClaimPages, tmp_path: Path) -> None:
    first = redeem(customers(pages, tmp_path, share=0.5), Flag())
    assert 0 < first < MAILS
    assert redeem(customers(pages, tmp_path, share=0.5), Flag()) == 0


def test_an_inbox_that_is_not_there_has_no_mails(tmp_path: Path) -> None:
    nowhere = Customers("http://127.0.0.1:9", "http://127.0.0.1:9", tmp_path, 1.0, seed=1, idle_seconds=0.0)
    assert redeem(nowhere, Flag()) == 0


def test_a_code_may_stand_in_the_attribute_or_in_the_text() -> None:
    assert Page('<code data-code="AB-12">AB 12</code>').code == "AB-12"
    assert Page("<p data-code> AB-12 </p><p>more</p>").code == "AB-12"
    assert Page("<p>no code</p>").code == ""
