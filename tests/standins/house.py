"""A stand-in in its own process, who asks it, and an address that receives what it sends."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

REPOSITORY = Path(__file__).resolve().parents[2]
VERSION = "2026-09"
CONTACTS = f"/crm/objects/{VERSION}/contacts"
DEALS = f"/crm/objects/{VERSION}/deals"
MEMBER = {
    "name": "loyalty_member_id",
    "label": "Member",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
    "hasUniqueValue": True,
}
POINTS = {
    "name": "points",
    "label": "Points",
    "type": "number",
    "fieldType": "number",
    "groupName": "contactinformation",
}


class Said(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Stand:
    """The stand-in as its tests ask it."""

    address: str
    process: subprocess.Popen[str]
    token: str = ""
    keys: dict[str, Any] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Said:
        sent = {"Authorization": f"Bearer {self.token if token is None else token}"}
        data = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body), "application/json"
        if form is not None:
            data, sent["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        parts = urlsplit(self.address)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request(method, path, data, {**sent, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
            return Said(answer.status, json.loads(text) if text else None, dict(answer.headers))
        finally:
            connection.close()

    def control(self, method: str, path: str, body: object = None) -> Any:
        said = self.ask(method, f"/_control{path}", body)
        assert said.status == 200, said
        return said.body

    def reset(self) -> None:
        self.keys = self.control("POST", "/reset", {"seed": 7})
        self.token = self.keys["portals"][0]["token"]

    def add(self, kind: str, *records: dict[str, str]) -> list[str]:
        """Make records as a person does."""
        said = self.control("POST", f"/records/{kind}", {"records": [{"properties": one} for one in records]})
        return list(said["ids"])

    def define(self, *wanted: dict[str, Any]) -> None:
        for one in wanted:
            assert self.ask("POST", f"/crm/properties/{VERSION}/contacts", one).status == 201

    def upsert(self, *inputs: dict[str, Any]) -> Said:
        return self.ask("POST", f"{CONTACTS}/batch/upsert", {"inputs": list(inputs)})

    def credentials(self) -> dict[str, str]:
        app = self.keys["app"]
        return {"client_id": app["clientId"], "client_secret": app["clientSecret"]}

    def journal_token(self) -> str:
        scopes = " ".join(
            f"developer.webhooks_journal{part}"
            for part in (
                ".read",
                ".subscriptions.read",
                ".subscriptions.write",
                ".snapshots.read",
                ".snapshots.write",
            )
        )
        form = {"grant_type": "client_credentials", "scope": scopes, **self.credentials()}
        return str(self.ask("POST", "/oauth/2026-03/token", form=form, token="").body["access_token"])


def start(*words: str) -> Stand:
    command = [sys.executable, "-m", "standins.hubspot", "--port", "0", "--seed", "7", *words]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    stand = Stand(process.stdout.readline().strip(), process)
    stand.reset()
    return stand


def stop(stand: Stand) -> int:
    stand.process.terminate()
    status = stand.process.wait(10)
    assert stand.process.stdout is not None
    stand.process.stdout.close()
    return status


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """An address on loopback; what it answers is decided by the test."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.default: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
        receiver = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append(Received(self.path, dict(self.headers), body))
                status, headers, text = receiver.answers.pop(0) if receiver.answers else receiver.default
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hooks/hubspot/1"

    def events(self) -> list[dict[str, Any]]:
        return [event for one in self.received for event in json.loads(one.body)]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def wait_for(true: Callable[[], object], within_s: float = 10.0) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
