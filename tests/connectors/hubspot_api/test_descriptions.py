"""Prism says that our requests are as HubSpot's own descriptions have them: a second opinion."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.connectors.hubspot_api.house import LOCAL
from tests.peers import npm
from tests.standins.descriptions import official, without_null_examples
from tests.standins.house import wait_for
from tests.web.intake.house import free_port

from guerdon import http
from guerdon.connectors.hubspot.api import custom_events, objects
from guerdon.connectors.hubspot.api.calls import Api, writing
from guerdon.connectors.hubspot.api.versions import NEWEST, Place
from guerdon.http import Answer, Client

CONTACTS = "CRM/Contacts/Rollouts/424/2026-09/contacts.json"
COMPLETIONS = "Events/Send Event Completions/Rollouts/669/2026-09/sendEventCompletions.json"


@dataclass
class Listening:
    """Asks, and keeps what Prism found wrong with what was asked."""

    client: Client = field(default_factory=lambda: Client(LOCAL))
    wrong: list[Any] = field(default_factory=list)
    asked: int = 0

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        answer = self.client.ask(method, url, headers, body, within_s)
        found = json.loads(answer.headers.get("sl-violations", "[]"))
        # The answers it makes up are not always as described; those are no fault of ours.
        self.wrong += [one for one in found if one["location"][0] == "request"]
        self.asked += 1
        return answer


@contextmanager
def prism(folder: Path, path: str) -> Iterator[tuple[Api, Listening]]:
    """Our client, asking a server that knows one description and nothing else."""
    described = folder / "described.json"
    described.write_bytes(msgspec.json.encode(without_null_examples(official(path))))
    port, there = free_port(), npm.installed(npm.HERE / "prism")
    command = ["node_modules/.bin/prism", "mock", "-h", "127.0.0.1", "-p", str(port), str(described)]
    with (folder / "prism.log").open("wb") as said:
        process = subprocess.Popen(command, cwd=there, stdout=said, stderr=said)
    address, listening = f"http://127.0.0.1:{port}", Listening()
    try:
        wait_for(lambda: http.answers(address, within_s=1.0), 60)
        yield Api(listening, lambda: "token", place=Place(NEWEST, address, address)), listening
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.full(minutes=1)
def test_what_we_write_to_contacts_is_as_described(tmp_path: Path) -> None:
    writes = [objects.Write(f"t{n}", str(n), {"points": "5", "last_reward": ""}) for n in range(100)]
    with prism(tmp_path, CONTACTS) as (api, listening):
        objects.update(api, "contacts", writes)
        objects.upsert(api, "contacts", "member_id", writes)
        objects.read(api, "contacts", ["1"], ["points"])
        objects.read(api, "contacts", ["M1"], ["points"], "member_id")
        objects.page(api, "contacts", ["points"], "7")
        # Searching is left out: there the guides, which we follow, and the description differ (sorts, after).
        assert (listening.wrong, listening.asked) == ([], 5)
        # It does look: a number where a text belongs is found.
        api.ask(
            writing(
                api.place.path("batch_update", kind="contacts"),
                {
                    "inputs": [
                        {"id": "1", "properties": {"points": 5}},
                    ]
                },
            ),
            bytes,
        )
        assert [one["location"][-1] for one in listening.wrong] == ["points"]


@pytest.mark.full(minutes=1)
def test_what_we_put_on_timelines_is_as_described(tmp_path: Path) -> None:
    at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    with prism(tmp_path, COMPLETIONS) as (api, listening):
        custom_events.send(
            api,
            [
                custom_events.Occurrence(str(n), "pe4242_reward_earned", "101", at, {"amount": "25.00"})
                for n in range(500)
            ],
        )
        assert (listening.wrong, listening.asked) == ([], 1)
