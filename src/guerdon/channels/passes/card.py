"""What a pass says, whoever's phone it is for: the code of one order, and how it is shown and used."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from guerdon.text.barcodes import CHARACTERS_MAX as BARS_MAX
from guerdon.values.money import Money
from guerdon.values.texts import Text

# A card with value, a ticket for a time and place, or anything else that is shown once.
CardKind = Literal["gift_card", "ticket", "voucher"]
# How a scanner reads the code; "": by no bar code that we know, so it is text.
Symbology = Literal["qr", "code128", "ean13", "pdf417", ""]
SQUARE_MAX = 400

# What stands beside a value, in the language of whoever reads it: member.po has the words.
CODE, PIN, LINK, USE = "Your code", "PIN", "Your link", "How to use it"
WORTH, UNTIL, WHEN, WHERE = "Worth", "Good until", "When", "Where"
LABELS = (CODE, PIN, LINK, USE, WORTH, UNTIL, WHEN, WHERE)


@dataclass(frozen=True, slots=True)
class Livery:
    """How a pass looks: colors as `#rrggbb`, and an icon as PNG; without one it has Guerdon's.

    The usual ones are those of the card on members' pages (tokens.css).
    """

    background: str = "#052734"
    ink: str = "#ebf3f6"
    label: str = "#f3ad6d"
    icon: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Card:
    """A fulfilled order for a phone. `serial` is the same each time and tells nobody anything.

    `brand`: whose programme it is. `worth`: an amount of a currency, with `digits` after the point. `notes`:
    what the supplier says with it. `until`: from then on the code does not count; None: nobody knows.
    """

    serial: str
    kind: CardKind
    brand: Text
    name: Text
    code: str = field(default="", repr=False)
    symbology: Symbology = ""
    pin: str = field(default="", repr=False)
    link: str = field(default="", repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    use: Text | None = None
    worth: Money | None = None
    digits: int = 2
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    venue: str = ""
    until: datetime | None = None
    livery: Livery = Livery()


def symbology_of(code: str, told: str) -> Symbology:
    """How a code is drawn: as its supplier says, as QR if it says nothing, as text if that cannot be."""
    if told == "code128":
        return "code128" if len(code) <= BARS_MAX and code.isascii() and code.isprintable() else ""
    if told in {"", "qr"}:
        return "qr" if len(code) <= SQUARE_MAX else ""
    if told == "ean13":
        return "ean13"
    return "pdf417" if told == "pdf417" and len(code) <= SQUARE_MAX else ""
