"""A house whose first version cannot map a word, and whose second one can and gives more."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.engine import house as engine
from tests.engine.house import EV_MAKER, NOW
from tests.lending import lent

from guerdon.connectors.hubspot.sample import sample_delivery
from guerdon.engine.arrivals import Unusable
from guerdon.engine.intake import Delivery, Kept, keep_deliveries
from guerdon.engine.publish import publish
from guerdon.engine.quarantine.settling import CHUNK, Reading, Tried, retry
from guerdon.engine.scenarios.scenario import PropertyChange
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import Transaction, transaction
from guerdon.store.quarantine.settling import Chosen, Settled
from guerdon.web.readers import READERS

YESTERDAY = NOW - timedelta(days=1)
WORD = "zugesagt"
_KNOWN = "      - { property: booking_status, value: confirmed, event: booking.confirmed }\n"


class House(engine.House):
    """A migrated database with the EV maker's program in it."""

    def begin(self) -> None:
        """Publish the first version two days ago, and enroll a few."""
        self._publish(EV_MAKER.read_text(encoding="utf-8"), NOW - timedelta(days=2))
        self.enroll(range(1, 40))

    def mend(self) -> None:
        """Publish a version that maps the word, an hour ago; it gives 350 EUR for a booking."""
        text = EV_MAKER.read_text(encoding="utf-8")
        more = text.replace(_KNOWN, _KNOWN + _KNOWN.replace("value: confirmed", f"value: {WORD}"))
        dearer = more.replace("reward: { value: 200.00 EUR", "reward: { value: 350.00 EUR", 1)
        assert text != more != dearer
        self._publish(dearer, NOW - timedelta(hours=1))

    def _publish(self, text: str, at: datetime) -> None:
        program = read_program(text, EV_MAKER.parent)
        assert isinstance(program, Program), program
        self.program = program
        with lent(self.url, self.secret, "owner") as db:
            self.program_id = publish(db, program, "test", at).program_id

    def delivery(self, contact: int, value: str = WORD, *, unread: bool = False) -> Delivery:
        """A contact's booking as it is told; unread, as a door tells it that cannot read it."""
        change = PropertyChange(str(contact), "booking_status", value, YESTERDAY, contact)
        made = sample_delivery(self.program.connections["hubspot_eu"], [change])
        bad = [Unusable(0, "malformed_event", "Element 1 is not a HubSpot event")]
        return Delivery(made.connection, made.body, bad) if unread else made

    def keep(self, deliveries: Sequence[Delivery]) -> list[Kept]:
        with lent(self.url, self.secret, "web") as db:
            return keep_deliveries(db, self.vault, self.program_id, deliveries, YESTERDAY)

    def set_apart(self, *contacts: int) -> None:
        """Bookings in a word that no version knows yet."""
        self.keep([self.delivery(contact) for contact in contacts])
        self.work()

    def work(self) -> None:
        with self.worker() as worker:
            worker.work()

    def chosen(self, number: int | None = None, reason: str | None = None) -> Chosen:
        return Chosen(self.program_id, CHUNK, id=number, reason=reason)

    def retry_in(self, tx: Transaction, chosen: Chosen, by: str = "per_test") -> Tried:
        reading = Reading(self.program, self.vault, READERS)
        return retry(tx, reading, chosen, Settled(by, NOW))

    def retry(self, number: int | None = None, reason: str | None = None) -> Tried:
        with lent(self.url, self.secret, "web") as db, transaction(db, self.program_id) as tx:
            return self.retry_in(tx, self.chosen(number, reason))

    def standing(self) -> list[tuple[object, ...]]:
        """What stands in quarantine."""
        return self.rows("select reason, external_id from quarantine where settled_at is null order by id")
