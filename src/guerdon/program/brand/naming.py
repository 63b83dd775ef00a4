"""What a brand calls itself to members: of their market, else of the program."""

from typing import Protocol

from guerdon.program.brand.nouns import SHORT_MAX, Branding
from guerdon.text.units.words import UnitWords
from guerdon.values.texts import Text, text_in


class Branded(Protocol):
    """A program, as far as it has a name and a brand."""

    @property
    def name(self) -> Text:
        """What it is called where no brand says otherwise."""

    @property
    def brand(self) -> Branding:
        """Its brand, and those of its markets."""


def brand_name(program: Branded, market: str) -> Text:
    """What members of a market know the program by."""
    return program.brand.of(market).name or program.name


def legal_line(program: Branded, market: str, language: str) -> str:
    """Whose mail it is and where they are, as a footer says it; empty where nothing was written."""
    legal = program.brand.of(market).legal
    return text_in(legal, language) if legal else ""


def short_name(program: Branded, market: str, language: str) -> str:
    """What stands below an icon: the short name, else how the name begins."""
    short = program.brand.of(market).short
    return text_in(short or brand_name(program, market), language)[:SHORT_MAX]


def sender_name(program: Branded, market: str, language: str) -> str:
    """Who mails to members of a market come from, by name; empty where no brand says it."""
    said = program.brand.of(market).sender
    return text_in(said, language) if said else ""


def words_for_units(program: Branded, market: str) -> UnitWords:
    """What amounts are called in a market."""
    points = program.brand.of(market).points
    return UnitWords(
        tuple(
            (unit, language, form, text)
            for unit, languages in points.items()
            for language, forms in languages.items()
            for form, text in forms.items()
        )
    )
