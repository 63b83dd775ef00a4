"""A supplier's answers as they were written down, for whoever asks; and what is asked of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from guerdon.engine.orders.port import Account, Ask, Recipient, Supplier
from guerdon.http import Answer, Unreachable
from guerdon.suppliers import vendors

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET, HOOK_SECRET = "TEST_key-of-the-account", "whsec_" + "c2VjcmV0LW9mLWNhbGxiYWNrcw=="
REF, KEY = "ord_7k2m9q", "5f0c6a8e-1f5b-4a55-9a0a-2f6f3c1b7d10"


@dataclass(frozen=True)
class Asked:
    """A request as it went out."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def said(self) -> Any:
        return json.loads(self.body or b"null")


@dataclass
class Recorded:
    """Answers one after the other, and is told no more than it has."""

    answers: list[Answer | Unreachable]
    asked: list[Asked] = field(default_factory=list)

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        assert 0 < within_s <= 60
        self.asked.append(Asked(method, url.removeprefix("https://their.example"), headers, body))
        answer = self.answers.pop(0)
        if isinstance(answer, Unreachable):
            raise answer
        return answer


def answered(said: object, status: int = 200, **headers: str) -> Answer:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def lost(*, sent: bool) -> Unreachable:
    return Unreachable("timeout", sent=sent)


def opened(kind: str, *answers: Answer | Unreachable, **options: str) -> tuple[Supplier, Recorded]:
    """An account, and who answers it."""
    http = Recorded(list(answers))
    account = Account("cards", "https://their.example", SECRET, HOOK_SECRET, options)
    return vendors()[kind].opens(http, account), http


def order(**changed: Any) -> Ask:
    """One order to be placed."""
    given: dict[str, Any] = {
        "ref": REF,
        "key": KEY,
        "attempt": 1,
        "first_asked_at": NOW,
        "sku": "OKMHM2X2OHYV",
        "currency": "EUR",
        "digits": 2,
        "face_minor": 2500,
        "recipient": Recipient(),
    }
    return Ask(**given | changed)


def paths(http: Recorded) -> Sequence[str]:
    return [f"{each.method} {each.path}" for each in http.asked]
