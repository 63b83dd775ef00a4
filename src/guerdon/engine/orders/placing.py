"""Placing: orders whose time has come are taken, it is written down whom we ask, and then they are asked.

What is about to be asked is committed before anybody is; no transaction is open while somebody is asked.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from guerdon.engine.library import NoLiveVersion
from guerdon.engine.orders.choosing import ranked
from guerdon.engine.orders.desk import LEASE, Desk
from guerdon.engine.orders.lanes import breaker, paces
from guerdon.engine.orders.lanes.turnstile import Patience, Turn, by_turns, turns_of
from guerdon.engine.orders.port import Ask, Recipient, Supplier, Told, Unknown
from guerdon.engine.orders.resolving import Step, next_step
from guerdon.program.model import Program
from guerdon.store.alarms import AlarmRow, record_alarms
from guerdon.store.audit import record_audit
from guerdon.store.catalog.items import MANUAL, POOL, CatalogItem, Offer, load_items, load_offers
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.orders.attempts import (
    Asking,
    Attempt,
    Claimed,
    claim_due,
    close_attempts,
    record_asking,
)
from guerdon.store.orders.lanes import list_due, list_lanes, lock_lane, settle_lane
from guerdon.store.orders.paid import learn_outcomes
from guerdon.store.orders.turns import Next, settle_turns
from guerdon.store.persons import Person, load_persons
from guerdon.values.ids import show
from guerdon.values.texts import text_in

log = logging.getLogger(__name__)
ATTEMPTS_MAX = 6
# How long an order whose account nobody may ask waits before it is looked at again.
SHUT_PAUSE = timedelta(seconds=30)
ASKED = "order.asked"
SHUT_ALARM = "supplier.shut"
# How long, at least, each further request of a question waits for its turn; and the first, sent late.
MORE_S, LATE_S = 30.0, 1.0
# When what may be somebody else's is looked at again, unless it is.
UNSURE_S = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be asked of one supplier, once it is written down."""

    program_id: int
    supplier: Supplier
    claimed: Claimed
    step: Step
    ask: Ask
    # Whether something may have gone out before this.
    doubted: bool
    # When it was taken, and by the desk's own tick.
    asked_at: datetime
    taken: float


@dataclass(slots=True)
class Taken:
    """What came of looking: what to ask, and which orders nobody can deliver (with the reason).

    `moved`: how many go elsewhere, or wait for a person.
    """

    questions: list[Question] = field(default_factory=list)
    hopeless: list[tuple[Claimed, str]] = field(default_factory=list)
    moved: int = 0
    # When the first of the accounts that were looked at may be asked for more.
    more_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose orders are looked at, when, and how many questions there may be by then."""

    program: Program
    program_id: int
    supplier: str
    now: datetime
    at_most: int


@dataclass(frozen=True, slots=True)
class _Lane:
    """A lane while its orders are looked at."""

    program: Program
    program_id: int
    supplier: Supplier | None
    name: str
    askable: bool
    unwell: frozenset[str]
    now: datetime
    began: float


def take_due(db: Connection, desk: Desk, program_id: int, now: datetime, at_most: int) -> Taken:
    """Take what is due of a program, lane by lane, and write down what is about to be asked."""
    taken = Taken()
    with transaction(db, program_id) as tx:
        due = list_due(tx, program_id, now)
        if not due:
            return taken
        try:
            program = desk.library.playbook(tx, program_id, now).program
        except NoLiveVersion:
            return taken
    for supplier in due:
        if len(taken.questions) >= at_most:
            break
        with transaction(db, program_id) as tx:
            _take_lane(tx, desk, _Whose(program, program_id, supplier, now, at_most), taken)
    return taken


def _take_lane(tx: Transaction, desk: Desk, whose: _Whose, taken: Taken) -> None:
    program, program_id, name, now = whose.program, whose.program_id, whose.supplier, whose.now
    account = desk.open_account(program, name) if name in program.suppliers else None
    row = lock_lane(tx, program_id, name)
    unwell = {key for key, lane in list_lanes(tx, program_id).items() if breaker.is_unwell(lane, now)}
    # Whoever cannot be asked at all is no way out for another's orders.
    unwell |= {key for key in program.suppliers if desk.open_account(program, key) is None}
    if account is None:
        unwell.add(name)
        tell_shut(
            tx,
            program_id,
            name,
            "it cannot be opened: its key is missing, or the program has it no more",
            now,
        )
    askable = account is not None and breaker.may_ask(row, now)
    lane = _Lane(program, program_id, account, name, askable, frozenset(unwell), now, desk.tick())
    if not askable and name not in unwell:
        # It rests for a moment: its orders wait for it.
        return
    most = whose.at_most - len(taken.questions)
    if account is not None and askable:
        pace = paces.pace_of(account)
        row = paces.filled(row, pace, now)
        most = breaker.at_most(row, min(most, max(int(row.tokens), 0)))
        if not breaker.is_tried(row):
            taken.more_at = _sooner(taken.more_at, paces.next_at(paces.spent(row, most), pace))
    turn = (desk.fence, now, now + LEASE)
    claimed: list[Claimed] = []
    if most:
        # One that nobody was asked for tells best whether it is well again; else they take turns, by lot.
        fresh_first = breaker.is_tried(row) or desk.toss()
        lane_key = (program_id, name)
        claimed = claim_due(tx, lane_key, turn, most, only_reserved=not askable, fresh_first=fresh_first)
    if claimed:
        asked, told = _prepare(tx, desk, lane, claimed, taken)
        if told:
            # Holds are audited: from now on nobody knows how these end, or all know that in nothing.
            record_audit(tx, program_id, "worker", ASKED, name, now, after={"orders": asked})
        if asked:
            row = breaker.probing(paces.spent(row, asked), now)
    settle_lane(tx, program_id, row, asked_at=now if claimed else None)


def tell_shut(tx: Transaction, program_id: int, supplier: str, says: str, now: datetime) -> None:
    """Tell people that an account may not be asked, once a day."""
    alarm = AlarmRow(SHUT_ALARM, supplier, now.date().isoformat(), {"says": says})
    record_alarms(tx, program_id, [alarm], now)


def _sooner(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)


def _prepare(
    tx: Transaction, desk: Desk, lane: _Lane, claimed: Sequence[Claimed], taken: Taken
) -> tuple[int, bool]:
    """Write down what is asked; how many that are, and whether of any hold something else is known by it."""
    known = _Known(tx, desk, lane, claimed)
    asking, turns, given_up = list[Asking](), list[tuple[tuple[int, int], Next]](), list[tuple[int, int]]()
    for each in claimed:
        step = _step(lane, each)
        if step == "person":
            turns.append((each.key, Next("unknown", None, "person")))
            continue
        if each.open is not None and step in ("place", "find", "fetch"):
            question, places = known.again(each, each.open, step), step == "place"
        else:
            if each.open is not None:
                given_up.append(each.key)
            goes = known.goes(each)
            if goes is None:
                taken.hopeless.append((each, known.why_nobody(each)))
                continue
            if isinstance(goes, Next):
                turns.append((each.key, goes))
                continue
            question, places = known.first(each, goes), True
        taken.questions.append(question)
        ask = question.ask
        whom = question.supplier.account.asked_of
        asking.append(Asking(*each.key, ask.attempt, lane.name, whom, ask.sku, ask.key, places))
    if given_up:
        close_attempts(tx, lane.program_id, given_up, "nothing", lane.now)
        learn_outcomes(tx, lane.program_id, given_up)
    if turns:
        settle_turns(tx, lane.program_id, turns)
        taken.moved += len(turns)
    if asking:
        record_asking(tx, lane.program_id, asking, lane.now)
    return len(asking), bool(asking or given_up)


def _step(lane: _Lane, claimed: Claimed) -> Step:
    if claimed.open is None:
        return "nothing"
    if not lane.askable:
        # Nothing went out under its key: it may go elsewhere.
        return "nothing"
    assert lane.supplier is not None
    if claimed.open.asked_of != lane.supplier.account.asked_of:
        # The name stands for somebody else by now, who cannot say what became of it.
        return "person" if claimed.open.doubted else "nothing"
    step = next_step(lane.supplier.abilities, claimed.open, lane.now)
    return _withdrawing(lane.supplier, claimed.open, step) if claimed.withdrawn else step


def _withdrawing(supplier: Supplier, tried: Attempt, step: Step) -> Step:
    """The same for an order that nobody wants any more: it is not asked for where anything else tells."""
    if step != "place":
        return step
    if not tried.doubted or tried.absences > 0:
        return "nothing"
    return "find" if supplier.abilities.finds else "place"


class _Known:
    """What is known of the orders of a lane: items, offers and people, loaded once for all."""

    def __init__(self, tx: Transaction, desk: Desk, lane: _Lane, claimed: Sequence[Claimed]) -> None:
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


def ask_one(desk: Desk, question: Question) -> Told | None:
    """Ask; None when it may be somebody else's by now, so that nobody was asked."""
    if not desk.is_sure(question.taken):
        return None
    supplier, ask, tried = question.supplier, question.ask, question.claimed.open
    try:
        with by_turns(_turns(desk, question)):
            if question.step == "find":
                return supplier.find(ask)
            if question.step == "fetch" and tried is not None and tried.their_id is not None:
                return supplier.fetch(tried.their_id, ask)
            return supplier.place(ask)
    except Exception:
        # Whatever it was, it may have happened after it was asked.
        log.exception("the account %s failed while it was asked", supplier.account.key)
        return Unknown("fault")


def _turns(desk: Desk, question: Question) -> Turn:
    """The turns of a question: its first was taken with it, each further request takes one of its own."""
    if desk.opens is None:
        return lambda: 0.0
    supplier, program_id, opens = question.supplier, question.program_id, desk.opens
    pace = paces.pace_of(supplier)
    first = [True]
    more_s = max(MORE_S, paces.further_s(pace))

    def had() -> float:
        if not first:
            patience = Patience(desk.clock, more_s, sleep=desk.sleep)
            return turns_of(opens, program_id, supplier, patience)()
        first.clear()
        if (desk.clock() - question.asked_at).total_seconds() < pace.within_s * paces.APART / 2:
            return 0.0
        # It was long until it is sent: it counts from now, lest others saved up in its place meanwhile.
        return turns_of(
            opens, program_id, supplier, Patience(desk.clock, LATE_S, sleep=desk.sleep)
        ).had_before()

    def turn() -> float:
        after_s = had()
        # While it waited, it may have become somebody else's, who asks as well.
        return after_s if after_s > 0 or desk.is_sure(question.taken) else UNSURE_S

    return turn
