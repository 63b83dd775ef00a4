"""An order as its page shows it: where it stands, when it comes, and what was handed over, drawn."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from guerdon.queries.claims import load_reward
from guerdon.queries.orders.ended import Ended, list_ended, list_taken, lost_by, told_of
from guerdon.queries.orders.orders import MemberOrder
from guerdon.store.catalog.items import MANUAL, CatalogItem, load_items
from guerdon.store.database import Transaction
from guerdon.store.orders.handed import Piece
from guerdon.text.barcodes import Bars, draw_barcode
from guerdon.text.qr import Symbol, draw_qr
from guerdon.values.ids import show
from guerdon.values.money import Money
from guerdon.values.texts import FALLBACK_LANGUAGE, Text
from guerdon.web.member.pages import MOVING, Visit, item_name

# What a QR symbol of this size holds is still read from a phone's screen.
QR_CHARACTERS_MAX = 400


@dataclass(frozen=True, slots=True)
class PieceShown:
    """A code, a PIN, a link or a note; what a scanner reads is drawn."""

    kind: str
    text: str = field(repr=False)
    # The address behind a link: of the web and encrypted, or it is shown as text alone.
    link: str = field(default="", repr=False)
    qr: Symbol | None = field(default=None, repr=False)
    bars: Bars | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SlotTaken:
    """When and where it is."""

    starts_at: datetime | None
    venue: str


@dataclass(frozen=True, slots=True)
class Over:
    """So much of what an order costs was good until the end of a day, and is kept for it alone."""

    value: Money
    last_day: date


@dataclass(frozen=True, slots=True)
class OrderShown:
    """Everything about an order that its member reads. `due_at`: by when it should be there.

    `good_until`: from when on its code is worth nothing; None: it has no end, or is used, or is none. `kind`:
    of its item; empty where that never was in the catalog.
    """

    ord: str
    kind: str
    name: Text
    use: Text | None
    value: Money
    beside: Money | None
    face: Money | None
    state: str
    by_hand: bool
    chosen_at: datetime
    # When the supplier had it, and when it was the member's.
    ordered_at: datetime | None
    ready_at: datetime | None
    due_at: datetime
    late: bool
    slot: SlotTaken | None
    pieces: Sequence[PieceShown]
    good_until: datetime | None
    # Nobody is known to have used it before it ended.
    ended: bool
    cancelable: bool
    # What is lost, or was, by calling it off.
    over: Sequence[Over]
    # What rules took back of it instead, or will.
    taken: Sequence[Money]
    locale: str
    time_zone: str
    units: Mapping[str, int]

    @property
    def told(self) -> str:
        """What its page says of what is lost, as the form tells it back."""
        return told_of(each.value for each in self.over)

    @property
    def leaves_something(self) -> bool:
        """Whether some of what it cost is the member's again once nothing came of it."""
        rest = Counter[str]()
        for paid in (self.value, self.beside):
            if paid is not None:
                rest[paid.unit] += paid.amount_minor
        for gone in (*(each.value for each in self.over), *self.taken):
            rest[gone.unit] -= gone.amount_minor
        return any(left > 0 for left in rest.values())

    @property
    def moving(self) -> bool:
        """Whether it is not settled yet."""
        return self.state in MOVING

    @property
    def is_back(self) -> bool:
        """Whether the member has again what it cost."""
        return self.state in {"failed", "canceled", "returned"}

    @property
    def step(self) -> int:
        """Which of the three steps it is at."""
        return {"reserved": 1, "ordered": 2, "unknown": 2}.get(self.state, 3)

    @property
    def last_day(self) -> date | None:
        """The last whole day of the member's on which the code is good; None: it ends during a day."""
        local = self.good_until.astimezone(ZoneInfo(self.time_zone)) if self.good_until else None
        return local.date() - timedelta(days=1) if local and local.time() == time.min else None

    def digits(self, unit: str) -> int:
        """How many digits of a unit stand after the point."""
        return self.units.get(unit, 2)


def order_shown(tx: Transaction, visit: Visit, order: MemberOrder) -> OrderShown:
    """An order with all that its page says."""
    program = visit.program
    reward = load_reward(tx, visit.program_id, visit.member_id, order.reward_id, visit.now)
    assert reward is not None, "an order is of a reward"
    item = load_items(tx, visit.program_id, [order.item]).get(order.item)
    market = program.markets.get(reward.market)
    promise = program.deliveries.of(reward.rule)
    lead = timedelta(minutes=item.lead_minutes) if item is not None else timedelta()
    due_at = order.chosen_at + max(promise.at_most, lead)
    good_until = order.good_until if order.state == "fulfilled" and order.code_state == "issued" else None
    zone = market.time_zone if market else program.time_zone
    return OrderShown(
        ord=show("ord", order.id),
        kind=item.kind if item is not None else "",
        name=item.names if item is not None else item_name(program, order.item),
        use=_use(visit, order.item, item),
        value=order.value,
        beside=order.beside,
        face=order.face if order.face != order.value else None,
        state=order.state,
        by_hand=order.supplier == MANUAL,
        chosen_at=order.chosen_at,
        ordered_at=order.ordered_at,
        ready_at=order.settled_at if order.state == "fulfilled" else None,
        due_at=due_at,
        late=due_at <= visit.now,
        slot=SlotTaken(order.slot[0], order.slot[2] or "") if order.slot else None,
        pieces=[_piece(each) for each in order.handed],
        good_until=good_until,
        ended=good_until is not None and good_until <= visit.now,
        cancelable=order.state == "reserved",
        over=_over(tx, visit, order, zone),
        taken=_taken(tx, visit, order),
        locale=visit.locale or f"{reward.language}-{reward.market}",
        time_zone=zone,
        units={unit.key: unit.digits for unit in program.units.values()},
    )


def _over(tx: Transaction, visit: Visit, order: MemberOrder, zone: str) -> list[Over]:
    """What has ended while it was kept for it; or was lost by calling it off, whatever its lots are now."""
    found: Sequence[Ended] = ()
    if order.state == "reserved":
        found = list_ended(tx, visit.program_id, (visit.member_id, order.id), visit.now)
    elif order.state == "canceled":
        found = lost_by(order.reason)
    # A day that ends at midnight is the last one, not the next.
    instants = [(each.value, each.ended_at - timedelta(microseconds=1)) for each in found]
    return [Over(value, instant.astimezone(ZoneInfo(zone)).date()) for value, instant in instants]


def _taken(tx: Transaction, visit: Visit, order: MemberOrder) -> Sequence[Money]:
    if order.state not in {"reserved", "canceled", "failed"}:
        return ()
    return list_taken(tx, visit.program_id, (visit.member_id, order.id))


def _use(visit: Visit, key: str, item: CatalogItem | None) -> Text | None:
    known = visit.program.items.get(key)
    text = item.uses if item is not None else known.use if known is not None else {}
    return text if text.get(FALLBACK_LANGUAGE) else None


def _piece(piece: Piece) -> PieceShown:
    text = piece.text
    if piece.kind in {"pin", "note"}:
        return PieceShown(piece.kind, text)
    if piece.kind == "url":
        return PieceShown(piece.kind, text, link=text if is_safe_link(text) else "")
    # What is given as a bar code of one kind is read as that kind and no other.
    bars = draw_barcode(text, piece.format or "code128") if piece.format != "qr" else None
    square = piece.format in {"", "qr"} and len(text) <= QR_CHARACTERS_MAX
    return PieceShown(piece.kind, text, qr=draw_qr(text) if square else None, bars=bars)


def is_safe_link(text: str) -> bool:
    """Whether a supplier's link may be tapped: https, with a host, and nothing that hides another."""
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
