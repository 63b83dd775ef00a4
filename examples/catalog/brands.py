"""Invented brands: two or three syllables that mean nothing, in Latin and in Arabic letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

FIRST: Mapping[str, str] = {
    "Vel": "فيل", "Tar": "تار", "Nor": "نور", "Lum": "لوم", "Bran": "بران", "Cal": "كال", "Dor": "دور",
    "Fen": "فين", "Gal": "غال", "Hel": "هيل", "Jor": "جور", "Kel": "كيل", "Mar": "مار", "Ost": "أوست",
    "Pel": "بيل", "Quin": "كوين", "Ros": "روس", "Sil": "سيل", "Tho": "ثو", "Umb": "أومب", "Wen": "وين",
    "Yar": "يار", "Zel": "زيل", "Ald": "ألد", "Bel": "بيل", "Cor": "كور",
}  # fmt: skip
MIDDLE: Mapping[str, str] = {
    "": "", "ea": "يا", "emo": "يمو", "ani": "اني", "ivo": "يفو", "oru": "ورو", "eli": "يلي", "ava": "افا",
    "ino": "ينو", "uma": "وما",
}  # fmt: skip
LAST: Mapping[str, str] = {
    "dell": "ديل", "vik": "فيك", "ra": "را", "nest": "نست", "lo": "لو", "mont": "مونت", "stra": "سترا",
    "quell": "كويل", "by": "بي", "tis": "تيس", "venn": "فين", "rud": "رود", "gard": "غارد", "zia": "زيا",
    "hoe": "هو", "lund": "لوند",
}  # fmt: skip
# How a brand goes on, where it does: words that stay as they are in every language.
SECOND = (
    "",
    "",
    "",
    " & Fox",
    " Nord",
    " Studio",
    " Collective",
    " Atelier",
    " House",
    " Lab",
    " Works",
    " Co-op",
)
ODDS_OF_A_MIDDLE = 0.6


@dataclass(frozen=True, slots=True)
class Brand:
    """An invented brand."""

    name: str
    arabic: str
    since: int


def invent_brand(dice: Random) -> Brand:
    """A brand by chance; there are some fifty thousand."""
    first = dice.choice(tuple(FIRST))
    middle = dice.choice(tuple(MIDDLE)) if dice.random() < ODDS_OF_A_MIDDLE else ""
    last = dice.choice(tuple(LAST))
    second = dice.choice(SECOND)
    return Brand(
        f"{first}{middle}{last}{second}",
        f"{FIRST[first]}{MIDDLE[middle]}{LAST[last]}{second}",
        dice.randrange(1904, 2022),
    )
