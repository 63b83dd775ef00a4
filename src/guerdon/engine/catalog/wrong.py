"""What is wrong with a feed: with one row of it, or with all of it."""

import math
from collections.abc import Mapping

# Of a wrong row so much of each text is kept.
KEPT_LETTERS = 20_000
KEPT_DEPTH = 8


class WrongRow(Exception):  # noqa: N818  an answer, not a fault
    """Why a row cannot be an item."""


class UnfitFeed(Exception):  # noqa: N818  an answer, not a fault
    """Why a feed cannot be read any further: a word, and what it speaks of."""

    def __init__(self, why: str, said: str) -> None:
        super().__init__(said)
        self.why = why
        self.said = said


def kept(value: object, depth: int = 0) -> object:
    """What is kept of a wrong row: all of it that can be written down; of megabytes the beginning."""
    if isinstance(value, str):
        text = value if len(value) <= KEPT_LETTERS else f"{value[:KEPT_LETTERS]}… ({len(value):,} letters)"
        return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if depth >= KEPT_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {str(kept(str(key))): kept(each, depth + 1) for key, each in list(value.items())[:200]}
    if isinstance(value, list | tuple):
        return [kept(each, depth + 1) for each in value[:200]]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, int | float | bool) or value is None else str(value)[:KEPT_LETTERS]
