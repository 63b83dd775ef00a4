"""In which order a member sees what there is: weights that the database orders by, one set a question.

A ranking knows nobody's rows: it is handed what is known of a member, and answers with numbers. Another one,
that learns, has the same shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Taste:
    """What is known of a member: how often they chose of each category, items that they marked."""

    chosen: Mapping[str, int] = field(default_factory=dict)
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Weights:
    """What an item gets for each thing that speaks for it; the largest sum is first.

    `fit`: for each of three degrees to which it is what was typed. `enough`, `almost`: what is left pays for
    it, or nearly. `fame`: for the logarithm of how often it is chosen. `quick`: where it comes at once, half
    of it within an hour. `categories` and `items`: for these ones.
    """

    fit: float = 0.0
    enough: float = 0.0
    almost: float = 0.0
    fame: float = 0.0
    quick: float = 0.0
    categories: Mapping[str, float] = field(default_factory=dict)
    items: Mapping[int, float] = field(default_factory=dict)


class Ranking(Protocol):
    """How items are ordered where nobody asks for another order."""

    def weigh(self, taste: Taste) -> Weights:
        """The weights for a member; the same for the same taste."""


@dataclass(frozen=True, slots=True)
class Sound:
    """The ranking without any learning: what fits, can be paid, is liked, is chosen by many, comes soon."""

    fit: float = 8.0
    enough: float = 3.0
    almost: float = 1.0
    fame: float = 0.25
    quick: float = 0.5
    # What a category gets that was chosen each time; half of it after as many choices as `slow`.
    liked: float = 2.0
    slow: int = 2
    marked: float = 1.0

    def weigh(self, taste: Taste) -> Weights:
        """The share of a category in what was chosen, trusted more the more was chosen."""
        times = sum(taste.chosen.values())
        trust = self.liked / (times + self.slow)
        return Weights(
            fit=self.fit,
            enough=self.enough,
            almost=self.almost,
            fame=self.fame,
            quick=self.quick,
            categories={category: trust * n for category, n in taste.chosen.items() if n > 0},
            items=dict.fromkeys(taste.marked, self.marked),
        )


SOUND = Sound()
