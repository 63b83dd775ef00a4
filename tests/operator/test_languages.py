"""The page of languages: what of a program's texts is missing in each, found wherever it stands."""

from dataclasses import replace

from tests.locations.conftest import SHOP, Doors
from tests.operator.conftest import AUDITOR
from tests.operator.pages import LANGUAGES, line_of, text_of

from guerdon.program.model import Program
from guerdon.web.console.languages.coverage import Place, languages_of, list_texts, missing_in, page_of


def only(program: Program, language: str) -> Program:
    """The program with one market, which reads this."""
    key, market = next(iter(program.markets.items()))
    return replace(program, markets={key: replace(market, language=language)})


def test_texts_are_found_wherever_they_stand(staffed: Doors) -> None:
    program = staffed.house.program
    found = {each.said: each for each in list_texts(program)}
    assert {f"rules.{rule}.name" for rule in program.rules} <= set(found)
    assert {f"markets.{market}.name" for market in program.markets} <= set(found)
    # A proper name is the same everywhere.
    assert "name" not in found
    rule = next(iter(program.rules))
    assert page_of(found[f"rules.{rule}.name"]) == f"rules/{rule}"
    assert page_of(Place(("brand", "legal"), "", frozenset())) == "brand"


def test_a_text_in_a_languages_region_is_a_text_in_it() -> None:
    texts = [Place(("a",), "A", frozenset({"en", "pt"})), Place(("b",), "B", frozenset({"en"}))]
    assert [each.said for each in missing_in(texts, "pt")] == ["b"]


def test_languages_are_those_of_markets(staffed: Doors) -> None:
    program = staffed.house.program
    assert languages_of(only(program, "nl-BE")) == ["en", "nl"]
    assert languages_of(only(program, "ar")) == ["en", "ar"]


def test_the_page_says_what_is_missing_and_where(staffed: Doors) -> None:
    program = staffed.house.program
    staffed.sign_in(AUDITOR)
    missing = missing_in(list_texts(program), "de")
    assert "de" in languages_of(program)
    page = staffed.page("languages?language=de")
    total = len(list_texts(program))
    assert line_of(page, "German").split()[1:3] == [str(total - len(missing)), str(len(missing))]
    said = (
        "Nothing is missing in German." if not missing else f"Missing in German : {len(missing)} of {total}"
    )
    assert said in text_of(page)
    for each in missing[:5]:
        assert each.said in page
    for language in LANGUAGES:
        assert "missing in" not in text_of(staffed.page("languages", language)).lower()


def test_who_does_not_set_up_does_not_see_it(staffed: Doors) -> None:
    staffed.sign_in(SHOP)
    assert staffed.answer("languages")[0] == 404
