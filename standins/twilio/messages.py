"""A message as Twilio keeps it and shows it, and the row of what really happened to it."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

VERSION = "2010-04-01"
PRICE = 0.0075
# What may be deleted; anything else is still on its way.
ENDED = frozenset(("sent", "delivered", "undelivered", "failed", "received", "canceled"))


@dataclass
class Sent:
    """What was really asked for and what became of it; redacting or deleting the message leaves it alone."""

    sid: str
    account: str
    to: str
    sender: str
    body: str
    segments: int
    created_ms: int
    direction: str
    status: str
    sent_ms: int | None = None
    ended_ms: int | None = None
    error: int | None = None
    # Whether the words came to the handset.
    arrived: bool = False
    fault: str | None = None

    def shown(self) -> dict[str, Any]:
        """The row as the control door shows it."""
        return asdict(self)


@dataclass
class Message:
    """A message; `sender` is empty while a Messaging Service has not chosen one."""

    sid: str
    account: str
    to: str
    sender: str
    service: str | None
    body: str
    callback: str | None
    validity_s: int
    created_ms: int
    updated_ms: int
    status: str
    segments: int
    truth: Sent
    direction: str = "outbound-api"
    sent_ms: int | None = None
    error: int | None = None
    error_text: str | None = None
    fault: str | None = None

    @property
    def path(self) -> str:
        """Where it is, without the ending of a format."""
        return f"/{VERSION}/Accounts/{self.account}/Messages/{self.sid}"

    def become(self, status: str, now_ms: int) -> None:
        """Change the status, here and in the row of what happened."""
        self.status = self.truth.status = status
        self.updated_ms = now_ms
        if status == "sent":
            self.sent_ms = self.truth.sent_ms = now_ms
        elif status in ENDED:
            self.truth.ended_ms = now_ms

    def fail(self, error: int, text: str) -> None:
        """Note why it did not arrive."""
        self.error = self.truth.error = error
        self.error_text = text

    def shown(self, *, early_date: bool) -> dict[str, Any]:
        """The message as the API answers it; the date of sending may stand there from the beginning."""
        sent_ms = self.sent_ms if self.sent_ms is not None or not early_date else self.created_ms
        priced = self.sent_ms is not None
        return {
            "account_sid": self.account,
            "api_version": VERSION,
            "body": self.body,
            "date_created": written(self.created_ms),
            "date_updated": written(self.updated_ms),
            "date_sent": None if sent_ms is None else written(sent_ms),
            "direction": self.direction,
            "error_code": self.error,
            "error_message": self.error_text,
            "from": self.sender or None,
            "messaging_service_sid": self.service,
            "num_media": "0",
            "num_segments": str(self.segments if self.sender else 0),
            "price": f"{-PRICE * self.segments:.5f}" if priced else None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{self.path}/Media.json"},
            "to": self.to,
            "uri": f"{self.path}.json",
        }


def written(moment_ms: int) -> str:
    """A moment in the form of RFC 2822, in GMT."""
    return format_datetime(datetime.fromtimestamp(moment_ms // 1000, UTC))
