"""The guilloche rosette: a banknote's line work, drawn from a number so that each reward has its own.

It is a mark, never information: it is always hidden from screen readers. The same seed gives the same lines.
"""

from functools import lru_cache
from hashlib import blake2b
from math import cos, pi, sin

from markupsafe import Markup

_STEPS = 120


@lru_cache(maxsize=512)
def rosette(seed: str, size: int = 28, rings: int = 3) -> Markup:
    """Draw the lines as paths for an SVG of `size` by `size`; stroke and colour are the page's."""
    digest = blake2b(seed.encode(), digest_size=8).digest()
    petals = 8 + 2 * (digest[0] % 4)
    ripple = petals + 4 + 2 * (digest[1] % 3)
    paths = []
    for phase in (0.0, pi):
        parts = [_ring(size / 2, _Ring(size * (0.2 + 0.19 * ring), petals + 2 * ring, ripple, phase)) for ring in range(rings)]
        paths.append(f'<path d="{"".join(parts)}"/>')
    return Markup("".join(paths))  # noqa: S704  numbers only, computed here


class _Ring:
    __slots__ = ("petals", "phase", "radius", "ripple")

    def __init__(self, radius: float, petals: int, ripple: int, phase: float) -> None:
        self.radius, self.petals, self.ripple, self.phase = radius, petals, ripple, phase

    def at(self, turn: float) -> float:
        return self.radius * (1 + 0.11 * cos(self.petals * turn + self.phase) + 0.05 * sin(self.ripple * turn + self.phase))


def _ring(middle: float, ring: _Ring) -> str:
    points = []
    for step in range(_STEPS):
        turn = 2 * pi * step / _STEPS
        points.append(f"{middle + ring.at(turn) * cos(turn):.1f} {middle + ring.at(turn) * sin(turn):.1f}")
    return f"M{points[0]}L{' '.join(points[1:])}Z"
