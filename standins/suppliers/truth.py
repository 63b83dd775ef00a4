"""What really happened: every order that a supplier really took, for whoever tests; no API shows it."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Issue:
    """An order that the supplier placed."""

    reference: str
    key: str
    id: str
    at_ms: int
    product: str
    currency: str
    asked: str
    amount: str
    state: str
    codes: list[str] = field(default_factory=list)
    fault: str | None = None

    def shown(self) -> dict[str, Any]:
        """The row as the control door shows it."""
        return asdict(self)


class Deliveries:
    """What a stand-in for messages really sent, in rows of its own shape, and what became of each request."""

    def __init__(self) -> None:
        self.issues: list[Any] = []
        self.asked: dict[str, list[str]] = {}

    def note(self, about: str, what: str) -> None:
        """Note what became of one request to send."""
        self.asked.setdefault(about, []).append(what)


class Truth:
    """The issues in the order in which they were made, and how often each reference was asked for."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.asked: dict[str, list[str]] = {}

    def note(self, reference: str, what: str) -> None:
        """Note what became of one request to place."""
        self.asked.setdefault(reference, []).append(what)
