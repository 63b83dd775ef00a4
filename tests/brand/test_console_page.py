"""The console's page: what is written, what was mended and why, a specimen of it, market by market."""

from html import unescape

from tests.web.console.conftest import Console

from guerdon.web.brands.sheets import sheet_address


def test_a_market_shows_its_own_brand_and_what_was_mended(staff: Console) -> None:
    page = unescape(staff.page("brand?market=IT"))
    assert sheet_address(staff.house.program, "IT") in page
    # In both themes, and in both directions of reading.
    assert page.count(" data-brand ") == 4
    assert (page.count('lang="ar" dir="rtl"'), page.count('lang="en" dir="ltr"')) == (2, 3)
    assert 'data-theme="light"' in page
    assert 'data-theme="dark"' in page
    for text in (
        "This market has a brand of its own",
        "Where it is text, your value color was darkened so that it can be read.",
        "#936823",
        "Meridian Circle",
        "Via dell'Esempio 1",
        "for this market",
    ):
        assert text in page, text


def test_every_other_market_looks_as_everywhere(staff: Console) -> None:
    page = unescape(staff.page("brand?market=DE"))
    assert sheet_address(staff.house.program, "") in page
    assert "This market has no brand of its own" in page
    assert "Nothing: everything can be read as it is written." in page
    everywhere = unescape(staff.page("brand"))
    assert "What members see in every market that has no brand of its own." in everywhere
    assert "brand?market=IT" in everywhere


def test_it_stands_in_the_menu_and_changes_nothing(staff: Console) -> None:
    assert f'href="{staff.home}brand"' in staff.page()
    token = staff.page("brand").partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = staff.client.post(f"{staff.home}brand", {"csrfmiddlewaretoken": token})
    assert answer.status_code in {403, 405}


def test_it_speaks_the_language_of_its_reader(staff: Console) -> None:
    page = unescape(staff.page("brand?market=IT", "de"))
    assert "Wo sie Text ist, wurde Ihre Wertfarbe abgedunkelt, damit sie lesbar ist." in page
    assert "Meridian Kreis" in page
