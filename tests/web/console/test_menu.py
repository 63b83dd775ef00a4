"""The menu is one table: what stands at the side, below on a phone and under "More" are the same entries."""

import re

import pytest
from tests.web.console.conftest import Console

from guerdon.text.catalogs import words
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.frame.menu import MENU, TABS, menu_of
from guerdon.web.routes import CONSOLE, ROUTES

ENTRIES = [entry for group in MENU for entry in group.entries]


def everything(_: str) -> bool:
    return True


def test_every_entry_is_a_page_of_its_own() -> None:
    assert [entry.path for entry in ENTRIES if ROUTES[CONSOLE + entry.path].who != "staff"] == []
    assert len({entry.name for entry in ENTRIES}) == len({entry.path for entry in ENTRIES}) == len(ENTRIES)


def test_a_phone_shows_every_entry_once() -> None:
    menu = menu_of(everything, "en")
    on_a_phone = [*menu.tabs, *(entry for group in menu.more for entry in group.entries)]
    assert len(menu.tabs) == TABS
    assert [entry.name for entry in menu.tabs] == ["overview", "live", "members", "rewards"]
    assert sorted(entry.name for entry in on_a_phone) == sorted(entry.name for entry in ENTRIES)
    assert [entry.name for entry in menu] == [entry.name for entry in ENTRIES]


def test_a_group_of_which_one_may_open_nothing_is_not_there() -> None:
    menu = menu_of(lambda path: path in {"", "audit", "ledger", "people"}, "en")
    assert [group.title for group in menu.groups] == ["", "Control", "Settings"]
    # What comes next in the menu stands where one may not open what a phone begins with.
    assert [entry.name for entry in menu.tabs] == ["overview", "ledger", "audit", "people"]
    assert list(menu.more) == []
    assert list(menu_of(lambda _: False, "en")) == []


def test_the_page_that_is_open_is_marked_once() -> None:
    for here in ("overview", "owed", "members"):
        menu = menu_of(everything, "en", here)
        assert [entry.name for entry in menu if entry.here] == [here]
        assert menu.beyond == (here == "owed")
    assert [entry.name for entry in menu_of(everything, "en", "member") if entry.here] == ["members"]


def test_what_waits_is_counted_at_its_entry() -> None:
    menu = menu_of(everything, "en", waits={"decisions": 3})
    assert {entry.name: entry.waits for entry in menu if entry.waits} == {"decisions": 3}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_the_whole_menu_twice(staff: Console, language: str) -> None:
    page = staff.page("owed", language)
    side, _, foot = page.partition("<main")
    foot = foot.partition('class="tabbar"')[2].partition("</nav>")[0]
    said = words(language, "console").gettext
    shown = {entry.path: entry for entry in ENTRIES}
    for part in (side, foot):
        found = re.findall(
            rf'<a href="{staff.home}([a-z/]*)"(?: aria-current="page")?><svg.*?<span>(.*?)</span>', part
        )
        assert sorted(path for path, _ in found) == sorted(shown)
        for path, text in found:
            assert text in {said(shown[path].text), said(shown[path].short)}
        assert len(re.findall(r'<a [^>]*aria-current="page"', part)) == 1
    headings = re.findall(r"<h2>(.*?)</h2>", side)
    assert headings == [said(group.title) for group in MENU if group.title and group.entries]
