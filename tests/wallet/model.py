"""A member's points in plain dictionaries, by the rules as people tell them: what the house is compared with.

It knows no accounts, no SQL and none of our code. Two pools pay (the pot, and the program itself), lots are
known by the number of what they were given for, and debts by the pool that they are owed to.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
POT, PROGRAM = "budget:pot:DE", "program:funding"
FOREVER = datetime.max.replace(tzinfo=BERLIN)
GRACE = timedelta(days=30)


def end_after(days: int, start: datetime) -> datetime:
    """The end of the day so many days after an instant, as Berlin counts."""
    last: date = start.astimezone(BERLIN).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time.min, BERLIN)


@dataclass
class Lot:
    """What was given once."""

    number: str
    payer: str
    value: int
    issued_at: datetime
    ends: datetime
    available_at: datetime | None = None
    remaining: int = 0
    held: int = 0
    reversed: int = 0
    ended: int = 0
    pending: bool = False

    @property
    def free(self) -> int:
        return 0 if self.pending else self.remaining - self.held

    @property
    def order(self) -> tuple[datetime, datetime]:
        return (self.ends, self.issued_at)


@dataclass
class Hold:
    """What was set aside for one purpose."""

    parts: dict[str, int]
    until: datetime
    open: bool = True
    known: bool = True

    @property
    def amount(self) -> int:
        return sum(self.parts.values())


@dataclass
class Wallet:
    """One member, and the pools."""

    pot: int
    lots: dict[str, Lot] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    spends: dict[str, dict[str, int]] = field(default_factory=dict)
    given_back: set[str] = field(default_factory=set)
    debts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    spent: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    paid_out: int = 0

    @property
    def purse(self) -> tuple[int, int, int, int]:
        """Posted, held, pending, debt."""
        ready = [lot for lot in self.lots.values() if not lot.pending]
        return (
            sum(lot.remaining for lot in ready),
            sum(lot.held for lot in ready),
            sum(lot.remaining for lot in self.lots.values() if lot.pending),
            sum(self.debts.values()),
        )

    def spendable(self, now: datetime) -> int:
        return sum(lot.free for lot in self.lots.values() if lot.ends > now)

    def earn(self, lot: Lot) -> bool:
        """Whether its pool could pay."""
        if lot.payer == POT and self.pot < lot.value:
            return False
        self._pool(lot.payer, -lot.value)
        lot.remaining, lot.pending = lot.value, lot.available_at is not None
        self.lots[lot.number] = lot
        if not lot.pending:
            self._pay_back([lot], {lot.number: lot.value})
        return True

    def release(self, number: str) -> None:
        """What waited for an event need not wait any more."""
        lot = self.lots.get(number)
        if lot is not None and lot.pending:
            self._mature([lot])

    def take_back(self, number: str, part: int, whole: int) -> None:
        """So much of a reward was for nothing."""
        lot = self.lots.get(number)
        if lot is None:
            return
        amount = min(lot.value - lot.reversed, lot.value * part // whole)
        # What ended unused is with its pool already.
        rest = max(0, min(amount, lot.value - lot.reversed - lot.ended))
        lot.reversed += amount
        self._pool(lot.payer, rest)
        own = min(rest, lot.remaining if lot.pending else lot.free)
        lot.remaining -= own
        rest -= own
        for other in sorted(self.lots.values(), key=lambda each: each.order):
            taken = min(rest, other.free)
            other.remaining -= taken
            rest -= taken
        # Owed: the pool has it as what it may ask back, not as money.
        self._pool(lot.payer, -rest)
        if rest:
            self.debts[lot.payer] += rest

    def spend(self, key: str, amount: int, now: datetime) -> bool:
        if amount > self.spendable(now):
            return False
        parts = self._drawn({n: lot.free for n, lot in self.lots.items() if lot.ends > now}, amount)
        self._spend(key, parts)
        return True

    def restore(self, key: str, now: datetime) -> None:
        if key in self.given_back:
            return
        self.given_back.add(key)
        parts = self.spends[key]
        for number in parts:
            # What was free of it and had ended does not come back with what was spent.
            if self.lots[number].ends <= now:
                self._end(self.lots[number], self.lots[number].free)
        # Who pays first is told before any of them is let last longer.
        order = self._earliest(parts)
        for number, part in parts.items():
            lot = self.lots[number]
            lot.remaining += part
            self.spent[lot.payer] -= part
        self._pay_back(order, {lot.number: lot.free for lot in order})
        for lot in order:
            lot.ends = max(lot.ends, now + GRACE)

    def hold(self, key: str, amount: int, now: datetime, until: datetime) -> bool:
        if amount > self.spendable(now):
            return False
        parts = self._drawn({n: lot.free for n, lot in self.lots.items() if lot.ends > now}, amount)
        for number, part in parts.items():
            self.lots[number].held += part
        self.holds[key] = Hold(parts, until)
        return True

    def capture(self, key: str, amount: int) -> None:
        held = self.holds[key]
        taken = self._drawn(held.parts, amount)
        self._unhold(held)
        self._spend(key, taken)
        rest = {number: part - taken.get(number, 0) for number, part in held.parts.items()}
        self._pay_back(self._earliest(rest), rest)

    def free_hold(self, *keys: str) -> None:
        parts: dict[str, int] = defaultdict(int)
        for key in keys:
            self._unhold(self.holds[key])
            for number, part in self.holds[key].parts.items():
                parts[number] += part
        self._pay_back(self._earliest(parts), parts)

    def pass_time(self, now: datetime) -> None:
        """What the timers do."""
        self._mature(
            [
                lot
                for lot in self.lots.values()
                if lot.pending and lot.available_at and lot.available_at <= now
            ]
        )
        self.free_hold(
            *(key for key, held in self.holds.items() if held.open and held.known and held.until <= now)
        )
        for lot in self.lots.values():
            if not lot.pending and lot.ends <= now and not lot.held:
                self._end(lot, lot.remaining)

    def _end(self, lot: Lot, amount: int) -> None:
        self._pool(lot.payer, amount)
        lot.ended += amount
        lot.remaining -= amount

    def _mature(self, lots: Iterable[Lot]) -> None:
        order = sorted(lots, key=lambda each: each.order)
        for lot in order:
            lot.pending = False
        self._pay_back(order, {lot.number: lot.remaining for lot in order})

    def _spend(self, key: str, parts: Mapping[str, int]) -> None:
        for number, part in parts.items():
            lot = self.lots[number]
            lot.remaining -= part
            self.spent[lot.payer] += part
        self.spends[key] = dict(parts)

    def _unhold(self, held: Hold) -> None:
        held.open = False
        for number, part in held.parts.items():
            self.lots[number].held -= part

    def _pay_back(self, order: Iterable[Lot], free: Mapping[str, int]) -> None:
        """Nobody has something to spend beside a debt; the pot is paid before the program."""
        for lot in order:
            left = free[lot.number]
            for payer in sorted(self.debts):
                paid = min(left, self.debts[payer])
                lot.remaining -= paid
                self.debts[payer] -= paid
                self._pool(payer, paid)
                left -= paid

    def _drawn(self, parts: Mapping[str, int], amount: int) -> dict[str, int]:
        drawn = {}
        for lot in self._earliest(parts):
            part = min(parts[lot.number], amount)
            if part:
                drawn[lot.number] = part
                amount -= part
        return drawn

    def _earliest(self, numbers: Iterable[str]) -> list[Lot]:
        return sorted((self.lots[number] for number in numbers), key=lambda lot: lot.order)

    def _pool(self, payer: str, amount: int) -> None:
        if payer == POT:
            self.pot += amount
        else:
            self.paid_out -= amount
