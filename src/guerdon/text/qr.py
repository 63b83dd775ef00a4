"""A code as a QR symbol: dark on white in every theme, because scanners want it so.

Only the path is ours to give; the page says how large it is and what it is called.
"""

from dataclasses import dataclass

import segno
from markupsafe import Markup

QUIET_MODULES = 2


@dataclass(frozen=True, slots=True)
class Symbol:
    """A drawn QR symbol: the side of its square in modules, and the path that fills the dark ones."""

    side: int
    path: Markup


def draw_qr(text: str, version: int | None = None) -> Symbol:
    """Draw a text as a QR symbol, the smallest that holds it or one of this version."""
    matrix = segno.make_qr(text, error="m", version=version).matrix
    rows = []
    for down, row in enumerate(matrix, start=QUIET_MODULES):
        across = 0
        while across < len(row):
            length = 0
            while across + length < len(row) and row[across + length]:
                length += 1
            if length:
                rows.append(f"M{across + QUIET_MODULES} {down}h{length}v1h-{length}z")
            across += length or 1
    return Symbol(len(matrix) + 2 * QUIET_MODULES, Markup("".join(rows)))  # noqa: S704  numbers only
