"""The nouns of a brand: what was written of it, for a program and for each of its markets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from guerdon.values.texts import Text

# Letters below an icon on a phone.
SHORT_MAX = 12


@dataclass(frozen=True, slots=True)
class Pair:
    """A color for light pages and one for dark pages, as `#rrggbb`; one that is missing follows the other."""

    light: str | None = None
    dark: str | None = None


@dataclass(frozen=True, slots=True)
class Looks:
    """What was written of colors and shapes; what is missing is made from the rest.

    `hue` in degrees of OKLCH, `corners` as a share of how round corners usually are.
    """

    hue: int | None = None
    accent: Pair = Pair()
    value: Pair = Pair()
    card: str | None = None
    card_fade: str | None = None
    foil: str | None = None
    corners: Decimal | None = None
    rosette: bool | None = None


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand as it was written; texts that are missing are those of the program, or nothing."""

    name: Text | None = None
    short: Text | None = None
    legal: Text | None = None
    looks: Looks = Looks()


@dataclass(frozen=True, slots=True)
class Branding:
    """The brand of a program, and of the markets that have another."""

    everywhere: Brand = Brand()
    markets: Mapping[str, Brand] = field(default_factory=dict)

    @property
    def is_given(self) -> bool:
        """Whether a brand was written at all."""
        return self != Branding()

    def of(self, market: str) -> Brand:
        """The brand in a market: what is written for it, and for the rest what holds everywhere."""
        return self.places()[market if market in self.markets else ""]

    def places(self) -> dict[str, Brand]:
        """The brand of everywhere, by an empty key, and of each market that has another."""
        return {
            "": self.everywhere,
            **{key: _over(self.everywhere, one) for key, one in self.markets.items()},
        }


def _over(under: Brand, over: Brand) -> Brand:
    looks = Looks(**{
        each.name: _either(getattr(over.looks, each.name), getattr(under.looks, each.name))
        for each in fields(Looks)
    })  # fmt: skip
    return Brand(
        name=over.name or under.name,
        # A short name belongs to the name beside it.
        short=over.short or (None if over.name else under.short),
        legal=over.legal or under.legal,
        looks=looks,
    )


def _either(over: Any, under: Any) -> Any:
    return under if over is None or over == Pair() else over
