"""`./guerdon screens`: which page is of which row, how pages are found, what it says without a browser."""

import argparse
import re
from pathlib import Path

import pytest
from PIL import Image

from guerdon.cli import screens
from guerdon.cli.screens import browser
from guerdon.cli.screens.finding import OPENED_MAX, Page, file_name, find_pages, row_of
from guerdon.cli.screens.look import GAP_PX, LOOK, write_look
from guerdon.cli.screens.rows import NO_PAGES, SEEN
from guerdon.web.routes import CONSOLE, ROUTES

HOME = "console/nordlys/"
REPOSITORY = Path(__file__).resolve().parents[2]
PICTURES = REPOSITORY / "docs" / "pictures"
PICTURE_BYTES_MAX = 200_000


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
    shown = [row for rows in SEEN.values() for row in rows]
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


def test_every_address_that_people_open_is_shown_or_said_to_have_no_picture() -> None:
    shown = [row for rows in SEEN.values() for row in rows]
    people = {row for row, whose in ROUTES.items() if whose.who in {"anyone", "staff", "location", "member"}}
    assert people - NO_PAGES == set(shown), "rows.py says who sees a new page, or why it has no picture"
    assert len(shown) == len(set(shown))
    assert NO_PAGES.isdisjoint(shown)


def test_who_comes_second_walks_through_what_is_shown_already() -> None:
    wanted = (CONSOLE + "members/<slug:member>/unmask",)
    through = (CONSOLE, CONSOLE + "members", CONSOLE + "members/<slug:member>")
    here = {
        f"/{HOME}": Page(is_page=True, links=[f"/{HOME}members"]),
        f"/{HOME}members": Page(is_page=True, links=[f"/{HOME}members/mem_1", f"/{HOME}owed"]),
        f"/{HOME}members/mem_1": Page(is_page=True, links=[f"/{HOME}members/mem_1/unmask"]),
        f"/{HOME}members/mem_1/unmask": Page(is_page=True),
    }
    found = find_pages(tuple(ROUTES), wanted, [f"/{HOME}"], here.__getitem__, (*wanted, *through))
    assert found.pages == {wanted[0]: f"/{HOME}members/mem_1/unmask"}
    assert found.missing == []


def test_what_the_documents_show_is_cut_from_the_pictures_of_pages(tmp_path: Path) -> None:
    pages, documents = tmp_path / "pages", tmp_path / "documents"
    pages.mkdir()
    for name, parts in LOOK.items():
        for part in parts if name != "why" else ():
            size = (part.variant.width_px, 3_000)
            Image.new("RGB", size, "white").save(pages / f"{part.page}.{part.variant.name}.png")
    # Of what was not drawn the old picture stays.
    assert write_look(pages, documents) == ["why"]
    with Image.open(documents / "overview.webp") as made:
        assert made.size == (1440, 1240)
    with Image.open(documents / "member.webp") as made:
        assert made.size == (2 * 390 + 3 * GAP_PX, 1060 + 2 * GAP_PX)


def test_the_documents_show_pages_that_are_drawn() -> None:
    drawn = {file_name(row) for rows in SEEN.values() for row in rows}
    assert {part.page for parts in LOOK.values() for part in parts} <= drawn
    shown = {
        name
        for page in (REPOSITORY / "README.md", REPOSITORY / "docs" / "look.md")
        for name in re.findall(r"pictures/(\w+)\.webp", page.read_text(encoding="utf-8"))
    }
    assert shown == set(LOOK)


@pytest.mark.parametrize("path", sorted(PICTURES.rglob("*.*")), ids=lambda path: path.name)
def test_a_picture_in_a_document_is_light_and_shown(path: Path) -> None:
    assert path.stat().st_size < PICTURE_BYTES_MAX
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
    shown = {
        (page.parent / address).resolve()
        for page in pages
        for alt, address in re.findall(r"!\[([^]]*)\]\(([^)]*)\)", page.read_text(encoding="utf-8"))
        if alt.strip()
    }
    assert path.resolve() in shown
