"""A stand-in for whoever carries messages, in its own process, and who asks it by forms and by JSON."""

import base64
import json
import subprocess
import sys
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

REPOSITORY = Path(__file__).resolve().parents[2]
NOON = "2026-11-22T12:00:00Z"
FORM = "application/x-www-form-urlencoded"


class Said(NamedTuple):
    """An answer; status 0 is none at all."""

    status: int
    body: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012 - read only


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"}


@dataclass
class Messenger:
    """A stand-in as its tests ask it."""

    address: str
    process: subprocess.Popen[str]
    headers: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        form: dict[str, str] | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Said:
        sent, content = {**self.headers}, None
        if body is not None:
            content, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        if form is not None:
            content = form if isinstance(form, bytes) else urlencode(form).encode()
            sent["Content-Type"] = FORM
        parts = urlsplit(self.address)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request(method, path, content, {**sent, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
            return Said(answer.status, json.loads(text) if text else None, dict(answer.headers))
        except (OSError, HTTPException):
            return Said(0)
        finally:
            connection.close()

    def control(self, name: str, /, **asked: object) -> Any:
        said = self.ask("POST", f"/_control/{name}", asked)
        assert said.status == 200, said
        return said.body

    def ledger(self) -> list[dict[str, Any]]:
        """What really happened."""
        return list(self.ask("GET", "/_control/ledger").body["issues"])

    def advance(self, seconds: float) -> None:
        self.control("clock", advance_s=seconds)

    def reset(self) -> None:
        """Start anew, at a moment that stands still, without a pace."""
        self.keys = self.control("reset", seed=7)
        self.control("clock", at=NOON)
        self.control("limits", on=False)


def start(name: str, *words: str) -> Messenger:
    command = [sys.executable, "-m", f"standins.{name}", "--port", "0", "--seed", "7", *words]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return Messenger(process.stdout.readline().strip(), process)


def stop(messenger: Messenger) -> int:
    messenger.process.terminate()
    status = messenger.process.wait(10)
    assert messenger.process.stdout is not None
    messenger.process.stdout.close()
    return status
