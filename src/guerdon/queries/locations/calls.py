"""Who needs a call, and why: what stands out at a location, most urgent first.

Pure: figures in, reasons out. A location is odd when a share of its is far above that of its peers, the
locations of its market, or all that one sees where its market has too few.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Literal

from guerdon.queries.locations.budgets import PlaceBudget
from guerdon.queries.locations.figures import DAYS, Standing

Kind = Literal["empty", "runs_out", "silent", "slow", "refused", "reversed", "held", "differs"]
# As urgent as they stand: what gives nothing any more goes before what might.
KINDS: tuple[Kind, ...] = (
    "empty",
    "runs_out",
    "silent",
    "slow",
    "refused",
    "reversed",
    "held",
    "differs",
)
RUNS_OUT_DAYS = 14
# Silent is who sent nothing for three times as long as they usually take, and for some days at least.
SILENT_TIMES, SILENT_DAYS_MIN, ACTIVE_DAYS_MIN = 3, 4, 3
BROKEN_SHARE, PROMISED_MIN = 0.05, 10
# Odd is three times the median of at least four peers, by enough to be no chance.
ODD_TIMES, PEERS_MIN, ODD_MIN, COUNTED_MIN = 3, 4, 5, 20


@dataclass(frozen=True, slots=True)
class Call:
    """One reason to call a location; which fields are set depends on its kind."""

    kind: Kind
    # The most urgent of a kind has the least.
    weight: float = 0.0
    days: int = 0
    # How many days usually lie between two on which it sent something.
    usually: int = 0
    since: datetime | None = None
    n: int = 0
    share: float = 0.0
    peers: float = 0.0
    length_ms: int = 0
    budget: PlaceBudget | None = None

    @property
    def urgency(self) -> tuple[int, float]:
        """The order of calls."""
        return KINDS.index(self.kind), self.weight


def find_calls(
    standings: Mapping[str, Standing], differing: Mapping[str, int], today: date
) -> dict[str, list[Call]]:
    """Why each of these needs a call, most urgent first; who needs none is not there.

    `differing`: at how many rewards of each location nobody knows a rule why they are other than elsewhere.
    """
    peers = _Peers(standings.values())
    found: dict[str, list[Call]] = {}
    for key, each in standings.items():
        calls = [*_money(each), *_silent(each, today), *_slow(each), *peers.odd(each)]
        if differing.get(key):
            calls.append(Call("differs", -differing[key], n=differing[key]))
        if calls:
            found[key] = sorted(calls, key=lambda call: call.urgency)
    return found


def _money(each: Standing) -> Iterable[Call]:
    for budget in each.budgets:
        line = budget.line
        if line.total > 0 and line.left <= 0:
            yield Call("empty", -line.total, since=budget.empty_since, budget=budget)
        elif line.runs_out_on is not None and (line.runs_out_in_days or 0) <= RUNS_OUT_DAYS:
            days = line.runs_out_in_days or 0
            yield Call("runs_out", days, days=days, budget=budget)


def _silent(each: Standing, today: date) -> Iterable[Call]:
    if each.last_day is None or each.active_days < ACTIVE_DAYS_MIN:
        # Who hardly ever sent anything has no pace to fall behind.
        return
    usually = max(1, round(DAYS / each.active_days))
    days = (today - each.last_day).days
    if days >= max(SILENT_DAYS_MIN, SILENT_TIMES * usually):
        yield Call("silent", -days / usually, days=days, usually=usually)


def _slow(each: Standing) -> Iterable[Call]:
    if sum(each.kept) >= PROMISED_MIN and each.broken_share > BROKEN_SHARE:
        yield Call("slow", -each.broken_share, share=each.broken_share, length_ms=each.p95 or 0)


class _Peers:
    """What is usual among locations of a market."""

    def __init__(self, standings: Iterable[Standing]) -> None:
        self._all = list(standings)
        self._markets: dict[str, list[Standing]] = {}
        for each in self._all:
            self._markets.setdefault(each.location.market, []).append(each)
        self._medians: dict[tuple[str, Kind], float | None] = {}

    def odd(self, each: Standing) -> Iterable[Call]:
        """What is far above the others'."""
        for kind in ("refused", "reversed", "held"):
            n, of = counted(each, kind)
            if n < ODD_MIN or of < COUNTED_MIN:
                continue
            usual, share = self._usual(each, kind), n / of
            if usual is not None and share >= ODD_TIMES * usual and n - usual * of >= ODD_MIN:
                yield Call(kind, -share, n=n, share=share, peers=usual)

    def _usual(self, each: Standing, kind: Kind) -> float | None:
        known = (each.location.market, kind)
        if known not in self._medians:
            here = self._shares(self._markets[each.location.market], kind)
            shares = here if len(here) > PEERS_MIN else self._shares(self._all, kind)
            self._medians[known] = median(shares) if len(shares) > PEERS_MIN else None
        return self._medians[known]

    @staticmethod
    def _shares(standings: Collection[Standing], kind: Kind) -> list[float]:
        return [n / of for n, of in (counted(each, kind) for each in standings) if of >= COUNTED_MIN]


def counted(each: Standing, kind: Kind) -> tuple[int, int]:
    """How many of how many: refused of all that rules answered; taken back or waiting of all rewards."""
    if kind == "refused":
        return each.refused, each.rewards + each.refused
    if kind == "reversed":
        return each.reversed, each.rewards
    return each.held, each.rewards + each.held


def most_urgent(calls: Sequence[Call]) -> tuple[int, float]:
    """By what a location is ordered; after all others where it needs no call."""
    return calls[0].urgency if calls else (len(KINDS), 0.0)
