"""axe finds nothing, nothing scrolls sideways, nobody else is asked: on every route, from the register.

In the gate each route is looked at once, in a language, a theme and a width that change from route to route;
in the full set each is looked at in all eight.
"""

from typing import TYPE_CHECKING, Any

import pytest
from tests.evidence import scaled
from tests.journeys.browser import Rooms, faults_of, sideways
from tests.journeys.routes import DOORS, FILE, FORM, LANGUAGES, LEADS_ON, LEFT_OUT, Place, places_of, wanted

from guerdon.web.routes import ROUTES

if TYPE_CHECKING:
    from playwright.sync_api import Page

VARIANTS = [
    (language, theme, width) for language in LANGUAGES for theme in ("light", "dark") for width in (390, 1440)
]
WIDTHS = (360, 1440)


@pytest.fixture(scope="session")
def places(entrance: Rooms) -> dict[str, dict[str, Place]]:
    """Find an address for each route, once in a run."""
    return places_of(entrance)


def test_every_route_is_looked_at_or_left_out_for_a_reason(places: dict[str, dict[str, Place]]) -> None:
    assert [route for route in LEFT_OUT if route not in ROUTES or ROUTES[route].who in DOORS] == []
    assert all(LEFT_OUT.values())
    assert [route for route in wanted() if route not in places] == []


def test_what_is_left_out_shows_no_page(rooms: Rooms) -> None:
    asking, shown = rooms.request_of("everything"), []
    for route, reason in LEFT_OUT.items():
        path = route.replace("<slug:key>", rooms.brand.program.key)
        if (
            "<" in path
            or "\\" in path
            or reason not in {FILE, FORM, LEADS_ON}
            or ROUTES[route].who == "member"
        ):
            continue
        answer = asking.get(f"{rooms.brand.url}/{path}", max_redirects=0)
        if answer.status == 200 and answer.headers.get("content-type", "").startswith("text/html"):
            shown.append(route)
    assert shown == []


@pytest.mark.full(minutes=4, gate=True)
@pytest.mark.parametrize("n", range(len(VARIANTS)))
def test_every_route_is_for_everybody(rooms: Rooms, places: dict[str, dict[str, Place]], n: int) -> None:
    language, theme, width = VARIANTS[n]
    step = scaled(len(VARIANTS), 1)
    mine = sorted(places)[n % step :: step]
    looking: dict[tuple[str, str], Page] = {}
    faults: dict[str, Any] = {}
    for route in mine:
        place = places[route][language]
        page = looking.get((place.who, place.cookie[1]))
        if page is None:
            page = rooms.page(
                storage_state=rooms.signed_in(place.who) if place.who else None,
                locale=language,
                color_scheme=theme,
                phone=width < 820,
            )
            rooms.keep(page, place.cookie)
            looking[place.who, place.cookie[1]] = page
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(rooms.brand.url + place.path)
        found = [*faults_of(page), *(f"sideways at {each}" for each in sideways(page, WIDTHS))]
        if page.get_attribute("html", "lang") != language:
            found.append(f"speaks {page.get_attribute('html', 'lang')}")
        if found:
            faults[f"{route} as {place.path}"] = found
    assert faults == {}
