"""What a brand calls units and itself: every form of the plural, on pages and in letters; hostile names."""

from decimal import Decimal

import pytest
from tests.program.programs import SMALL, read_whole

from guerdon.engine.messages.letters import dress_of
from guerdon.program.brand.naming import sender_name, words_for_units
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.text.formats import money
from guerdon.text.letters import Proof, dressed, render_proof
from guerdon.text.letters.phrases import amount_words
from guerdon.text.pages import isolated
from guerdon.text.templating import Amount, Reader
from guerdon.text.templating.filters import written
from guerdon.text.units.words import FORMS, has_words, in_words, naming_units
from guerdon.values.texts import LANGUAGES

STARS = "  stars: { kind: points, digits: 0 }\n"
BRAND = """
brand:
  name: { en: "Stars <b>& co</b>", ar: نجوم }
  sender: { en: 'Stars "& co"', ar: نجوم }
  points:
    stars:
      en: { one: "{n} star", other: "{n} stars" }
      fr: { one: "{n} étoile", other: "{n} étoiles", many: "{n} d'étoiles" }
      id: { other: "{n} bintang" }
      ar: { zero: لا نجوم, one: نجمة واحدة, two: نجمتان, few: "{n} نجوم", many: "{n} نجمة", other: "{n} نجمة"}
    HOUR:
      en: { one: "{n} hour", other: "{n} hours" }
  markets:
    NO:
      name: North
      points: { stars: { en: { one: "{n} light", other: "{n} lights" } } }
"""
TEXT = SMALL.replace(STARS, STARS + "  HOUR: { kind: credits, digits: 1 }\n").rstrip("\n") + BRAND


@pytest.fixture(scope="module")
def program() -> Program:
    """A program whose units have words."""
    return read_whole(TEXT)


@pytest.mark.parametrize(
    ("locale", "counts"),
    [
        ("en", {0: "0 stars", 1: "1 star", 2: "2 stars", 1200: "1,200 stars"}),
        ("fr-FR", {0: "0 étoile", 1: "1 étoile", 2: "2 étoiles", 1_000_000: "1\u00a0000\u00a0000 d'étoiles"}),
        ("id", {1: "1 bintang", 5: "5 bintang"}),
        ("ar", {0: "لا نجوم", 1: "نجمة واحدة", 2: "نجمتان", 3: "3 نجوم", 11: "11 نجمة", 100: "100 نجمة"}),
        # German has no words here, so it is told in English, with its own separators.
        ("de-DE", {1: "1 star", 1200: "1.200 stars"}),
    ],
)
def test_an_amount_is_called_by_the_words_of_its_number(
    program: Program, locale: str, counts: dict[int, str]
) -> None:
    with naming_units(words_for_units(program, "DE")):
        assert {count: money(count, "stars", 0, locale) for count in counts} == counts
        assert money(2500, "EUR", 2, locale) == money(2500, "EUR", 2, locale, exact=True).replace(
            ".00", ""
        ).replace(",00", "")
    assert money(3, "stars", 0, locale) == "3"


def test_a_sign_and_a_part_of_one_keep_their_number(program: Program) -> None:
    with naming_units(words_for_units(program, "DE")):
        assert money(-2, "stars", 0, "ar", signed=True) == "\N{MINUS SIGN}2 نجمة"
        assert money(1, "stars", 0, "en", signed=True) == "+1 star"
        assert (money(10, "HOUR", 1, "en"), money(15, "HOUR", 1, "en")) == ("1 hour", "1.5 hours")
        # Columns have their unit at their head.
        assert money(3, "stars", 0, "en", exact=True) == "3"
        assert has_words("stars")
        assert in_words(Decimal(3), "3", "MOON", "en") is None
    assert not has_words("stars")


def test_a_market_may_call_one_of_them_otherwise(program: Program) -> None:
    with naming_units(words_for_units(program, "NO")):
        assert (money(2, "stars", 0, "en"), money(20, "HOUR", 1, "en")) == ("2 lights", "2 hours")
        # It has no Arabic of its own for them, and another market's is not its own.
        assert money(2, "stars", 0, "ar") == "2 lights"


def test_letters_have_the_words_of_whoever_is_written_to(program: Program) -> None:
    reader = Reader("en", "DE", "Europe/Berlin")
    for market, said in (("DE", "3 stars"), ("NO", "3 lights"), ("", "3 stars")):
        with dressed(dress_of(program, market, "en")):
            assert amount_words(3, "stars", 0, "en") == said
            assert written(Amount(3, "stars", 0), "money", reader) == said
    assert amount_words(3, "stars", 0, "en") == "3\N{NO-BREAK SPACE}stars"
    assert written(Amount(3, "stars", 0), "money", reader) == "3\N{NO-BREAK SPACE}stars"


def test_pages_have_them_and_show_no_markup_of_theirs() -> None:
    hostile = read_whole(TEXT.replace('"{n} stars"', '"{n} <i>stars</i>"'))
    with naming_units(words_for_units(hostile, "DE")):
        shown = isolated(money(2, "stars", 0, "en"))
    assert shown == "<bdi>2 &lt;i&gt;stars&lt;/i&gt;</bdi>"


def test_a_name_with_markup_is_text_in_a_mail(program: Program) -> None:
    with dressed(dress_of(program, "DE", "en", "https://members.example")):
        mail = render_proof(Proof(program.brand.of("DE").name["en"], "123456"), "en")  # type: ignore[index]
    assert "Stars &lt;b&gt;&amp; co&lt;/b&gt;" in mail.html
    assert "<b>" not in mail.html
    assert (sender_name(program, "DE", "en"), sender_name(program, "NO", "en")) == ('Stars "& co"', "")


TURNED = "a\u202eb"


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("ar: نجوم }", f'ar: "{TURNED}" }}', "brand.name", "turns the direction"),
        (
            "sender: { en: 'Stars \"& co\"', ar: نجوم }",
            '"sender": "a\\r\\nBcc: x"',
            "brand.sender",
            "several lines",
        ),
        ("sender: { en: 'Stars \"& co\"'", f"sender: {{ en: {'x' * 61}", "brand.sender", "longer than 60"),
        ('"{n} star"', f'"{{n}} {TURNED}"', "brand.points.stars.en.one", "turns the direction"),
        ('"{n} star"', '"star"', "brand.points.stars.en.one", "does not say how many"),
        ('"{n} star"', '"{n} {n}"', "brand.points.stars.en.one", "stands here twice"),
        ("zero: لا نجوم, ", "", "brand.points.stars.ar", "zero is missing"),
        (
            'id: { other: "{n} bintang" }',
            'id: { one: "{n} bintang" }',
            "brand.points.stars.id.one",
            "unknown key",
        ),
        ("    HOUR:\n", "    EUR:\n", "brand.points.EUR", "unknown unit that is no money"),
        ('      en: { one: "{n} hour", other: "{n} hours" }', "      {}", "brand.points.HOUR", "no English"),
    ],
    ids=range(10),
)
def test_a_text_that_would_mislead_is_a_mistake(old: str, new: str, where: str, what: str) -> None:
    assert old in TEXT
    found = read_program(TEXT.replace(old, new, 1))
    assert isinstance(found, list)
    assert any(each.where == where and what in each.what for each in found), found


def test_every_language_has_its_forms() -> None:
    assert set(FORMS) == set(LANGUAGES)
    assert len(FORMS["ar"]) == 6
