"""Moment rows: fifteen sums of an arm, from which every figure of an experiment follows.

Rows add up, so that any range of days, strata or arms is a sum, and no page ever reads members. With
z = (1, y, m, c, x) of a member they are the sums of z zᵀ: y the outcome (1 or 0), m the margin before
incentives and c the incentives' cost (both in the smallest part of the program's currency), x the score that
was frozen as they were assigned.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Truths = NDArray[np.bool_]

WIDTH: Final = 5
ONE, Y, M, C, X = range(WIDTH)
# The upper triangle, row by row: the order in which the sums are kept.
PAIRS: Final = tuple((i, j) for i in range(WIDTH) for j in range(i, WIDTH))
NAMES: Final = tuple("".join("1ymcx"[k] for k in pair) for pair in PAIRS)


def products_of(y: int, m: int, c: int, x: int) -> tuple[int, ...]:
    """What one member adds: the fifteen products of (1, y, m, c, x), in the order of `NAMES`; exact."""
    z = (1, y, m, c, x)
    return tuple(z[i] * z[j] for i, j in PAIRS)


def matrix_of(sums: Sequence[float] | Array) -> Array:
    """Sums (..., 15) in the order of `NAMES` as symmetric matrices (..., 5, 5)."""
    given = np.asarray(sums, dtype=np.float64)
    made = np.empty((*given.shape[:-1], WIDTH, WIDTH))
    for place, (i, j) in enumerate(PAIRS):
        made[..., i, j] = made[..., j, i] = given[..., place]
    return made


def sums_of(members: Array) -> Array:
    """Matrix (..., 5, 5) of members (..., N, 5), each row of which is (1, y, m, c, x)."""
    return np.asarray(np.einsum("...ni,...nj->...ij", members, members))
