"""Breakage: value that members never use, and what may be recognized meanwhile of what was allocated to it.

As IFRS 15 has it (IFRS Foundation, Illustrative Examples, Example 52): what a customer paid is divided
between goods and points by their stand-alone prices; of the points' part as much is earned as points were
used, out of those that are expected ever to be. An estimate carries its method's name, so that it can change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

METHOD = "closed_cohorts_1"
# A cohort is what ended in one month. Fewer lots say nothing about people, fewer months nothing about time.
LOTS_MIN = 30
COHORTS_MIN = 2


@dataclass(frozen=True, slots=True)
class Cohort:
    """What ended in a month: how many lots, their value less what was taken back, and what of it expired."""

    lots: int
    value: int
    expired: int


@dataclass(frozen=True, slots=True)
class Breakage:
    """How much of what members have will go unused, in parts of a million, with the range of the cohorts."""

    method: str
    share_ppm: int
    lowest_ppm: int
    highest_ppm: int
    lots: int
    cohorts: int

    def unused_of(self, amount: int) -> int:
        """What of an amount will expire, as it is estimated."""
        return _rounded(Fraction(amount * self.share_ppm, PPM))


PPM = 1_000_000


def estimate_breakage(cohorts: Sequence[Cohort]) -> Breakage | None:
    """The share that expired of what is over already; None where it is too early to say."""
    told = [cohort for cohort in cohorts if cohort.value > 0]
    lots = sum(cohort.lots for cohort in told)
    if lots < LOTS_MIN or len(told) < COHORTS_MIN:
        return None
    shares = [_ppm(cohort.expired, cohort.value) for cohort in told]
    whole = _ppm(sum(cohort.expired for cohort in told), sum(cohort.value for cohort in told))
    return Breakage(METHOD, whole, min(shares), max(shares), lots, len(told))


def allocate(price: int, stand_alone: Sequence[int]) -> list[int]:
    """Divide a price by stand-alone prices; what rounding leaves goes to the largest fraction."""
    whole = sum(stand_alone)
    assert whole > 0, "nothing has a price of its own"
    exact = [Fraction(price * each, whole) for each in stand_alone]
    parts = [int(each) for each in exact]
    by_fraction = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for n in by_fraction[: price - sum(parts)]:
        parts[n] += 1
    return parts


def recognized(allocated: int, used: int, expected: int) -> int:
    """What may be recognized so far of what was allocated: as points were used, of those that will be."""
    assert used >= 0, "nobody uses fewer points than none"
    return allocated if used >= expected else _rounded(Fraction(allocated * used, expected))


def _ppm(part: int, whole: int) -> int:
    return _rounded(Fraction(part * PPM, whole))


def _rounded(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
