"""HubSpot's client as tests build it, towards the stand-in or towards answers that a test writes."""

from collections.abc import Mapping
from typing import Any

import msgspec
from tests.standins.house import Stand

from guerdon.connectors.hubspot.api.calls import Api, Question, reading, writing
from guerdon.connectors.hubspot.api.oauth import App
from guerdon.connectors.hubspot.api.outcomes import Done, Outcome, Partial
from guerdon.connectors.hubspot.api.pace import Pace
from guerdon.connectors.hubspot.api.versions import NEWEST, Place, Version
from guerdon.http import Answer, Client, Unreachable
from guerdon.values.destinations import read_networks

LOCAL = read_networks("127.0.0.0/8") or ()
TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"
REDIRECT = "https://guerdon.example/hubspot"
READ: Question = reading("/crm/objects/2026-09/contacts")
WRITE: Question = writing("/crm/objects/2026-09/contacts/batch/upsert", {"inputs": []})


def api_of(
    stand: Stand, token: str | None = None, *, version: Version = NEWEST, pace: Pace | None = None
) -> Api:
    """Ask the stand-in, as an account's private app."""
    shown = stand.token if token is None else token
    place = Place(version, stand.address, stand.address)
    return Api(Client(LOCAL), lambda: shown, pace, place)


def open_api(stand: Stand) -> Api:
    """Ask the stand-in without a token."""
    return Api(Client(LOCAL), place=Place(NEWEST, stand.address, stand.address))


def app_of(stand: Stand) -> App:
    app = stand.keys["app"]
    return App(app["clientId"], app["clientSecret"], REDIRECT)


class Saying:
    """Answers with what a test wrote, one after another, the last one for ever."""

    def __init__(self, *answers: Answer | Unreachable) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str], bytes | None]] = []

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        assert within_s > 0
        self.asked.append((method, url, dict(headers), body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Unreachable):
            raise answer
        return answer


def answered(status: int, body: object = None, **headers: str) -> Answer:
    """An answer; names of headers with underscores."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, told, body if isinstance(body, bytes) else msgspec.json.encode(body))


def told(http: Saying, pace: Pace | None = None) -> Api:
    return Api(http, lambda: TOKEN, pace, tick=lambda: 100.0)


def any_json(body: bytes) -> Any:
    return msgspec.json.decode(body) if body else None


def done(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Done), outcome
    return outcome.answer


def partial(outcome: Outcome[Any]) -> Partial[Any]:
    assert isinstance(outcome, Partial), outcome
    return outcome
