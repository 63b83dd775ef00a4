"""What the brand's page says of inputs and of what was moved, in a reader's language."""

from dataclasses import dataclass

from guerdon.program.brand.mending import Input, Moved, Theme
from guerdon.program.brand.nouns import Brand, Pair
from guerdon.text.catalogs import words
from guerdon.text.formats import number
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
        (say("Legal address"), brand.legal, own.legal if own else None),
    )
    found = [
        Written(title, text_in(text, locale), (), mine is not None) for title, text, mine in texts if text
    ]
    if looks.hue is not None:
        own_hue = named is not None and named.hue is not None
        found.append(Written(say("Hue of grays"), f"{number(looks.hue, locale)}°", (), own_hue))
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
