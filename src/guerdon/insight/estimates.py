"""The difference between two arms, adjusted for what was known before.

This is Lin's (2013) estimator, or CUPED with a slope per arm. Adjusting takes the part of the noise away that
the score x explains, and never biases: each arm has a slope of its own, and both are read at the same mean
of x.
"""

from dataclasses import dataclass

import numpy as np

from guerdon.insight.moments import ONE, Array, Truths, X, Y

LIFT = np.array([1.0, 0.0, 0.0])
NET = np.array([0.0, 1.0, -1.0])
MATURED_MIN = 100
OUTCOMES_MIN = 30


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a treated member has more of than one in control.

    `effects` (..., 3) are Δ of outcome, margin and cost per member; `covariance` (..., 3, 3) is theirs;
    `matured` (...) counts members of both arms.
    """

    effects: Array
    covariance: Array
    matured: Array

    def along(self, weights: Array) -> tuple[Array, Array]:
        """A weighted effect (`LIFT`, `NET`) and its standard error, each (...)."""
        variance = np.einsum("i,...ij,j->...", weights, self.covariance, weights)
        return np.asarray(self.effects @ weights), np.sqrt(np.maximum(variance, 0.0))


def estimate(treated: Array, control: Array) -> Estimate:
    """Compare two arms by their moments (..., 5, 5); of fewer than two members it is not a number."""
    sizes = [arm[..., ONE, ONE] for arm in (treated, control)]
    whole = sizes[0] + sizes[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        center = (treated[..., ONE, X] + control[..., ONE, X]) / whole
        spread = (treated[..., X, X] + control[..., X, X]) / whole - center**2
        read = [_read(arm, size, center) for arm, size in zip((treated, control), sizes, strict=True)]
    (level_t, slope_t, noise_t), (level_c, slope_c, noise_c) = read
    apart = slope_t - slope_c
    # Where slopes differ, where the mean of x happened to lie counts, too.
    shifted = np.einsum("...i,...j->...ij", apart, apart) * (spread / whole)[..., None, None]
    return Estimate(level_t - level_c, noise_t + noise_c + shifted, whole)


def _read(arm: Array, size: Array, center: Array) -> tuple[Array, Array, Array]:
    """Of an arm: its means at the common x, its slopes, and the covariance of these means."""
    mean = arm[..., ONE, Y:] / size[..., None]
    outer = np.einsum("...i,...j->...ij", mean, mean)
    covariance = (arm[..., Y:, Y:] - size[..., None, None] * outer) / (size - 1)[..., None, None]
    with_x, of_x = covariance[..., :3, 3], covariance[..., 3, 3]
    known = of_x > 0
    slope = np.where(known[..., None], with_x / np.where(known, of_x, 1.0)[..., None], 0.0)
    level = mean[..., :3] - slope * (mean[..., 3] - center)[..., None]
    explained = np.einsum("...i,...j->...ij", slope, slope) * of_x[..., None, None]
    return level, slope, (covariance[..., :3, :3] - explained) / size[..., None, None]


def is_ready(treated: Array, control: Array) -> Truths:
    """Whether there is enough to say anything: matured members, and outcomes of both kinds in each arm."""
    enough = np.ones(np.broadcast_shapes(treated.shape, control.shape)[:-2], dtype=np.bool_)
    for arm in (treated, control):
        size, came = arm[..., ONE, ONE], arm[..., ONE, Y]
        enough &= (size >= MATURED_MIN) & (came >= OUTCOMES_MIN) & (size - came >= OUTCOMES_MIN)
    return enough
