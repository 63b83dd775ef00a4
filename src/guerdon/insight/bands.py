"""How far an effect can be trusted, at every look together or once at the end.

The live band is an asymptotic confidence sequence (Waudby-Smith et al. 2024): it holds at all looks together,
however often anybody looks. The read-out at the end is an ordinary interval, at an error that leaves the
whole at 5 % together with the live band before it.
"""

from dataclasses import dataclass
from math import log

import numpy as np

from guerdon.insight.moments import Array, Truths

LIVE_ERROR = 0.01  # beside a read-out at the end
OPEN_ERROR = 0.05  # where there is none
FINAL_Z = 2.0537  # an error of 4 %
POWER_Z = 0.8416  # a power of 80 %


@dataclass(frozen=True, slots=True)
class Band:
    """An interval (...): from `low` to `high`."""

    low: Array
    high: Array

    def holds(self, value: float | Array) -> Truths:
        """Whether it holds a value (...)."""
        return np.asarray((self.low <= value) & (value <= self.high))


def tuning(error: float, planned: Array | float) -> Array:
    """The ρ² that makes the band narrowest when `planned` members have matured."""
    return np.asarray((-2 * log(error) + log(1 - 2 * log(error))) / np.asarray(planned, dtype=np.float64))


def multiplier(matured: Array | float, error: float, planned: Array | float) -> Array:
    """How many standard errors the live band reaches to each side after `matured` members of both arms."""
    r = np.asarray(matured, dtype=np.float64) * tuning(error, planned)
    return np.asarray(np.sqrt(2 * (r + 1) / r * np.log(np.sqrt(r + 1) / error)))


def around(effect: Array, error: Array, reach: Array | float) -> Band:
    """The band of an effect: `reach` standard errors to each side."""
    return Band(effect - reach * error, effect + reach * error)


def smallest_visible(rate: float, planned: int, control: float, explained: float = 0.0) -> float:
    """The smallest effect on a rate that is seen with a power of 80 %: a share, like 0.017.

    `rate` is the rate without the offer, `control` control's share of the planned members, `explained` the
    part of the variance that the score takes away (of earlier experiments; 0 if there was none).
    """
    variance = rate * (1 - rate) * (1 - explained) / (planned * control * (1 - control))
    return float((FINAL_Z + POWER_Z) * np.sqrt(variance))
