"""Who is in which arm: a hash of program, experiment and member against whole numbers that were registered.

No dice and no table: the same today and in a year, in Python and in SQL.
"""

from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256
from itertools import accumulate

SPAN = 2**52


def draw(program: str, salt: str, member: str) -> int:
    """A whole number from 0 to 2^52 - 1, spread evenly and the same for ever; no part holds a bar."""
    assert "|" not in program + salt + member, "parts are set apart by a bar"
    return int(sha256(f"{program}|{salt}|{member}".encode()).hexdigest()[:13], 16)


def bounds_of(shares: Sequence[Fraction]) -> tuple[int, ...]:
    """The upper bound of each arm, in whole numbers, for shares that are at most 1 together.

    They are kept when an experiment is registered: what is kept decides, and no rounding ever again.
    """
    assert sum(shares) <= 1, "arms are parts of a whole"
    return tuple(int(share * SPAN) for share in accumulate(shares))


def arm_of(drawn: int, bounds: Sequence[int]) -> int | None:
    """Which arm a number falls into, counted from 0; None when it is in none."""
    return next((arm for arm, bound in enumerate(bounds) if drawn < bound), None)
