"""Mails that come back, at the desk: whose they are stands in their address, what they say is taken once.

An address is believed by its token alone, and a mail by nothing else than that. What is not understood, or is
for nobody, is counted by its reason and let go; nobody is ever answered.
"""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from guerdon.channels.email.listening import Busy
from guerdon.channels.email.returned import Complained, Read, Undelivered, read_returned
from guerdon.engine.messages.noticing.returned import (
    Returned,
    note_complaint,
    note_undelivered,
    note_unsubscribed,
)
from guerdon.store.database import UNAVAILABLE, Transaction
from guerdon.values.clock import utc_now
from guerdon.values.returns import KEY_PURPOSE, Written, read_address, read_returning
from guerdon.web.rooms import Room

# Where mail providers are told to send complaints: those name the mail they are about.
COMPLAINTS = "complaints"

log = logging.getLogger(__name__)


class ReturnDesk:
    """Takes what came back to addresses of a domain; asked from any thread."""

    def __init__(self, room: Room, domain: str, clock: Callable[[], datetime] = utc_now) -> None:
        self._room = room
        self._clock = clock
        self._domain = domain
        self._key = room.vault.key(KEY_PURPOSE)
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    @property
    def counts(self) -> Counter[str]:
        """What became of mails so far, by its code."""
        with self._lock:
            return Counter(self._counts)

    def knows(self, address: str) -> bool:
        """Whether an address is one of ours that still holds, or the one for complaints."""
        if address.lower() == f"{COMPLAINTS}@{self._domain}":
            return True
        written = read_address(address)
        known = written is not None and self._whose(written) is not None
        if not known:
            self._count("address_unknown")
        return known

    def take(self, addresses: tuple[str, ...], content: bytes, *, reported: bool) -> None:
        """Take a mail; raises `Busy` while the database does not answer."""
        read = read_returned(content)
        try:
            for address in addresses:
                self._count(self._take(address, read, reported=reported))
        except UNAVAILABLE as fault:
            raise Busy from fault

    def _take(self, address: str, read: Read, *, reported: bool) -> str:
        """Take it for one address; what became of it."""
        written = read_address(address)
        if written is None:
            to_complaints = address.lower() == f"{COMPLAINTS}@{self._domain}"
            return self._complained(read) if to_complaints else "address_unknown"
        came = self._whose(written)
        if came is None:
            return "address_unknown"
        if written.purpose == "unsubscribe":
            # A report comes from no person: somebody wrote a mail in that address's name.
            return "report_to_unsubscribe" if reported else self._kept("unsubscribed", came, read)
        if isinstance(read, Complained):
            return self._kept("complained", came, read)
        return self._kept("undelivered", came, read) if isinstance(read, Undelivered) else read.why

    def _complained(self, read: Read) -> str:
        if not isinstance(read, Complained):
            return "no_complaint"
        whose = (self._whose(each) for each in read.about)
        came = next((each for each in whose if each is not None), None)
        return "complaint_unknown" if came is None else self._kept("complained", came, read)

    def _kept(self, what: str, came: Returned, read: Read) -> str:
        # The audit, and what is noted, are no one member's.
        with self._room.reading(came.program_id) as tx:
            return what if _note(tx, what, came, read) else "mail_unknown"

    def _whose(self, written: Written) -> Returned | None:
        if written.domain != self._domain:
            return None
        now = self._clock()
        today = now.astimezone(UTC).date()
        for program_id, program in self._room.programs().items():
            returning = read_returning(self._key, written.purpose, program_id, written.token, today)
            if returning is not None:
                return Returned(program_id, program, returning, now)
        return None

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1
            number = self._counts[what]
        # Ten, a hundred and so on: whoever reads the log sees what comes, and nobody can fill it.
        if str(number).strip("0") == "1":
            log.warning("mails that came back, %s: %d so far", what, number)


def _note(tx: Transaction, what: str, came: Returned, read: Read) -> bool:
    if what == "unsubscribed":
        return note_unsubscribed(tx, came)
    if isinstance(read, Undelivered):
        return note_undelivered(tx, came, read.code, dead=read.dead)
    return note_complaint(tx, came)
