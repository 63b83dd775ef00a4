"""The budgets of the text that is tried: opened as publishing opens them, and turned when periods begin.

Periods begin at the instant at which they really began, where the books know that; else at midnight. What
people moved between budgets is folded in by whoever reads their events.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import msgspec

from guerdon.engine.budgets.allotments import Spread, Wanted, plan_publication, plan_turn, wanted_nodes
from guerdon.program.model import Program
from guerdon.queries.replay.history import Freed, Turned
from guerdon.rules.budgets import NO_PERIOD, period_start

Key = tuple[str, str]


class Purses(msgspec.Struct):
    """What nodes have, in which period they stand, what is set aside for whom, and who was topped up."""

    left: dict[str, int]
    periods: dict[str, date]
    reserved: dict[int, tuple[str, int]] = {}
    topped_up: set[tuple[str, date]] = set()
    # The next turn, and the next request that ended, by their places.
    turn: int = 0
    freed: int = 0


class Money:
    """Budgets over time."""

    def __init__(self, program: Program, turned: Sequence[Turned], freed: Sequence[Freed]) -> None:
        self.nodes: dict[str, Wanted] = wanted_nodes(program)
        self.units = {name: each.node.unit for name, each in self.nodes.items()}
        self._zone = ZoneInfo(program.time_zone)
        self._freed = freed
        self._turned = turned
        self.purses = Purses({}, {})
        self.turns: list[tuple[datetime, date]] = []

    def open(self, first: datetime, last: datetime) -> dict[str, int]:
        """Give each node what its text gives it; what each got."""
        day = first.astimezone(self._zone).date()
        spread = plan_publication(self.nodes, {}, {})
        self.purses = Purses(
            {name: spread.free.get((name, unit), 0) for name, unit in self.units.items()},
            {name: period_start(each.budget.period, day) for name, each in self.nodes.items()},
        )
        self.plan_turns(first, last)
        return dict(self.purses.left)

    def plan_turns(self, first: datetime, last: datetime) -> None:
        """Know when periods begin between two instants."""
        began: dict[date, datetime] = {}
        for each in self._turned:
            if each.name in self.nodes and each.at > first:
                began[each.period] = min(each.at, began.get(each.period, each.at))
        day, end = first.astimezone(self._zone).date(), last.astimezone(self._zone).date()
        self.turns = []
        while (day := _next_month(day)) <= end:
            midnight = datetime.combine(day, time.min, self._zone)
            # As the times of events are written, so that two of them are compared at once.
            self.turns.append((began.get(day, midnight).astimezone(UTC), day))

    @property
    def next_at(self) -> datetime | None:
        """When something is due next."""
        purses = self.purses
        due = [self.turns[purses.turn][0]] if purses.turn < len(self.turns) else []
        due += [self._freed[purses.freed].at] if purses.freed < len(self._freed) else []
        return min(due, default=None)

    def keep_time(self, now: datetime) -> Mapping[tuple[date, str], int]:
        """Do what is due; what each node was given, by the day of its turn."""
        purses = self.purses
        given: dict[tuple[date, str], int] = {}
        while (at := self.next_at) is not None and at <= now:
            if purses.freed < len(self._freed) and self._freed[purses.freed].at == at:
                self.release(self._freed[purses.freed].request)
                purses.freed += 1
                continue
            day = self.turns[purses.turn][1]
            purses.turn += 1
            for name, amount in self._turn(day).items():
                given[day, name] = given.get((day, name), 0) + amount
        return given

    def release(self, request: int) -> None:
        """Free what was set aside for a request, if anything was."""
        kept = self.purses.reserved.pop(request, None)
        if kept is not None and kept[0] in self.purses.left:
            self.purses.left[kept[0]] += kept[1]

    def _turn(self, day: date) -> dict[str, int]:
        purses = self.purses
        periods = {name: period_start(each.budget.period, day) for name, each in self.nodes.items()}
        due = {
            name: each
            for name, each in self.nodes.items()
            if purses.periods[name] < periods[name] and periods[name] != NO_PERIOD
        }
        if not due:
            return {}
        free: dict[Key, int] = {(name, self.units[name]): left for name, left in purses.left.items()}
        turn = plan_turn(due, free)
        _apply(purses.left, turn.spread)
        purses.periods.update({name: periods[name] for name in due})
        return turn.given


def _apply(left: dict[str, int], spread: Spread) -> None:
    for name, change in spread.changes().items():
        if name in left:
            left[name] += change


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
