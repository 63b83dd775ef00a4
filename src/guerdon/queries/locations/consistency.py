"""Does the same event give the same reward everywhere? What each rule really gave, location by location.

The measure is the amount that a rule gave most often in a market, for amounts are meant to differ between
markets. Whatever differs from it is told with the reason: the program's own table, another version of it, a
budget that did not pay, people who agreed to it, the most that a member may have; or that there is none.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from guerdon.program.model import Program, Rule
from guerdon.queries.deliveries.figures import mondays
from guerdon.store.database import Transaction
from guerdon.store.decided import Cause

Why = Literal["unknown", "people", "budget", "version", "cap", "table"]
# The first are what somebody should look at; the last are meant.
WHYS: tuple[Why, ...] = ("unknown", "people", "budget", "version", "cap", "table")
UNEXPLAINED: frozenset[Why] = frozenset({"unknown", "people"})


@dataclass(frozen=True, slots=True)
class Gift:
    """So many times a rule gave this amount at a location, under a version, for a cause; in minor units."""

    rule: str
    location: str
    market: str
    unit: str
    value: int
    version: int
    cause: Cause
    n: int


@dataclass(frozen=True, slots=True)
class Usual:
    """What a rule gave most often in a market, how often, and how often it gave something there at all."""

    market: str
    unit: str
    value: int
    n: int
    of: int
    versions: frozenset[int]


@dataclass(frozen=True, slots=True)
class Difference:
    """Rewards of a location that are other than usual, or were not given."""

    location: str
    usual: Usual
    value: int
    n: int
    versions: tuple[int, ...]
    why: Why


@dataclass(frozen=True, slots=True)
class Compared:
    """A rule: what was usual in each market, and what differed, what needs a look first.

    rated: its amount follows a number of the event, so nothing is compared. placed: it asks for the place.
    """

    rule: str
    rated: bool
    placed: bool
    usual: tuple[Usual, ...]
    differences: tuple[Difference, ...]
    locations: int

    @property
    def n(self) -> int:
        """How many rewards were compared."""
        return sum(usual.of for usual in self.usual)

    @property
    def same(self) -> bool:
        """Whether all that differs is meant by the program."""
        return all(each.why == "table" for each in self.differences)


def load_gifts(
    tx: Transaction, first: date, last: date, rule: str | None = None, market: str | None = None
) -> list[Gift]:
    """What rules gave in these weeks (their Mondays), at the locations that one sees."""
    rows = tx.execute(
        """
        select rule, location, market, unit, value, version, cause, sum(n)::bigint from location_gifts
        where program_id = this_program() and week = any(%(weeks)s)
          and (%(rule)s::text is null or rule = %(rule)s)
          and (%(market)s::text is null or market = %(market)s)
        group by 1, 2, 3, 4, 5, 6, 7
        """,
        {"weeks": mondays(first, last), "rule": rule, "market": market},
    ).fetchall()
    return [Gift(*row) for row in rows]


def compare(program: Program, gifts: Iterable[Gift]) -> list[Compared]:
    """Each rule of the program that gives something, in its order."""
    by_rule: dict[str, list[Gift]] = defaultdict(list)
    for gift in gifts:
        by_rule[gift.rule].append(gift)
    return [
        _compared(program, rule, by_rule.get(key, []))
        for key, rule in program.rules.items()
        if rule.reward is not None
    ]


def count_differing(compared: Iterable[Compared]) -> Mapping[str, int]:
    """How many rewards of each location differ for no reason that the program knows."""
    found: Counter[str] = Counter()
    for each in compared:
        for difference in each.differences:
            if difference.why in UNEXPLAINED:
                found[difference.location] += difference.n
    return found


def _compared(program: Program, rule: Rule, gifts: Sequence[Gift]) -> Compared:
    markets: dict[tuple[str, str], list[Gift]] = defaultdict(list)
    for gift in gifts:
        markets[gift.market, gift.unit].append(gift)
    usual = {where: _usual(where, mine) for where, mine in markets.items()}
    differences: list[Difference] = []
    for where, mine in markets.items():
        measure = usual[where]
        if measure is not None:
            differences += _differences(program, rule, measure, mine)
    differences.sort(key=lambda each: (WHYS.index(each.why), -each.n, each.location, each.value))
    assert rule.reward is not None
    return Compared(
        rule.key,
        rule.reward.rate is not None,
        asks_place(rule),
        tuple(sorted(filter(None, usual.values()), key=lambda each: (-each.of, each.market, each.unit))),
        tuple(differences),
        len({gift.location for gift in gifts}),
    )


def _usual(where: tuple[str, str], gifts: Sequence[Gift]) -> Usual | None:
    """The amount that was given most often; of two, the greater. None where nothing was given."""
    given = [gift for gift in gifts if gift.cause != "budget"]
    counts: Counter[int] = Counter()
    for gift in given:
        counts[gift.value] += gift.n
    if not counts:
        return None
    value = max(counts, key=lambda each: (counts[each], each))
    versions = frozenset(gift.version for gift in given if gift.value == value)
    return Usual(*where, value, counts[value], counts.total(), versions)


def _differences(program: Program, rule: Rule, usual: Usual, gifts: Iterable[Gift]) -> list[Difference]:
    found: dict[tuple[str, int, Why], list[Gift]] = defaultdict(list)
    for gift in gifts:
        if gift.value != usual.value or gift.cause == "budget":
            found[gift.location, gift.value, _why(program, rule, usual, gift)].append(gift)
    return [
        Difference(
            location,
            usual,
            value,
            sum(gift.n for gift in mine),
            tuple(sorted({gift.version for gift in mine})),
            why,
        )
        for (location, value, why), mine in found.items()
    ]


def _why(program: Program, rule: Rule, usual: Usual, gift: Gift) -> Why:
    if gift.cause == "budget":
        return "budget"
    if gift.cause == "people":
        return "people"
    assert rule.reward is not None
    certain = {value.amount_minor for value in rule.reward.values_in(gift.market) if value.unit == gift.unit}
    if {gift.value, usual.value} <= certain:
        return "table"
    if gift.version not in usual.versions:
        return "version"
    life = program.lives.get(gift.unit)
    if life is not None and life.cap_minor is not None and gift.value < usual.value:
        return "cap"
    return "unknown"


def asks_place(rule: Rule) -> bool:
    """Whether a rule gives by place: by different amounts, in some markets alone, or by a question for it."""
    assert rule.reward is not None
    said = [rule.condition_text or "", *(rule.table.columns if rule.table is not None else ())]
    if any(word in text for text in said for word in ("location", "market")):
        return True
    markets = {market: rule.reward.values_in(market) for market in rule.markets}
    return len({tuple((each.unit, each.amount_minor) for each in values) for values in markets.values()}) > 1
