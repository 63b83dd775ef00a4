"""What the brand's page says of inputs and of what was moved, in a reader's language."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from guerdon.program.brand.mending import Input, Moved, Theme
from guerdon.program.brand.nouns import Brand, Pair
from guerdon.text.catalogs import words
from guerdon.text.formats import money, number
from guerdon.text.units.words import UnitWords, naming_units
from guerdon.values.texts import text_in


@dataclass(frozen=True, slots=True)
class Written:
    """An input: what it is called, what was written as text or colors, and whether for this market alone."""

    title: str
    text: str
    colors: tuple[str, ...]
    own: bool


def moved_said(moved: Moved, locale: str) -> str:
    """What was done to a color, and what for."""
    say = words(locale, "console").gettext
    themes: dict[tuple[Input, Theme | None], str] = {
        ("accent", "light"): say("Your accent was darkened so that white text can be read on it."),
        ("accent", "dark"): say("Your accent was lightened so that it can be read on dark pages."),
        ("value", "light"): say("Your value color was darkened so that marks in it can be seen."),
        ("value", "dark"): say(
            "Your value color was lightened so that marks in it can be seen on dark pages."
        ),
        ("value_ink", "light"): say(
            "Where it is text, your value color was darkened so that it can be read."
        ),
        ("value_ink", "dark"): say(
            "Where it is text, your value color was lightened so that it can be read on dark pages."
        ),
    }
    cards: dict[tuple[Input, bool], str] = {
        ("foil", True): say("Your foil was darkened so that it can be read on the card."),
        ("foil", False): say("Your foil was lightened so that it can be read on the card."),
        ("card_fade", True): say(
            "The second color of your card was darkened so that the card's text can be read."
        ),
        ("card_fade", False): say(
            "The second color of your card was lightened so that the card's text can be read."
        ),
    }
    if moved.theme is None:
        return cards[moved.what, moved.darkened]
    return themes[moved.what, moved.theme]


def written_of(brand: Brand, own: Brand | None, locale: str) -> list[Written]:
    """All that was written of a brand; `own` is what a market has of its own."""
    say = words(locale, "console").gettext
    looks, named = brand.looks, own.looks if own is not None else None
    texts = (
        (say("Name"), brand.name, own.name if own else None),
        (say("Short name"), brand.short, own.short if own else None),
        (say("Sender of mails"), brand.sender, own.sender if own else None),
        (say("Legal address"), brand.legal, own.legal if own else None),
    )
    found = [
        Written(title, text_in(text, locale), (), mine is not None) for title, text, mine in texts if text
    ]
    if looks.hue is not None:
        own_hue = named is not None and named.hue is not None
        found.append(Written(say("Hue of grays"), f"{number(looks.hue, locale)}°", (), own_hue))
    found += _files_written(brand, own, say) + _units_written(brand, own, locale)
    colors = (
        (say("Accent"), looks.accent, named.accent if named else Pair()),
        (say("Value color"), looks.value, named.value if named else Pair()),
        (say("Card"), Pair(looks.card), Pair(named.card if named else None)),
        (say("Card, second color"), Pair(looks.card_fade), Pair(named.card_fade if named else None)),
        (say("Foil"), Pair(looks.foil), Pair(named.foil if named else None)),
    )
    for title, pair, mine in colors:
        shades = tuple(dict.fromkeys(each for each in (pair.light, pair.dark) if each))
        if shades:
            found.append(Written(title, "", shades, mine != Pair()))
    if looks.corners is not None:
        rounds = number(looks.corners, locale)
        found.append(Written(say("Corners"), rounds, (), named is not None and named.corners is not None))
    if looks.rosette is not None:
        drawn = say("yes") if looks.rosette else say("no")
        found.append(Written(say("Rosette"), drawn, (), named is not None and named.rosette is not None))
    return found


def file_said(key: str, locale: str) -> tuple[str, str]:
    """What a file of a brand is called, and what it has to be."""
    say = words(locale, "console").gettext
    known = {
        "logo": (say("Logo"), say("SVG, drawn in paths, at most 32 KiB")),
        "logo_dark": (say("Logo on dark pages"), say("SVG as above; without it the first one is on both")),
        "icon": (say("Icon"), say("PNG of 512 by 512 dots, at most 64 KiB; phones cut its corners off")),
        "typeface": (say("Typeface"), say("WOFF2, at most 96 KiB; letters that it lacks are set in ours")),
    }
    return known[key]


def hindrance_said(key: Literal["saved", "tangled"], locale: str) -> str:
    """Why nothing was put into a draft."""
    say = words(locale, "console").gettext
    known = {
        "saved": say("Somebody saved this draft meanwhile. Look at it, and do it once more."),
        "tangled": say(
            "The draft's text cannot be changed here. Mend it first, where its mistakes are named."
        ),
    }
    return known[key]


def _files_written(brand: Brand, own: Brand | None, say: Callable[[str], str]) -> list[Written]:
    mine = own or Brand()
    files = (
        (say("Logo"), brand.logo.light, mine.logo.light),
        (say("Logo on dark pages"), brand.logo.dark, mine.logo.dark),
        (say("Icon"), brand.icon, mine.icon),
        (say("Typeface"), brand.typeface, mine.typeface),
    )
    return [
        Written(title, f"{file.kind.upper()} {file.mark[:8]}", (), its_own is not None)
        for title, file, its_own in files
        if file is not None
    ]


# As many as show every form of the plural that a language of ours has.
SAMPLES = (0, 1, 2, 3, 11, 100)


def _units_written(brand: Brand, own: Brand | None, locale: str) -> list[Written]:
    """Units by the words for them, each with numbers that show its forms."""
    language = locale.partition("-")[0]
    found = []
    for unit, languages in brand.points.items():
        said = tuple(
            (unit, spoken, form, text) for spoken, each in languages.items() for form, text in each.items()
        )
        with naming_units(UnitWords(said)):
            shown = [money(count, unit, 0, language) for count in SAMPLES]
        mine = own is not None and unit in own.points
        found.append(Written(unit, "، ".join(shown) if language == "ar" else ", ".join(shown), (), mine))
    return found
