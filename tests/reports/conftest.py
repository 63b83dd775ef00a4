"""What tests of reports ask for: a house with shops, its console, and a press that mails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import pytest
from tests.access.people import grant_of, hire
from tests.locations.conftest import Doors, doors, house
from tests.locations.house import House

from guerdon.access.roles import Role
from guerdon.channels.email.wire import email_channels
from guerdon.engine.library import Library
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Accepted, Outcome
from guerdon.engine.reports.mailing import Press, report_due
from guerdon.store.database import connect, transaction
from guerdon.store.reports.schedules import Wanted, record_schedule
from guerdon.store.reports.slots import Slots
from guerdon.suppliers.amounts import digits_of

__all__ = ["Doors", "doors", "house"]
DAILY = Slots("day", None, 7, "Europe/Berlin")
SENDER = "Row Boats <reports@example.com>"


@dataclass
class Mailroom:
    """The worker's part, done at once; what it sent, and what the mail server says to it."""

    house: House
    sent: list[Letter] = field(default_factory=list)
    says: Callable[[Letter], Outcome] = lambda _: Accepted("1")

    def asks(
        self,
        login: str,
        role: Role,
        at: datetime,
        wanted: Wanted | None = None,
        *,
        market: str | None = None,
        location: str | None = None,
    ) -> int:
        """Somebody works here and wants a report each morning; their number."""
        house = self.house
        with connect(house.url, house.secret, "web") as db:
            grant = grant_of(house.program_id, role, market=market, location=location)
            person = hire(db, house.program_id, login, [grant])
            with transaction(db, house.program_id) as tx:
                wanted = wanted or Wanted("overview", "en", ["pdf", "xlsx"], DAILY)
                assert record_schedule(tx, house.program_id, person, wanted, at) is not None
        return person

    def work(self, now: datetime, send: Callable[[Letter], Outcome] | None = None) -> int:
        """One turn of the worker."""
        house = self.house
        press = Press(
            Library(house.vault, {}),
            partial(connect, house.url, house.secret, "web"),
            send or self._send,
            "https://guerdon.example",
            {},
            digits_of,
        )
        with connect(house.url, house.secret, "worker") as db:
            return report_due(db, press, house.program_id, now)

    @contextmanager
    def smtp(self, url: str) -> Iterator[Callable[[Letter], Outcome]]:
        """A real line to a mail server."""
        (channel,) = email_channels(url, SENDER, 1)
        yield channel.send
        channel.close()

    @property
    def fates(self) -> list[tuple[object, ...]]:
        """What became of each sending, the first due first."""
        return self.house.rows("select state, why, tries from report_sendings order by due_at, schedule_id")

    def _send(self, letter: Letter) -> Outcome:
        self.sent.append(letter)
        return self.says(letter)


@pytest.fixture
def mailroom(house: House) -> Mailroom:
    """Give the mailroom of a house."""
    return Mailroom(house)
