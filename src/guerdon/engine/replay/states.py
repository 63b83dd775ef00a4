"""What a replay knows of a member: the same that the store would, in a few bytes that go into its file."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from guerdon.ledger.lots import Lot
from guerdon.rules.facts import Holding, Occasion, Order, Waiting


class Who(msgspec.Struct, array_like=True, gc=False):
    """A member as they were, by the number of that state."""

    state: int
    market: str
    language: str
    location: str | None
    attributes: str
    enrolled_at: datetime
    # What says who they are is gone, from all of their states.
    forgotten: bool = False


class Origin(msgspec.Struct, array_like=True, gc=False):
    """Where a reward was earned that something may take back."""

    happened_at: datetime
    day: date
    market: str
    location: str | None
    fields: dict[str, object]


class Kept(msgspec.Struct, array_like=True, gc=False):
    """A reward of the world that is tried; `real`: the books have it too, under the same id."""

    id: int
    rule: str
    unit: str
    value: int
    remaining: int
    payer: str
    state: str
    issued_at: datetime
    expires_at: datetime | None
    available_at: datetime | None
    real: bool
    reversed: int = 0
    ended: int = 0
    reference: str | None = None
    origin: Origin | None = None
    orders: list[tuple[int, int]] = []


class Asked(msgspec.Struct, array_like=True, gc=False):
    """A reward that waits for people."""

    reward: int
    rule: str
    unit: str
    value: int
    payer: str
    reference: str | None


class Part(msgspec.Struct, array_like=True, gc=False):
    """What a member came to by a rule at a place, in the decisions that came out otherwise."""

    rule: str
    unit: str
    market: str
    location: str
    live: int = 0
    draft: int = 0


class Had(msgspec.Struct, array_like=True, gc=False):
    """A vehicle, a contract: as its row would be."""

    key: str
    # JSON, as it is stored.
    fields: str
    opened_at: datetime | None
    opened_by: int
    closed_at: datetime | None
    changed: str


class State(msgspec.Struct, array_like=True, gc=False):
    """All that a replay knows of a member."""

    who: Who | None = None
    # What was used of their own limits: by limit and period.
    allowances: dict[tuple[str, datetime], int] = {}
    lots: list[Kept] = []
    balances: dict[str, int] = {}
    debts: dict[str, dict[str, int]] = {}
    waiting: list[Waiting] = []
    asked: dict[int, Asked] = {}
    days: dict[str, dict[date, int]] = {}
    belongings: dict[str, list[Had]] = {}
    totals: dict[str, tuple[int, int]] = {}
    parts: list[Part] = []
    otherwise: int = 0

    def lot(self, number: int) -> Kept | None:
        """A reward by its id."""
        return next((lot for lot in self.lots if lot.id == number), None)


encode_state = msgspec.msgpack.Encoder().encode
decode_state = msgspec.msgpack.Decoder(State).decode
_NOWHERE = Occasion(datetime(1, 1, 1), date(1, 1, 1), "", None, {})  # noqa: DTZ001  of what nothing takes back


def holding_of(kept: Kept) -> Holding:
    """A reward as rules see it."""
    origin = kept.origin
    return Holding(
        reward_id=kept.id,
        rule=kept.rule,
        unit=kept.unit,
        value=kept.value,
        remaining=kept.remaining,
        held=0,
        reversed=kept.reversed,
        payer=kept.payer,
        reference=kept.reference,
        state=kept.state,
        issued_at=kept.issued_at,
        expires_at=kept.expires_at,
        origin=Occasion(origin.happened_at, origin.day, origin.market, origin.location, origin.fields)
        if origin
        else _NOWHERE,
        ended=kept.ended,
        orders=[Order(number, value) for number, value in kept.orders],
    )


def as_lot(kept: Kept) -> Lot:
    """A reward to draw from."""
    return Lot(kept.id, kept.remaining, 0, kept.payer, kept.expires_at, kept.issued_at)


def concerned(want: Waiting, kept: Kept) -> bool:
    """Whether a reward is what something waits for."""
    if want.rule != kept.rule or kept.origin is None:
        return False
    if want.reference is not None:
        return kept.reference == want.reference
    return kept.origin.happened_at <= want.happened_at


def take_over(kept: Kept, lot: Holding) -> Kept:
    """Let a reward be what rules made of it."""
    kept.remaining, kept.reversed, kept.state = lot.remaining, lot.reversed, lot.state
    kept.expires_at, kept.ended = lot.expires_at, lot.ended
    kept.orders = [(order.id, order.value) for order in lot.orders]
    return kept


def worth_keeping(lots: Iterable[Kept], awaited: frozenset[str]) -> list[Kept]:
    """Rewards of which something is left, or that something may name."""
    return [lot for lot in lots if lot.remaining or lot.rule in awaited]
