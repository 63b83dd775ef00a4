"""A visit: a member's code was taken at a location, and what may be confirmed of it is one event.

Its address names the member and the moment, and is ours by an HMAC: whoever has it and works at that location
may confirm, once, whoever scanned.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from guerdon.values.ids import read, show

KEY_PURPOSE = "visit"
# For how long after its code was taken something may be confirmed.
OPEN = timedelta(minutes=15)
# Seconds since 1970 of these years have ten digits, so that ids stand in the order of time.
_SECONDS_DIGITS = 10
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose code was taken where and when, to the second."""

    program_id: int
    location: str
    member_id: int
    taken_at: datetime

    @property
    def external_id(self) -> str:
        """What its one event is called: the location, the second, the member."""
        return f"{self.location}/{_seconds(self.taken_at)}/{show('mem', self.member_id)}"

    def is_open(self, now: datetime) -> bool:
        """Whether it may still be confirmed."""
        return now < self.taken_at + OPEN


def ids_between(location: str, first: datetime, end: datetime) -> tuple[str, str]:
    """The bounds of what visits at a location are called, from an instant on and before another."""
    return f"{location}/{_seconds(first)}", f"{location}/{_seconds(end)}"


def write_visit(key: bytes, visit: Visit) -> str:
    """How a visit stands in an address; the location is in the address already."""
    name = f"{show('mem', visit.member_id)}-{_seconds(visit.taken_at)}"
    return f"{name}-{_mac(key, visit)}"


def read_visit(key: bytes, text: str, program_id: int, location: str) -> Visit | None:
    """The visit that an address names, if we wrote it for this location."""
    name, _, mac = text.rpartition("-")
    member, _, seconds = name.rpartition("-")
    number = read("mem", member)
    if number is None or len(seconds) != _SECONDS_DIGITS or not (seconds.isascii() and seconds.isdecimal()):
        return None
    visit = Visit(program_id, location, number, datetime.fromtimestamp(int(seconds), UTC))
    return visit if hmac.compare_digest(mac.encode(), _mac(key, visit).encode()) else None


def _seconds(at: datetime) -> str:
    return f"{int(at.timestamp()):0{_SECONDS_DIGITS}}"


def _mac(key: bytes, visit: Visit) -> str:
    said = f"{visit.program_id}|{visit.external_id}"
    return hmac.new(key, said.encode(), "sha256").digest()[:_MAC_BYTES].hex()
