"""Reading `brand`: names, words, files, colors and shapes, for all markets and for each."""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal

from guerdon.program.brand.colors import COLOR
from guerdon.program.brand.files import Beside, read_file
from guerdon.program.brand.mending import CORNERS_MAX, THEMES
from guerdon.program.brand.nouns import SHORT_MAX, Brand, Branding, Logo, Looks, Pair
from guerdon.program.brand.wording import NAME_MAX, read_points, read_said
from guerdon.program.document import Scalar
from guerdon.program.places import Place
from guerdon.values.money import Unit
from guerdon.values.texts import Text

FIELDS = (
    *("name", "short", "legal", "hue", "accent", "value", "card", "card_fade", "foil", "corners", "rosette"),
    *("logo", "icon", "typeface", "sender", "points"),
)
PAIRS = ("accent", "value")
LEGAL_MAX = 300
HUE_MAX = 359
_CORNERS = re.compile(r"[0-9](\.[0-9]{1,2})?")


def read_brand(
    place: Place | None, markets: Collection[str], units: Mapping[str, Unit], beside: Beside
) -> Branding:
    """Read `brand`; without it pages look as Guerdon's do, and a program is called by its name.

    What was read beside the program is left in `beside`.
    """
    if place is None:
        return Branding()
    if place.is_empty():
        place.wrong("nothing is written here", "write what is yours, like `accent:`, or leave the line out")
        return Branding()
    fields = place.fields(optional=(*FIELDS, "markets"))
    others = fields["markets"].table() if "markets" in fields else {}
    found = {}
    for key, other in others.items():
        if key not in markets:
            other.unknown("market", key, markets)
        else:
            found[key] = _read_one(other.fields(optional=FIELDS), units, beside)
    return Branding(_read_one(fields, units, beside), found)


def _read_one(fields: Mapping[str, Place], units: Mapping[str, Unit], beside: Beside) -> Brand:
    looks = Looks(
        hue=fields["hue"].whole(0, HUE_MAX) if "hue" in fields else None,
        accent=_read_pair(fields.get("accent")),
        value=_read_pair(fields.get("value")),
        card=_read_color(fields.get("card")),
        card_fade=_read_color(fields.get("card_fade")),
        foil=_read_color(fields.get("foil")),
        corners=_read_corners(fields["corners"]) if "corners" in fields else None,
        rosette=fields["rosette"].truth() if "rosette" in fields else None,
    )
    return Brand(
        name=read_said(fields.get("name"), NAME_MAX),
        short=_read_short(fields.get("short")),
        legal=read_said(fields.get("legal"), LEGAL_MAX),
        looks=looks,
        logo=_read_logo(fields.get("logo"), beside),
        icon=read_file(fields.get("icon"), "png", beside),
        typeface=read_file(fields.get("typeface"), "woff2", beside),
        sender=read_said(fields.get("sender"), NAME_MAX),
        points=read_points(fields.get("points"), units),
    )


def _read_short(place: Place | None) -> Text | None:
    """What stands below an icon on a phone, which has no more room."""
    said = read_said(place, NAME_MAX)
    for language, text in (said or {}).items():
        if place is not None and len(text) > SHORT_MAX:
            place.wrong(
                f"{text[:40]} ({language}) is longer than {SHORT_MAX} characters",
                "it stands below an icon on a phone; write a shorter one",
            )
    return said


def _read_logo(place: Place | None, beside: Beside) -> Logo:
    if place is None or not place.is_table():
        return Logo(read_file(place, "svg", beside))
    each = place.fields(required=("light",), optional=("dark",))
    return Logo(read_file(each.get("light"), "svg", beside), read_file(each.get("dark"), "svg", beside))


def _read_pair(place: Place | None) -> Pair:
    if place is None:
        return Pair()
    if not place.is_table():
        color = _read_color(place)
        return Pair(color, color)
    each = place.fields(optional=THEMES)
    return Pair(_read_color(each.get("light")), _read_color(each.get("dark")))


def _read_color(place: Place | None) -> str | None:
    if place is None:
        return None
    if isinstance(place.node, Scalar) and not place.node.text.strip():
        # What stands after a # without quotes is a comment.
        place.wrong("nothing is written here", 'write a color in quotes, like "#00627b"')
        return None
    word = place.word()
    if word is not None and not COLOR.fullmatch(word):
        place.wrong(f"{' '.join(word.split())[:40]} is no color", 'write it like "#00627b", in quotes')
        return None
    return word.lower() if word is not None else None


def _read_corners(place: Place) -> Decimal | None:
    word = place.word()
    if word is None:
        return None
    if not _CORNERS.fullmatch(word) or Decimal(word) > CORNERS_MAX:
        place.wrong(
            f"{' '.join(word.split())[:40]} is not from 0 to {CORNERS_MAX}",
            "0 makes corners square, 1 leaves them as they are",
        )
        return None
    return Decimal(word)
