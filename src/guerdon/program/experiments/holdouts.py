"""The holdout: some members get nothing from campaign rules for a while, so that one sees what these change.

Nobody draws lots: who is held out follows from the member, the program and the period by a hash. Public
promises are never withheld, and neither is anything that was earned already.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from guerdon.program.experiments.assigning import SPAN, draw
from guerdon.values.ids import show

Each = Literal["half_year", "quarter"]
EACH: tuple[Each, ...] = get_args(Each)
PERCENT_MAX = 50
_MONTHS: dict[Each, int] = {"half_year": 6, "quarter": 3}
_LETTERS: dict[Each, str] = {"half_year": "H", "quarter": "Q"}


@dataclass(frozen=True, slots=True)
class Holdout:
    """How many members in a hundred are held out, for how long at a time, and in which markets.

    Each period draws anew. Without markets it holds in all of them.
    """

    program: str
    percent: int
    each: Each
    markets: frozenset[str]

    def withheld_in(self, member_id: int, market: str, day: date) -> str:
        """The period (`2026H2`) in which this member is held out on this day; nothing: they are not."""
        if self.markets and market not in self.markets:
            return ""
        period = period_of(self.each, day)
        drawn = draw(self.program, f"holdout:{period}", show("mem", member_id))
        return period if drawn < self.percent * SPAN // 100 else ""


def period_of(each: Each, day: date) -> str:
    """The period that a day is in, as `2026H2` or `2026Q3`."""
    return f"{day.year}{_LETTERS[each]}{(day.month - 1) // _MONTHS[each] + 1}"
