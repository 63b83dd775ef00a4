"""One look at a program for a report: what of it, of which days, in whose language; its names and figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from guerdon.access.grants import Scope
from guerdon.program.model import Program
from guerdon.queries.budgets import BudgetLine
from guerdon.store.database import Transaction
from guerdon.text import formats
from guerdon.text.exporting import amount
from guerdon.text.papers import Figure, Table
from guerdon.values.texts import text_in
from guerdon.values.waits import Waits

NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Look:
    """What a part of a report is told by. Days are those of the program's time zone, both in.

    `scope`: what its reader sees of this part, which row security holds to as well. `documented`: how long
    suppliers say that they take, in ms; `digits_of`: how many digits a currency has.
    """

    program: Program
    language: str
    scope: Scope
    market: str | None
    location: str | None
    first: date
    last: date
    today: date
    now: datetime
    documented: Mapping[str, int]
    digits_of: Callable[[str], int]

    def rule(self, key: str) -> str:
        """A rule's name."""
        found = self.program.rules.get(key)
        return text_in(found.name, self.language) if found else key

    def market_name(self, key: str) -> str:
        """A market's name."""
        found = self.program.markets.get(key)
        return text_in(found.name, self.language) if found else key

    def location_name(self, key: str) -> str:
        """A location's proper name."""
        found = self.program.locations.get(key)
        return found.name if found else key

    def node(self, line: BudgetLine) -> str:
        """What an account of a budget is called: by its place, or by the budget where it has one for all."""
        if line.location:
            return self.location_name(line.location)
        if line.market:
            return self.market_name(line.market)
        found = self.program.budgets.get(line.budget)
        return text_in(found.name, self.language) if found else line.budget

    def money(self, minor: int, unit: str, digits: int | None = None) -> Figure:
        """An amount of a unit, as Finance reads it: with all its digits."""
        if digits is None:
            found = self.program.units.get(unit)
            digits = found.digits if found else 0
        written = formats.money(minor, unit, digits, self.language, exact=True)
        return Figure(written, amount(minor, digits))

    def number(self, n: int) -> Figure:
        """How many."""
        return Figure(formats.number(n, self.language), n)

    def share(self, share: float | None) -> Figure:
        """A share of one, compared with others; a dash where there is none."""
        if share is None:
            return Figure(NONE, None)
        return Figure(formats.percent(share, self.language, 1), round(share, 4))

    def within(self, waits: Waits, percent: int, over: str) -> Figure:
        """Within what so many percent came, in ms; `over`: how it is said that it takes longer than that."""
        found = waits.within(percent)
        if found is not None:
            return Figure(formats.duration(found, self.language), found)
        least = waits.at_least()
        if least is None:
            return Figure(NONE, None)
        return Figure(over % {"length": formats.duration(least, self.language)}, None)

    def day(self, day: date | None) -> Figure:
        """A day; a dash where there is none."""
        return Figure(NONE, None) if day is None else Figure(formats.day(day, self.language), day)


Section = Callable[[Look, Transaction], Sequence[Table]]
