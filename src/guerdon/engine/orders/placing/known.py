"""What is known of the orders of a lane: whom each goes to next, and in which words they are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guerdon.engine.orders.choosing import ranked
from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.placing.question import Question
from guerdon.engine.orders.port import Ask, Recipient, Supplier
from guerdon.engine.orders.resolving import Step
from guerdon.program.model import Program
from guerdon.store.catalog.items import MANUAL, POOL, CatalogItem, Offer, load_items, load_offers
from guerdon.store.database import Transaction
from guerdon.store.orders.attempts import Attempt, Claimed
from guerdon.store.orders.turns import Next
from guerdon.store.persons import Person, load_persons
from guerdon.values.ids import show
from guerdon.values.texts import text_in

ATTEMPTS_MAX = 6
# How long an order whose account nobody may ask waits before it is looked at again.
SHUT_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class LaneRound:
    """A lane while its orders are looked at."""

    program: Program
    program_id: int
    supplier: Supplier | None
    name: str
    askable: bool
    unwell: frozenset[str]
    now: datetime
    began: float


class Known:
    """What is known of the orders of a lane: items, offers and people, loaded once for all."""

    def __init__(self, tx: Transaction, desk: Desk, lane: LaneRound, claimed: Sequence[Claimed]) -> None:
        self.lane = lane
        keys = sorted({each.item for each in claimed})
        item_ids = sorted({each.item_id for each in claimed if each.item_id is not None})
        self.items: Mapping[str, CatalogItem] = load_items(tx, lane.program_id, keys)
        self.offers = load_offers(tx, lane.program_id, item_ids)
        members = sorted({each.member_id for each in claimed})
        self.persons = load_persons(tx, desk.vault, lane.program_id, members)

    def goes(self, claimed: Claimed) -> Offer | Next | None:
        """What is asked for it here, under a new key; or where it goes; None: nobody is left."""
        if claimed.withdrawn:
            # Nobody is asked anew: it is canceled.
            return Next("reserved", self.lane.now)
        chosen = self.choose(claimed)
        if chosen is None or (chosen.supplier == self.lane.name and self.lane.askable):
            return chosen
        return self.moved(chosen)

    def choose(self, claimed: Claimed) -> Offer | None:
        """Who is asked for it next; None: nobody is left."""
        if claimed.counted >= ATTEMPTS_MAX:
            return None
        offers = self._left(claimed)
        told = next((offer for offer in offers if self._tells(claimed, offer)), None)
        if told is None and MANUAL not in claimed.out:
            # No address is kept here: a person asks the member for it.
            sent = next((offer for offer in offers if "address" in offer.needs), None)
            return None if sent is None else Offer(0, MANUAL, sent.sku)
        return told

    def why_nobody(self, claimed: Claimed) -> str:
        """Why nobody is left to be asked."""
        return "recipient" if claimed.counted < ATTEMPTS_MAX and self._left(claimed) else "nobody"

    def moved(self, offer: Offer) -> Next:
        """It goes to another, or waits for this one."""
        if offer.supplier == MANUAL:
            return Next("reserved", None, "manual", MANUAL)
        later = self.lane.now if offer.supplier != self.lane.name else self.lane.now + SHUT_PAUSE
        return Next("reserved", later, "", offer.supplier)

    def again(self, claimed: Claimed, tried: Attempt, step: Step) -> Question:
        """What is asked about an attempt that there is: the same in every word."""
        offers = self.offers.get(claimed.item_id or 0, ())
        known = next((each for each in offers if each.supplier == tried.supplier), None)
        needs = known.needs if known is not None else ()
        offer = Offer(0, tried.supplier, tried.sku, needs=needs)
        named = (tried.number, tried.key, tried.first_asked_at)
        return self._question(claimed, offer, step, named, doubted=tried.doubted)

    def first(self, claimed: Claimed, offer: Offer) -> Question:
        """What is asked under a new key."""
        number = claimed.attempts + 1
        named = (number, f"{show('ord', claimed.order_id)}-{number}", self.lane.now)
        return self._question(claimed, offer, "place", named, doubted=False)

    def _question(
        self, claimed: Claimed, offer: Offer, step: Step, named: tuple[int, str, datetime], *, doubted: bool
    ) -> Question:
        attempt, key, first_asked_at = named
        ask = Ask(
            ref=show("ord", claimed.order_id),
            key=key,
            attempt=attempt,
            first_asked_at=first_asked_at,
            sku=offer.sku,
            currency=claimed.currency or "",
            digits=self._digits(claimed.currency),
            face_minor=claimed.face_minor or 0,
            recipient=self._recipient(claimed, offer),
            item_name=self._name(claimed),
            asked_at=claimed.open.asked_at if claimed.open is not None and doubted else None,
        )
        assert self.lane.supplier is not None
        lane = self.lane
        return Question(
            lane.program_id, self.lane.supplier, claimed, step, ask, doubted, lane.now, lane.began
        )

    def _left(self, claimed: Claimed) -> list[Offer]:
        offers = self.offers.get(claimed.item_id or 0, ())
        order = ranked(offers, self.lane.program.suppliers, claimed.face_minor or 0, self.lane.unwell)
        left = [each for each in order if each.supplier != POOL and each.supplier not in claimed.out]
        # Who would not just now is asked again once nobody else is left.
        return sorted(left, key=lambda offer: offer.supplier in claimed.later)

    def _tells(self, claimed: Claimed, offer: Offer) -> bool:
        person = self.persons.get(claimed.member_id, Person())
        has = {"name": person.name, "email": person.email, "phone": person.phone}
        return all(has.get(need) for need in offer.needs)

    def _recipient(self, claimed: Claimed, offer: Offer) -> Recipient:
        person = self.persons.get(claimed.member_id, Person())
        # No supplier is told more than it needs.
        return Recipient(
            name=person.name if "name" in offer.needs else "",
            email=person.email if "email" in offer.needs else "",
            phone=person.phone if "phone" in offer.needs else "",
            country=claimed.country,
            language=claimed.language,
        )

    def _digits(self, currency: str | None) -> int:
        unit = self.lane.program.units.get(currency) if currency is not None else None
        return unit.digits if unit is not None else 2

    def _name(self, claimed: Claimed) -> str:
        item = self.items.get(claimed.item)
        return text_in(item.names, claimed.language) if item is not None else ""
