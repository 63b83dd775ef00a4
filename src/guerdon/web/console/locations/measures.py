"""What locations are compared by: how each figure is read and written, and where the rows behind it are."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from guerdon.queries.locations.budgets import PlaceBudget
from guerdon.queries.locations.calls import counted
from guerdon.queries.locations.figures import Given, Standing
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.web.console.desk import Desk
from guerdon.web.console.locations.reading import first_day, monday
from guerdon.web.console.locations.sayings import Teller


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: what it is called, its value, how that is written, where its rows are.

    `worse`: 1 where more is worse, -1 where less is, 0 where neither.
    """

    name: str
    read: Callable[[Standing], float | None]
    write: Callable[[float, Standing], str]
    path: Callable[[Standing], str | None]
    worse: int = 0


@dataclass(frozen=True, slots=True)
class Measures:
    """All of them, as one reader sees them."""

    desk: Desk

    @property
    def all(self) -> list[Measure]:
        """In the order of the table."""
        say = words(self.desk.locale, "console").gettext
        most = say("%(share)s within") % {"share": formats.percent(0.95, self.desk.locale)}
        measures = [
            Measure(say("Events"), lambda each: each.events, self._number, self._page, -1),
            Measure(say("Rewards"), lambda each: each.rewards, self._number, self._rewards()),
            Measure(say("Given"), lambda each: self._given(each).value, self._money, self._rewards()),
            Measure(
                say("Redeemed of that time"),
                lambda each: self._given(each).redeemed,
                self._money,
                self._rewards("redeemed"),
            ),
            Measure(say("Refused, of all that rules answered"), _refused, self._share, self._page, 1),
            Measure(say("Taken back"), _reversed, self._share, self._rewards("reversed"), 1),
            Measure(say("Waits for people"), lambda each: each.held, self._number, self._page, 1),
            Measure(say("Half within"), lambda each: each.whole.within(50), self._length, self._clock, 1),
            Measure(most, lambda each: each.p95, self._length, self._clock, 1),
            Measure(
                say("Opened, of what came"), lambda each: each.opened_share, self._share, self._clock, -1
            ),
        ]
        if not self.desk.may("budgets"):
            return measures
        return [
            *measures,
            Measure(say("Left of the budget"), self._left, self._money, self._budget_page, -1),
            Measure(say("Budget used"), self._used, self._share, self._budget_page, 1),
        ]

    def _number(self, value: float, _: Standing) -> str:
        # The median of an even number may lie between two.
        return formats.number(Decimal(str(value)).normalize() if value % 1 else int(value), self.desk.locale)

    def _money(self, value: float, each: Standing) -> str:
        unit = each.told_in(self.desk.program) or ""
        return Teller(self.desk.program, self.desk.locale).money(round(value), unit)

    def _share(self, value: float, _: Standing) -> str:
        return formats.percent(value, self.desk.locale, 1)

    def _length(self, value: float, _: Standing) -> str:
        return formats.duration(round(value), self.desk.locale)

    def _page(self, each: Standing) -> str:
        return self.desk.address(f"locations/{each.key}")

    def _rewards(self, became: str | None = None) -> Callable[[Standing], str | None]:
        if not self.desk.may("members"):
            return self._page
        terms = {"from": first_day(self.desk.today), "to": None, "became": became}
        return lambda each: self.desk.address(f"locations/{each.key}/rewards", **terms)

    def _clock(self, each: Standing) -> str:
        terms = {"from": monday(first_day(self.desk.today)), "to": None, "location": each.key}
        return self.desk.address("delivery", **terms)

    def _given(self, each: Standing) -> Given:
        return each.given.get(each.told_in(self.desk.program) or "", Given())

    def _budget(self, each: Standing) -> PlaceBudget | None:
        return each.budget_in(each.told_in(self.desk.program))

    def _budget_page(self, each: Standing) -> str | None:
        found = self._budget(each)
        return self.desk.address(f"budgets/{found.line.account[7:]}") if found else None

    def _left(self, each: Standing) -> float | None:
        found = self._budget(each)
        return found.line.left if found else None

    def _used(self, each: Standing) -> float | None:
        found = self._budget(each)
        return found.line.used_share if found else None


def _refused(each: Standing) -> float | None:
    n, of = counted(each, "refused")
    return n / of if of else None


def _reversed(each: Standing) -> float | None:
    n, of = counted(each, "reversed")
    return n / of if of else None
