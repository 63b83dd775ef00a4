"""Reading `brand`: what markets say goes before what holds everywhere, and every mistake has its place."""

from decimal import Decimal

import pytest
from tests.program.programs import SMALL, Case, found_in, read_whole

from guerdon.program.brand.naming import brand_name, legal_line, short_name
from guerdon.program.brand.nouns import Branding, Pair
from guerdon.program.diff.changes import diff
from guerdon.program.load import bundle, read_program

BRAND = """
brand:
  name: { en: Corner Club, de: Eckclub }
  short: Corner
  hue: 30
  accent: { light: "#7A1F1F", dark: "#ffb4a8" }
  value: "#8a5a00"
  card: "#201010"
  foil: "#e8b96a"
  corners: 0.5
  rosette: true
  legal: { en: Corner Garage, de: Eckgarage }
  markets:
    NO:
      name: North Club
      accent: "#104a80"
      rosette: false
"""
TEXT = SMALL.rstrip("\n") + BRAND
FIRST = TEXT[: TEXT.index("brand:")].count("\n") + 1


def case(old: str, new: str, line: int, where: str, what: str, hint: str) -> Case:
    """A mistake, its line counted from that of `brand`."""
    return old, new, FIRST + line, where, what, hint


CASES = [
    case(
        '"#8a5a00"', '"8a5a00"', 5, "brand.value", "8a5a00 is no color", 'write it like "#00627b", in quotes'
    ),
    case('"#8a5a00"', '"#8a5"', 5, "brand.value", "#8a5 is no color", "in quotes"),
    case('"#8a5a00"', "red", 5, "brand.value", "red is no color", "in quotes"),
    case('"#8a5a00"', "#8a5a00", 5, "brand.value", "nothing is written here", "in quotes"),
    case('"#ffb4a8"', '"#ggb4a8"', 4, "brand.accent.dark", "#ggb4a8 is no color", "in quotes"),
    case("dark: ", "night: ", 4, "brand.accent.night", "unknown key night", "light"),
    case(
        "corners: 0.5",
        "corners: 1.6",
        8,
        "brand.corners",
        "1.6 is not from 0 to 1.5",
        "0 makes corners square",
    ),
    case("corners: 0.5", "corners: -1", 8, "brand.corners", "-1 is not from 0 to 1.5", "1 leaves them"),
    case("corners: 0.5", "corners: round", 8, "brand.corners", "round is not from 0", "1 leaves them"),
    case("hue: 30", "hue: 360", 3, "brand.hue", "360 is not a whole number from 0 to 359", "digits"),
    case("rosette: true", "rosette: on", 9, "brand.rosette", "unknown answer on", ""),
    case("  foil:", "  foli:", 7, "brand.foli", "unknown key foli", "foil"),
    case("    NO:\n", "    SE:\n", 12, "brand.markets.SE", "unknown market SE", ""),
    case("      accent:", "      markets:", 14, "brand.markets.NO.markets", "unknown key markets", ""),
    case(
        "short: Corner", "short: Corner Garage Club", 2, "brand.short", "is longer than 12 characters", "icon"
    ),
    case("{ en: Corner Garage, de", "{ de", 10, "brand.legal", "this text has no English", "add `en:`"),
]


@pytest.mark.parametrize("mistake", CASES, ids=[f"{each[3]}-{each[4][:12]}" for each in CASES])
def test_a_mistake_is_named_with_its_place(mistake: Case) -> None:
    assert found_in(TEXT, mistake)


def test_an_empty_brand_is_a_mistake() -> None:
    found = read_program(SMALL.rstrip("\n") + "\nbrand:\n")
    assert isinstance(found, list)
    assert [(each.where, bool(each.hint)) for each in found] == [("brand", True)]


def test_a_market_says_what_is_different_there() -> None:
    program = read_whole(TEXT)
    everywhere, north = program.brand.of("DE"), program.brand.of("NO")
    assert everywhere.looks.accent == Pair("#7a1f1f", "#ffb4a8")
    assert everywhere.looks.corners == Decimal("0.5")
    assert (north.looks.accent, north.looks.rosette) == (Pair("#104a80", "#104a80"), False)
    assert (north.looks.hue, north.looks.card, north.looks.foil) == (30, "#201010", "#e8b96a")
    assert brand_name(program, "DE") == {"en": "Corner Club", "de": "Eckclub"}
    assert brand_name(program, "NO") == {"en": "North Club"}
    assert (short_name(program, "DE", "de"), short_name(program, "NO", "de")) == ("Corner", "North Club")
    assert legal_line(program, "NO", "de-NO") == "Eckgarage"


def test_a_program_without_one_goes_by_its_name() -> None:
    program = read_whole(SMALL)
    assert program.brand == Branding()
    assert not program.brand.is_given
    assert brand_name(program, "DE") == program.name
    assert legal_line(program, "DE", "en") == ""


def test_it_is_stored_with_the_program() -> None:
    program = read_whole(TEXT)
    assert read_program(bundle(program)) == program


def test_a_change_of_it_is_told() -> None:
    old, new = read_whole(TEXT), read_whole(TEXT.replace('"#8a5a00"', '"#7a5a00"').replace("0.5", "1"))
    told = [(each.section, each.path[-1], each.old, each.new) for each in diff(old, new)]
    assert ("brand", "corners", Decimal("0.5"), Decimal(1)) in told
    assert ("brand", "light", "#8a5a00", "#7a5a00") in told
