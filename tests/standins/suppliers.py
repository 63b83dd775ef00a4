"""A supplier's stand-in in its own process, and who asks it."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

REPOSITORY = Path(__file__).resolve().parents[2]
NOON = "2026-11-22T12:00:00Z"


class Said(NamedTuple):
    """An answer; status 0 is none at all."""

    status: int
    body: Any = None


@dataclass
class Supplier:
    """A stand-in as its tests ask it."""

    address: str
    process: subprocess.Popen[str]
    headers: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Said:
        sent = {**self.headers, **(headers or {})}
        data = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body), "application/json"
        parts = urlsplit(self.address)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            text = answer.read()
            return Said(answer.status, json.loads(text) if text else None)
        except (OSError, HTTPException):
            return Said(0)
        finally:
            connection.close()

    def control(self, name: str, /, **asked: object) -> Any:
        said = self.ask("POST", f"/_control/{name}", asked)
        assert said.status == 200, said
        return said.body

    def issues(self, reference: str) -> list[dict[str, Any]]:
        """What was really placed under a reference."""
        told = self.ask("GET", "/_control/ledger").body
        return [issue for issue in told["issues"] if issue["reference"] == reference]

    def reset(self) -> None:
        """Start anew, at a moment that stands still, without a pace."""
        self.keys = self.control("reset", seed=7)
        self.control("clock", at=NOON)
        self.control("limits", on=False)
        token, key = self.keys.get("token"), self.keys.get("key")
        self.headers = {"Authorization": f"Bearer {token}"} if token else {"X-Api-Key": str(key)}


def start(name: str, *words: str) -> Supplier:
    command = [sys.executable, "-m", f"standins.{name}", "--port", "0", "--seed", "7", *words]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    supplier = Supplier(process.stdout.readline().strip(), process)
    supplier.reset()
    return supplier


def stop(supplier: Supplier) -> int:
    supplier.process.terminate()
    status = supplier.process.wait(10)
    assert supplier.process.stdout is not None
    supplier.process.stdout.close()
    return status
