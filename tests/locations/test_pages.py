"""The pages: the sentence on top, rows behind each figure, who sees what, and addresses made up."""

import re
from datetime import timedelta
from html import unescape

import pytest
from tests.locations.conftest import EVERYTHING, SERVICE, SHOP, Doors
from tests.locations.house import House

PAGES = (
    "locations",
    "locations?show=all",
    "locations/compare",
    "locations/compare?of=de-bonn&of=de-celle&of=fr-lyon",
    "locations/consistency",
    "locations/de-bonn",
    "locations/de-bonn/rewards",
)
LANGUAGES = ("es", "de", "fr", "ar", "id")


def text_of(page: str) -> str:
    """What somebody reads."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", main)))


def furnish(house: House, *, follow: bool = True) -> None:
    """Bonn is out of budget, Celle sends daily and stopped, Dresden is as it should be."""
    house.happens("de-bonn", "boat.rowed", ago=2, times=5)
    for ago in range(9, 19):
        house.happens("de-celle", "boat.rowed", ago=ago)
    for ago in range(6):
        house.happens("de-dresden", "boat.rowed", ago=ago)
    house.watch()
    if follow:
        house.follow()


def test_nothing_has_happened_yet(doors: Doors) -> None:
    doors.sign_in(EVERYTHING)
    assert "No location needs a call." in text_of(doors.page("locations"))
    assert "<table" not in doors.page("locations").partition("<main")[2]
    assert "Nothing was given by a fixed amount" in text_of(doors.page("locations/consistency"))
    assert "Choose 2 to 6 to compare." in text_of(doors.page("locations/compare"))
    page = text_of(doors.page("locations/de-bonn"))
    assert "Nothing has come from Bonn in four weeks." in page
    assert "Nothing waits for people here." in page
    assert "No rewards match." in text_of(doors.page("locations/de-bonn/rewards"))


def test_who_needs_a_call_stands_there_with_the_reason(doors: Doors) -> None:
    furnish(doors.house)
    doors.sign_in(EVERYTHING)
    page = text_of(doors.page("locations"))
    assert "2 of 8 locations need a call." in page
    day = f"{doors.house.today.day} {doors.house.today:%b %Y}"
    assert f"Out of budget since {day}" in page
    assert "Silent for 9 days, though it usually sends every 3 days" in page
    # Bonn gives nothing any more, so it goes first; Dresden needs no call.
    assert page.index("Bonn") < page.index("Celle")
    assert "Dresden" not in page
    everybody = text_of(doors.page("locations?show=all"))
    assert all(name in everybody for name in ("Dresden", "Metz", "Bonn"))
    by_name = text_of(doors.page("locations?show=all&sort=name"))
    assert by_name.index("Ahrweiler") < by_name.index("Bonn")
    assert everybody.index("Bonn") < everybody.index("Ahrweiler")
    assert "No location needs a call." in text_of(doors.page("locations?market=FR"))
    for language in LANGUAGES:
        said = text_of(doors.page("locations", language))
        assert "need a call" not in said
        assert "Out of budget" not in said


def test_names_are_text_and_found_by_a_part_of_them(doors: Doors) -> None:
    furnish(doors.house)
    doors.sign_in(EVERYTHING)
    page = doors.page("locations?find=CELL")
    assert "&lt;b&gt;Celle&lt;/b&gt;" in page
    assert "<b>Celle</b>" not in page
    assert "Bonn" not in text_of(page)
    assert "Metz" in text_of(doors.page("locations?find=metz"))
    assert "No location is called so." in text_of(doors.page("locations?find=nowhere"))


def test_every_figure_of_a_location_opens_its_rows(doors: Doors) -> None:
    house = doors.house
    furnish(house, follow=False)
    back = house.happens("de-dresden", "boat.rowed")
    house.tells(back, "boat.returned", said={"no": f"{back}-0"})
    house.follow()
    doors.sign_in(EVERYTHING)
    page = doors.page("locations/de-dresden")
    said = text_of(page)
    assert "Dresden needs no call." in said
    assert "€140" in said
    main = page.partition("<main")[2].partition("</main>")[0]
    paths = {unescape(path) for path in re.findall(r'href="(/console/row_boats/[^"]*)"', main)}
    first = (house.today - timedelta(days=27)).isoformat()
    rows = f"/console/row_boats/locations/de-dresden/rewards?from={first}"
    assert {rows, f"{rows}&unit=EUR", f"{rows}&became=reversed", f"{rows}&became=opened"} <= paths
    for path in paths:
        assert doors.client.get(path).status_code == 200, path

    def count(path: str) -> int:
        return doors.page(path).count('<tr><th scope="row">')

    assert count(f"locations/de-dresden/rewards?from={first}") == 7
    assert count("locations/de-dresden/rewards?became=reversed") == 1
    assert count(f"locations/de-dresden/rewards?from={house.today}&to={house.today}") == 2
    assert count("locations/de-dresden/rewards?rule=oar") == 0
    assert count("locations/de-dresden/rewards?unit=EUR&value=2000") == 7
    assert count("locations/de-dresden/rewards?unit=EUR&value=1999") == 0


def test_a_top_up_is_a_request_of_the_kind_there_is(doors: Doors) -> None:
    furnish(doors.house)
    doors.sign_in(EVERYTHING)
    page = doors.page("locations/de-bonn")
    assert "Out of budget" in text_of(page)
    (form,) = {unescape(path) for path in re.findall(r'href="(/console/row_boats/decisions/new[^"]*)"', page)}
    assert form == "/console/row_boats/decisions/new?act=move&account=shops%3Ade-bonn&way=in"
    shown = doors.client.get(form).content.decode()
    assert 'value="shops:de-bonn"' in shown
    # Who may only read budgets is not led to it.
    doors.sign_in(SHOP)
    assert "decisions/new" not in doors.page("locations/de-bonn").partition("<main")[2]


def test_a_long_list_is_read_page_by_page(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    from guerdon.web.console.locations import listing, one  # noqa: PLC0415

    monkeypatch.setattr(listing, "PAGE_ROWS", 3)
    monkeypatch.setattr(one, "PAGE_ROWS", 4)
    furnish(doors.house)
    doors.sign_in(EVERYTHING)

    def through(path: str) -> list[list[str]]:
        pages = []
        while path:
            page = doors.page(path).partition("<main")[2]
            pages.append(re.findall(r'<tr><th scope="row"><a href="/console/row_boats/([^"]*)"', page))
            onward = re.search(r'class="button" href="/console/row_boats/(locations[^"]*after=[^"]*)"', page)
            path = unescape(onward[1]) if onward else ""
        return pages

    shops = through("locations?show=all&sort=name")
    assert [len(page) for page in shops] == [3, 3, 2]
    assert len({key for page in shops for key in page}) == 8
    rows = through("locations/de-celle/rewards")
    assert [len(page) for page in rows] == [4, 4, 2]
    assert len({key for page in rows for key in page}) == 10


def test_two_stand_side_by_side_against_their_market(doors: Doors) -> None:
    furnish(doors.house)
    doors.sign_in(EVERYTHING)
    page = text_of(doors.page("locations/compare?of=de-bonn&of=de-celle"))
    assert "2 locations, side by side." in page
    assert "median" in page
    assert re.search(r"Rewards ?3median 1\.5 ?10median 1\.5", page), page
    assert "median of 6 locations in Germany" in page
    # What is not there, twice, or too many is no more than a choice that was not made.
    assert "Choose 2 to 6" in text_of(doors.page("locations/compare?of=de-bonn&of=de-bonn&of=nowhere"))
    many = "&".join(f"of={key}" for key in doors.house.program.locations)
    assert "6 locations, side by side." in text_of(doors.page(f"locations/compare?{many}"))


def test_differences_are_told_with_their_reason(doors: Doors) -> None:
    furnish(doors.house)
    house = doors.house
    with house.by_hand() as db:
        db.execute("update location_gifts set value = 1500 where location = 'de-bonn' and cause = 'rule'")
    doors.sign_in(EVERYTHING)
    page = text_of(doors.page("locations/consistency"))
    assert "1 of 1 rules did not give the same everywhere." in page
    assert "Nothing in the program says why" in page
    assert "Not given: the budget was used up" in page
    assert "Oar" in page
    assert "3 rewards differ from what others give" in text_of(doors.page("locations/de-bonn"))
    assert "All rules" not in text_of(doors.page("locations/consistency?rule=row"))
    for language in LANGUAGES:
        assert "Nothing in the program" not in text_of(doors.page("locations/consistency", language))


def test_whoever_has_one_location_sees_it_alone(doors: Doors) -> None:
    furnish(doors.house)
    doors.sign_in(SHOP)
    page = text_of(doors.page("locations?show=all"))
    assert "1 of 1 locations needs a call." in page
    assert "Celle" not in page
    assert "Celle" not in text_of(doors.page("locations/compare?of=de-bonn&of=de-celle"))
    assert "Celle" not in text_of(doors.page("locations/consistency"))
    assert "Bonn" in text_of(doors.page("locations/de-bonn"))
    # Another's is as unknown as one there is not, word for word.
    for path in ("", "/rewards"):
        strange = doors.answer(f"locations/de-celle{path}")
        nowhere = doors.answer(f"locations/de-nowhere{path}")
        assert strange[0] == nowhere[0] == 404
        assert strange[1].replace("de-celle", "") == nowhere[1].replace("de-nowhere", "")
    # Who only serves members sees their rewards, and no figures.
    doors.sign_in(SERVICE)
    assert doors.answer("locations")[0] == doors.answer("locations/de-bonn")[0] == 404
    assert doors.answer("locations/de-bonn/rewards")[0] == 200
    assert doors.answer("locations/de-celle/rewards")[0] == 404


@pytest.mark.parametrize(
    "terms",
    [
        "find=%00&sort=%27%3B--&show=all&after=nowhere",
        "find=%3Cscript%3Ealert(1)%3C/script%3E",
        "market=XX&from=0000-99-99&to=9999-12-31",
        "after=99999999999999999999999-1&value=-1&became=x&rule=%00&unit=%00",
        "value=99999999999999999999999999&unit=EUR&from=1900-01-01",
        "value=٣&after=1-9999999999999999999999",
        "of=&of=%00&of=..%2F&rule=..",
    ],
)
def test_what_somebody_made_up_is_answered(doors: Doors, terms: str) -> None:
    furnish(doors.house)
    doors.sign_in(EVERYTHING)
    for path in PAGES:
        said = doors.page(f"{path}{'&' if '?' in path else '?'}{terms}")
        assert "<script>alert" not in said


def test_every_page_speaks_every_language(doors: Doors) -> None:
    furnish(doors.house)
    doors.sign_in(EVERYTHING)
    for path in PAGES:
        english = text_of(doors.page(path))
        for language in LANGUAGES:
            assert text_of(doors.page(path, language)) != english, (path, language)
