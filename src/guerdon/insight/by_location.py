"""Offers that were assigned by location: the location is the unit, for its members are not independent.

Read by member, sixty dealers without any effect "show" one in four runs of ten. Here each location counts
once, by its mean, and is compared by a regression on last year's rate with errors that hold where locations
differ in size (HC2), or by Welch's test where nothing is known of last year. There is one read-out, and no
live band.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from guerdon.insight.moments import Array

LOCATIONS_MIN = 10  # in each arm
MEMBERS_MIN = 5  # of a location, or it is left out
ADJUSTED_MIN = 20  # locations in all, for a regression
ERROR = 0.05


@dataclass(frozen=True, slots=True)
class ByLocation:
    """The effect for the average location, its standard error, and the interval's reach in such errors."""

    effect: float
    error: float
    reach: float
    locations: int

    @property
    def low(self) -> float:
        """The lower bound."""
        return self.effect - self.reach * self.error

    @property
    def high(self) -> float:
        """The upper bound."""
        return self.effect + self.reach * self.error


def compare_locations(means: Array, treated: Array, before: Array | None = None) -> ByLocation:
    """Compare means (G) of locations, `treated` (G) of 0 or 1; `before` (G) are last year's, where known.

    Raises ValueError when an arm has fewer than ten locations.
    """
    arms = [means[treated == arm] for arm in (1, 0)]
    if min(len(arm) for arm in arms) < LOCATIONS_MIN:
        raise ValueError(f"each arm needs {LOCATIONS_MIN} locations")
    if before is None or len(means) < ADJUSTED_MIN:
        return _by_welch(arms[0], arms[1])
    centered = before - before.mean()
    design = np.column_stack([np.ones(len(means)), treated, centered, treated * centered])
    inverse = np.linalg.pinv(design.T @ design)
    solved = inverse @ design.T @ means
    leverage = np.einsum("gi,ij,gj->g", design, inverse, design)
    # A location that determines its own fitted value says nothing about its error.
    scaled = (means - design @ solved) ** 2 / np.maximum(1 - leverage, 1e-9)
    covariance = inverse @ (design.T * scaled) @ design @ inverse
    freedom = len(means) - design.shape[1]
    reach = float(student.ppf(1 - ERROR / 2, freedom))
    return ByLocation(float(solved[1]), float(np.sqrt(covariance[1, 1])), reach, len(means))


def _by_welch(treated: Array, control: Array) -> ByLocation:
    parts = [float(arm.var(ddof=1)) / len(arm) for arm in (treated, control)]
    error = float(np.sqrt(sum(parts)))
    split = sum(part**2 / (len(arm) - 1) for part, arm in zip(parts, (treated, control), strict=True))
    freedom = sum(parts) ** 2 / split if split else float(len(treated) + len(control) - 2)
    reach = float(student.ppf(1 - ERROR / 2, freedom))
    return ByLocation(float(treated.mean() - control.mean()), error, reach, len(treated) + len(control))
