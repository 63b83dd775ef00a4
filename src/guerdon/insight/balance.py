"""Whether the arms came out as they were planned: a test that holds at every look (Lindon and Malek 2022).

Arms that are not of the planned sizes are not comparable, whatever their figures say: somebody was lost on
the way, or counted twice.
"""

from collections.abc import Sequence
from math import log

import numpy as np
from scipy.special import gammaln

from guerdon.insight.moments import Array, Truths

ALARM = log(1000)
# How firmly the plan is held against what is seen.
FIRMNESS = 1000.0


def imbalance(counts: Sequence[int] | Array, shares: Sequence[float] | Array) -> Array:
    """The evidence against the plan, as a logarithm (...), of counts (..., arms) at planned shares (arms)."""
    n, p = np.asarray(counts, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    expected = np.sum(np.where(n > 0, n * np.log(p), 0.0), axis=-1)
    return np.asarray(_log_beta(FIRMNESS * p + n) - _log_beta(FIRMNESS * p) - expected)


def is_out_of_balance(counts: Sequence[int] | Array, shares: Sequence[float] | Array) -> Truths:
    """Whether it is an alarm (...), at an error of 0.1 % over all looks together."""
    return np.asarray(imbalance(counts, shares) > ALARM)


def _log_beta(sizes: Array) -> Array:
    return np.asarray(np.sum(gammaln(sizes), axis=-1) - gammaln(np.sum(sizes, axis=-1)))
