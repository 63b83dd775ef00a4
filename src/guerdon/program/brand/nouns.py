"""The nouns of a brand: what was written of it, for a program and for each of its markets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, Literal

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


Kind = Literal["svg", "png", "woff2"]


@dataclass(frozen=True, slots=True)
class File:
    """A file of a brand, clean; `mark` is a hash over its bytes, and names it."""

    mark: str
    kind: Kind = field(compare=False)
    body: bytes = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo for light pages and one for dark pages; without that, the first one is on both."""

    light: File | None = None
    dark: File | None = None


# What units are called: by unit, language and form of the plural.
Points = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand as it was written; texts that are missing are those of the program, or nothing."""

    name: Text | None = None
    short: Text | None = None
    legal: Text | None = None
    looks: Looks = Looks()
    logo: Logo = Logo()
    icon: File | None = None
    typeface: File | None = None
    # Who mails come from, by name.
    sender: Text | None = None
    points: Points = field(default_factory=dict)


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

    def places_own(self, market: str) -> Brand:
        """What is written for a market alone, and for everywhere by an empty key."""
        return self.markets.get(market, Brand()) if market else self.everywhere

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
        # These are of the name beside them: another name has its own, or none.
        short=over.short or (None if over.name else under.short),
        logo=over.logo if over.logo.light or over.name else under.logo,
        icon=over.icon or (None if over.name else under.icon),
        sender=over.sender or (None if over.name else under.sender),
        legal=over.legal or under.legal,
        looks=looks,
        typeface=over.typeface or under.typeface,
        # One by one: a market may call only one of them otherwise.
        points={**under.points, **over.points},
    )


def _either(over: Any, under: Any) -> Any:
    return under if over is None or over == Pair() else over
