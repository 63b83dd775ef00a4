"""`./guerdon screens`: which page is of which row, how pages are found, what it says without a browser."""

import argparse
from pathlib import Path

import pytest

from guerdon.cli import screens
from guerdon.cli.screens import browser
from guerdon.cli.screens.finding import OPENED_MAX, Page, file_name, find_pages, row_of
from guerdon.cli.screens.rows import NO_PAGES
from guerdon.web.routes import CONSOLE, ROUTES

HOME = "console/nordlys/"


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("/console/nordlys/", CONSOLE),
        ("/console/nordlys/members", CONSOLE + "members"),
        ("/console/nordlys/members/mem_1", CONSOLE + "members/<slug:member>"),
        # What is named stands before what is any.
        ("/console/nordlys/catalog/feeds", CONSOLE + "catalog/feeds"),
        ("/console/nordlys/catalog/itm_1", CONSOLE + "catalog/<slug:item>"),
        ("/console/nordlys/program/versions/3", CONSOLE + "program/versions/<int:version>"),
        ("/r/abc.def", r"(?s)\Ar/(?P<token>.*)\Z"),
        ("/r/abc.def/orders/ord_1", r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)\Z"),
        ("/nowhere", None),
    ],
)
def test_an_address_is_of_the_row_that_answers_for_it(path: str, row: str | None) -> None:
    assert row_of(ROUTES, path) == row


def test_pages_are_found_by_their_links_and_what_no_link_leads_to_is_told() -> None:
    rows = (CONSOLE, CONSOLE + "members", CONSOLE + "members/<slug:member>", CONSOLE + "owed")
    here = {
        f"/{HOME}": Page(is_page=True, links=[f"/{HOME}members?market=DE#top", "/elsewhere"]),
        # A download stands among the links, and is no page.
        f"/{HOME}members": Page(is_page=True, links=[f"/{HOME}members/gone", f"/{HOME}members/mem_1"]),
        f"/{HOME}members/gone": Page(is_page=False),
        f"/{HOME}members/mem_1": Page(is_page=True, links=[f"/{HOME}"]),
    }
    found = find_pages(tuple(ROUTES), rows, [f"/{HOME}"], here.__getitem__)
    assert found.pages == {
        CONSOLE: f"/{HOME}",
        CONSOLE + "members": f"/{HOME}members",
        CONSOLE + "members/<slug:member>": f"/{HOME}members/mem_1",
    }
    assert found.missing == [CONSOLE + "owed"]


def test_a_row_of_many_pages_is_not_opened_for_each_of_them() -> None:
    opened: list[str] = []

    def look(path: str) -> Page:
        opened.append(path)
        return Page(is_page=True, links=[f"/{HOME}members/mem_{n}" for n in range(100)])

    rows = (CONSOLE, CONSOLE + "members/<slug:member>", CONSOLE + "owed")
    find_pages(tuple(ROUTES), rows, [f"/{HOME}"], look)
    assert len(opened) == 1 + OPENED_MAX


def test_every_page_has_a_picture_of_its_own_name() -> None:
    shown = [row for row, whose in ROUTES.items() if whose.who in {"staff", "member"}]
    assert len({file_name(row) for row in shown}) == len(shown)
    assert file_name(CONSOLE + "members/<slug:member>") == "console-key-members-member"


def test_without_a_browser_it_says_so_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser, "CHROMIUM", ("no-such-browser",))
    parser = argparse.ArgumentParser()
    screens.add_arguments(parser)
    assert screens.run(parser.parse_args([str(tmp_path / "out")])) == 2
    assert "no Chromium is installed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_has_no_picture_is_an_address_that_there_is() -> None:
    assert set(ROUTES) >= NO_PAGES
