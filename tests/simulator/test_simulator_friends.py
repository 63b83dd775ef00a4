"""Members who bring friends, against pages that give each a code and a door that notes what the CRM tells."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from examples.ev_maker.simulator.commands import PROGRAM
from examples.ev_maker.simulator.contacts import Contact, invent_contacts, is_late
from examples.ev_maker.simulator.friends import BROUGHT, CLAIM, PURCHASE, Circle, bring_friends
from examples.ev_maker.simulator.phone import Customers
from examples.ev_maker.simulator.terms import load_terms
from examples.ev_maker.simulator.wire import Address


class Brand(ThreadingHTTPServer):
    """An inbox with a mail for each contact, the page behind its link, links of codes, a webhook door."""

    def __init__(self, contacts: list[Contact]) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.contacts = contacts
        self.asked: set[str] = set()
        self.visits: Counter[tuple[str, str]] = Counter()
        self.told: list[tuple[str, str, str]] = []
        self.lock = Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Desk(BaseHTTPRequestHandler):
    server: Brand

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/messages.json":
            after = int(parse_qs(query)["after"][0])
            mails = [_mail(n, each) for n, each in enumerate(self.server.contacts, start=1) if n > after]
            self._answer(json.dumps({"messages": mails}))
        elif path.startswith("/i/"):
            with self.server.lock:
                self.server.visits[path.removeprefix("/i/"), str(self.headers["User-Agent"])] += 1
            self._answer("<p>Welcome</p>")
        else:
            self._answer(self._page(path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/r/"):
            form = parse_qs(body.decode())
            assert (form["act"], form["scheme"], form["csrfmiddlewaretoken"]) == (
                ["code"],
                ["friends"],
                ["t"],
            )
            with self.server.lock:
                self.server.asked.add(self.path)
            self._answer(self._page(self.path))
            return
        assert self.headers["X-HubSpot-Signature-v3"]
        with self.server.lock:
            for each in json.loads(body):
                told = (str(each["objectId"]), each["propertyName"], each["propertyValue"])
                self.server.told.append(told)
        self._answer("")

    def _page(self, path: str) -> str:
        code = f"CODE{path.split('/')[2]}"
        if path in self.server.asked:
            return f'<a href="https://rewards.example/i/{code}">{code}</a>'
        hidden = '<input type="hidden" name="csrfmiddlewaretoken" value="t">'
        return f'<form action="{path}">{hidden}<input type="hidden" name="scheme" value="friends"></form>'

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


def _mail(number: int, contact: Contact) -> dict[str, Any]:
    text = f"Ready.\n\nhttps://rewards.example/r/{contact.external_id}\n"
    return {"n": number, "to": contact.email, "subject": "", "text": text, "html": "", "received_at": 0}


@pytest.fixture
def brand() -> Iterator[Brand]:
    contacts = invent_contacts(load_terms(PROGRAM, "hubspot_eu"), 60, 1)
    contacts[0] = replace(contacts[0], employee=True)
    with Brand(contacts) as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_members_bring_friends_by_their_own_codes_and_two_bring_each_other(
    brand: Brand, tmp_path: Path
) -> None:
    customers = Customers(brand.url, brand.url, tmp_path, share=0.5, seed=1)
    address = Address(brand.url, brand.url, "/hooks/hubspot/hubspot_eu", b"secret", 1)
    circle = Circle(brand.contacts, customers, address)
    bring_friends(circle, Flag())
    claims = [(friend, code) for friend, name, code in brand.told if name == CLAIM]
    buyers = [friend for friend, name, _ in brand.told if name == PURCHASE]
    by_code = Counter(code for _, code in claims)
    assert sorted(by_code.values(), reverse=True) == [
        *(claimed for _, claimed, _ in BROUGHT if claimed),
        *(1, 1),
    ]
    assert len({friend for friend, _ in claims}) == len(claims)
    assert len(buyers) == sum(bought for _, _, bought in BROUGHT) + 1
    assert set(buyers) <= {friend for friend, _ in claims}
    # Each of the last two came by the other's code, and one of them bought.
    (one, of_other), (other, of_one) = claims[-2:]
    assert (of_one, of_other) == (f"CODE{one}", f"CODE{other}")
    assert buyers[-1] == one
    known = {each.external_id: each for each in brand.contacts}
    assert not any(known[friend].employee or is_late(known[friend]) for friend, _ in claims)
    # Everybody who opened a link did so with a phone of their own.
    assert sum(brand.visits.values()) == len(brand.visits) == sum(visits for visits, _, _ in BROUGHT)
    told = len(brand.told)
    bring_friends(circle, Flag())
    assert len(brand.told) == told


def test_nobody_is_brought_once_it_is_stopped(brand: Brand, tmp_path: Path) -> None:
    stopping = Flag()
    stopping.set()
    customers = Customers(brand.url, brand.url, tmp_path, share=0.5, seed=1)
    address = Address(brand.url, brand.url, "/hooks/hubspot/hubspot_eu", b"secret", 1)
    bring_friends(Circle(brand.contacts, customers, address), stopping)
    assert brand.told == []
