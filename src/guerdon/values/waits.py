"""Waits: lengths in classes, and how long a share of them took, what still lasts counted as what it is.

A class is a stretch of lengths whose upper end is 2/19 above its lower one, so its middle is at most 5 % from
whatever lies in it: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", PVLDB 12 (2019), 2195-2205.

Whatever still lasts is known to last at least that long. Left out, it would flatter, for it is the slow ones
that last; counted as finished, too. So a share of all of them is read from the product-limit estimate:
Kaplan, Meier, "Nonparametric estimation from incomplete observations", J. Am. Stat. Assoc. 53 (1958),
457-481. With nothing open it is the nearest rank: the shortest length within which at least that share was
done.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, log

ERROR = 0.05
GROWTH = (1 + ERROR) / (1 - ERROR)
# It never came: longer than anything.
NEVER = 32767
# Counts of all classes stand in one number, each in so many of its digits.
DIGITS = 12
NONE = "0" * DIGITS
# As near as a float is trusted: far more than what its steps can add up to.
NEAR = 1e-9


def class_of(length_ms: int) -> int:
    """The class of a length, as `delivery_class` of the schema has it; what is below a millisecond is one."""
    return min(max(ceil(log(max(length_ms, 1)) / log(GROWTH)), 0), NEVER - 1)


def classes_in(digits: str) -> dict[int, int]:
    """How many each class has that has any, out of one number as `delivery_digits` of the schema makes it.

    Twelve decimal digits are one class; the last twelve are class 0.
    """
    # Lengths below a second are dozens of classes, and have none as a rule: they are not even cut up.
    first = (len(digits) - len(digits.rstrip("0"))) // DIGITS
    whole = digits.zfill(-(-len(digits) // DIGITS) * DIGITS)
    parts = [whole[end - DIGITS : end] for end in range(len(whole) - DIGITS * first, 0, -DIGITS)]
    return {of_class: int(part) for of_class, part in enumerate(parts, first) if part != NONE}


def middle_of(of_class: int) -> int:
    """The length, in ms, that stands for a class: at most 5 % from each that lies in it."""
    return round(2 * GROWTH**of_class / (GROWTH + 1)) if of_class else 1


@dataclass(slots=True)
class Waits:
    """How many took how long, by class; `lasting` were seen for so long, and not to their end."""

    done: dict[int, int] = field(default_factory=dict)
    lasting: dict[int, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """All of them."""
        return sum(self.done.values()) + sum(self.lasting.values())

    @property
    def came(self) -> int:
        """Those that came."""
        return sum(n for each, n in self.done.items() if each != NEVER)

    def add(self, of_class: int, n: int, *, done: bool) -> None:
        """Count so many more."""
        counts = self.done if done else self.lasting
        counts[of_class] = counts.get(of_class, 0) + n

    def within(self, percent: int) -> int | None:
        """The length in ms within which so many percent were done.

        None where nobody can say yet, or so many never came.
        """
        found = _share_within(self.done, self.lasting, Fraction(percent, 100))
        return None if found is None or found == NEVER else middle_of(found)

    def at_least(self) -> int | None:
        """The longest that was seen, in ms: what stands for a share that is not reached yet."""
        seen = [each for counts in (self.done, self.lasting) for each, n in counts.items() if n]
        seen = [each for each in seen if each != NEVER]
        return middle_of(max(seen)) if seen else None


def together(waits: Iterable[Waits]) -> Waits:
    """All of these in one."""
    total = Waits()
    for each in waits:
        for of_class, n in each.done.items():
            total.add(of_class, n, done=True)
        for of_class, n in each.lasting.items():
            total.add(of_class, n, done=False)
    return total


def _share_within(done: Mapping[int, int], lasting: Mapping[int, int], share: Fraction) -> int | None:
    """The first class at which at most the rest is left."""
    here = sum(done.values()) + sum(lasting.values())
    if not lasting:
        # The nearest rank: the same, and quicker.
        rank, seen = ceil(share * here), 0
        for each in sorted(done):
            seen += done[each]
            if seen >= max(rank, 1):
                return each
        return None
    left, rest = 1.0, float(1 - share)
    for each in sorted({*done, *lasting}):
        ended = done.get(each, 0)
        if ended:
            left *= (here - ended) / here
            if abs(left - rest) < NEAR:
                return _exactly_within(done, lasting, share)
            if left < rest:
                return each
        # What still lasts as long as others of its class took lasts longer than they did.
        here -= ended + lasting.get(each, 0)
    return None


def _exactly_within(done: Mapping[int, int], lasting: Mapping[int, int], share: Fraction) -> int | None:
    """The same in fractions, where a float could miss it."""
    here, left = sum(done.values()) + sum(lasting.values()), Fraction(1)
    for each in sorted({*done, *lasting}):
        ended = done.get(each, 0)
        if ended:
            left *= Fraction(here - ended, here)
            if left <= 1 - share:
                return each
        here -= ended + lasting.get(each, 0)
    return None
