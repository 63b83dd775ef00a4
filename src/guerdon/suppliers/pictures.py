"""Fetching a picture from where a supplier says it is: as bounded as any question, and never inside."""

from collections.abc import Mapping, Sequence

from guerdon.engine.catalog.images import BYTES_MAX
from guerdon.engine.catalog.wrong import Reason
from guerdon.http import Answer, Client, Unreachable
from guerdon.suppliers import Asks
from guerdon.values.destinations import ASKED_LENGTH_MAX, Network, read_destination

WITHIN_S = 10.0
FOUND = 200
# No key of the account goes there, nor anything else that says who asks.
HEADERS = {"Accept": "image/png, image/jpeg, image/webp"}


class Galleries:
    """Asks where pictures are, from any thread: outside alone, for others write these addresses.

    `home`: where an installation has set a supplier to be, which may be inside; `allowed`: the networks that
    may be asked there. It is no other host, and no other port of it.
    """

    def __init__(self, outside: Asks, home: str | None = None, allowed: Sequence[Network] = ()) -> None:
        self._outside = outside
        self._home = _door_of(home) if home is not None else None
        self._at_home = Client(allowed, bytes_max=BYTES_MAX) if self._home is not None else outside

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        """The answer; raises `Unreachable` and nothing else."""
        door = _door_of(url)
        http = self._at_home if door is not None and door == self._home else self._outside
        return http.ask(method, url, headers, body, within_s)


def _door_of(url: str) -> tuple[str, str, int] | None:
    there = read_destination(url, ASKED_LENGTH_MAX)
    return (there.scheme, there.host.lower(), there.port) if there is not None else None


def picture_at(http: Asks, address: str) -> bytes | Reason:
    """What stands at an address, whatever it is; or why there is nothing. No redirect is followed."""
    try:
        answer = http.ask("GET", address, HEADERS, None, WITHIN_S)
    except Unreachable as fault:
        if fault.reason in ("url", "inside"):
            return Reason("picture_address", {})
        return Reason("image_more", {"most": BYTES_MAX}) if fault.reason == "large" else _SILENT
    return answer.body if answer.status == FOUND else Reason("picture_status", {"status": answer.status})


_SILENT = Reason("picture_silent", {})
