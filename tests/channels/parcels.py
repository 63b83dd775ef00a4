"""Parcels as tests of channels need them, and providers that answer as they were told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from guerdon.engine.messages.port import Address, Content, Parcel
from guerdon.http import Answer, Unreachable

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
REF = UUID("5f0c6a8e-1f5b-4a55-9a0a-2f6f3c1b7d10")


def parcel(address: Address, content: Content, **changed: Any) -> Parcel:
    """A parcel to this address."""
    made = Parcel(REF, 7, 1, 11, "push", address, "en", content, NOW, timedelta(hours=1))
    return replace(made, **changed)


@dataclass(frozen=True)
class Asked:
    """A request as it went out."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass
class Provider:
    """Answers one after the other, and is told no more than it has."""

    answers: list[Answer | Unreachable]
    asked: list[Asked] = field(default_factory=list)

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        assert 0 < within_s <= 60
        self.asked.append(Asked(method, url, headers, body))
        answer = self.answers.pop(0)
        if isinstance(answer, Unreachable):
            raise answer
        return answer


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now
