"""Where it works: effects by stratum, at the end and for registered strata alone.

Among many strata one always looks best. So first it is asked whether they differ at all (Cochran's Q), and an
order is only told by values drawn towards their mean (DerSimonian and Laird); what is drawn is the raw
interval.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from guerdon.insight.bands import Band, around
from guerdon.insight.moments import Array

ERROR = 0.05


@dataclass(frozen=True, slots=True)
class Strata:
    """What is known of K strata: whether they differ, shrunk effects (K) to order them by, raw bands (K)."""

    differ: bool
    shrunk: Array
    bands: Band


def compare_strata(effects: Array, errors: Array) -> Strata:
    """Compare effects (K) with their standard errors (K), K at least two and every error above 0."""
    weights = 1 / errors**2
    mean = np.sum(weights * effects) / np.sum(weights)
    freedom = len(effects) - 1
    q = float(np.sum(weights * (effects - mean) ** 2))
    between = max(0.0, (q - freedom) / float(np.sum(weights) - np.sum(weights**2) / np.sum(weights)))
    reach = float(norm.ppf(1 - ERROR / len(effects) / 2))
    return Strata(
        differ=float(chi2.sf(q, freedom)) <= ERROR,
        shrunk=mean + between / (between + errors**2) * (effects - mean),
        bands=around(effects, errors, reach),
    )
