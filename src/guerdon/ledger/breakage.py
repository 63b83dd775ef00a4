"""Breakage: value that members never use, estimated from what has ended so far.

An estimate carries its method's name, so that it can change. How much of a price belongs to points (IFRS 15,
Illustrative Examples, Example 52) is not worked out here: it needs what goods cost by themselves, which no
program knows. Whoever keeps the general ledger takes what is owed and this estimate, and divides there.
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


def _ppm(part: int, whole: int) -> int:
    return _rounded(Fraction(part * PPM, whole))


def _rounded(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
