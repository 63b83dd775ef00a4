"""What a euro of incentives brought: a ratio of two uncertain figures, with its bounds (Fieller 1954).

A ratio of means has no bounds where its lower part may be nothing. Then none are made up: it says that the
cost is too small or too uncertain.
"""

import numpy as np

from guerdon.insight.bands import Band
from guerdon.insight.estimates import Estimate
from guerdon.insight.moments import Array, C, M, Y

# Of the effects, in the order of an estimate.
_OF = {Y: 0, M: 1, C: 2}


def bounds_of_ratio(of: Estimate, upper: int, lower: int, reach: Array | float) -> Band:
    """Bounds of Δupper / Δlower (each `Y`, `M` or `C` of the moments); not a number where none hold.

    They are the ratios r for which Δupper - r Δlower lies within `reach` standard errors of 0.
    """
    u, v = _OF[upper], _OF[lower]
    squared = np.asarray(reach, dtype=np.float64) ** 2
    a = of.effects[..., v] ** 2 - squared * of.covariance[..., v, v]
    b = of.effects[..., u] * of.effects[..., v] - squared * of.covariance[..., u, v]
    q = of.effects[..., u] ** 2 - squared * of.covariance[..., u, u]
    rooted = b**2 - a * q
    bounded = (a > 0) & (rooted >= 0)
    root = np.sqrt(np.where(bounded, rooted, np.nan))
    divisor = np.where(bounded, a, np.nan)
    return Band((b - root) / divisor, (b + root) / divisor)


def return_on_incentives(of: Estimate, reach: Array | float) -> Band:
    """Margin per euro of incentives, both beyond what control has: 1.00 breaks even."""
    return bounds_of_ratio(of, M, C, reach)


def cost_per_outcome(of: Estimate, reach: Array | float) -> Band:
    """Incentives per extra outcome; to be told only where the lift's own band lies above 0."""
    return bounds_of_ratio(of, C, Y, reach)
