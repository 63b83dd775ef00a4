"""Which of many experiments really worked: e-values and the e-BH procedure (Wang and Ramdas 2022).

Of thirty experiments that change nothing, one or two look as if they did. The list holds at any look and
however the experiments hang together: in the mean at most a tenth of what it names is false.
"""

import numpy as np

from guerdon.insight.bands import OPEN_ERROR, tuning
from guerdon.insight.moments import Array

FALSE_SHARE = 0.10


def evidence(effect: Array, error: Array, matured: Array, planned: Array) -> Array:
    """The evidence of each for an effect, as a logarithm (...); the caller gives 0 to one not ready."""
    r = matured * tuning(OPEN_ERROR, planned)
    return np.asarray(r * (effect / error) ** 2 / (2 * (r + 1)) - np.log(r + 1) / 2)


def list_worked(effects: Array, found: Array) -> list[int]:
    """The places of those that really worked, of effects (K) and evidence (K) of all of a half-year."""
    order = np.argsort(-found, kind="stable")
    ranks = np.arange(1, len(order) + 1)
    held = np.flatnonzero(found[order] >= np.log(len(order) / (FALSE_SHARE * ranks)))
    if not len(held):
        return []
    return [int(place) for place in order[: held[-1] + 1] if effects[place] > 0]
