"""Waiting times in classes, so that percentiles of millions of waits are a small sum.

The bounds step by about a quarter, from one millisecond to a day; a percentile read from them is exact
to its class.
"""

from bisect import bisect_left
from collections.abc import Mapping

BOUNDS_MS: tuple[int, ...] = (
    *(n * 10**decade for decade in range(8) for n in (1, 2, 3, 4, 5, 6, 8) if n * 10**decade <= 86_400_000),
    86_400_000,
)


def delay_class(delay_ms: int) -> int:
    """The upper bound of the class a wait falls into; longer than a day counts as a day."""
    return BOUNDS_MS[min(bisect_left(BOUNDS_MS, max(delay_ms, 1)), len(BOUNDS_MS) - 1)]


def percentile(classes: Mapping[int, int], share: float) -> int | None:
    """The upper bound under which a share (0 to 1) of the waits lies; None when nobody waited."""
    total = sum(classes.values())
    if not total:
        return None
    seen = 0
    for bound in sorted(classes):
        seen += classes[bound]
        if seen >= share * total:
            return bound
    return max(classes)
