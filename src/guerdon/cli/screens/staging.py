"""What staff do by forms before pictures are made, so that pages are there which somebody begins."""

from base64 import b32decode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guerdon.cli.demo.house import STAFF, DemoHouse
from guerdon.cli.installation import Refused
from guerdon.cli.screens.props import AUTHENTICATED
from guerdon.cli.screens.walks import Walk
from guerdon.values.clock import utc_now
from guerdon.web.accounts.totp import code_of, step_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Page as Tab

    from guerdon.cli.screens.drawing import Album


# What is written into it is what a file holds.
FILE = "#file"


@dataclass(frozen=True, slots=True)
class Deed:
    """A form of a page: what is written into which fields, before its button is pressed."""

    path: str
    writes: "Mapping[str, str]"
    # A field of the form that is meant.
    field: str


def deeds(member: str) -> tuple[Deed, ...]:
    """What is done; `member`: whom somebody asks a reward for."""
    return (
        Deed("program", {"#title": "Winter"}, "#title"),
        Deed("program/replays", {}, "#text"),
        Deed("broadcasts", {}, "#message"),
        Deed("imports", {FILE: "external_source,external_id,market\ncrm,one,XX\n"}, FILE),
        Deed("webhooks", {"#new-name": "Books", "#new-url": "https://books.example/hook"}, "#new-name"),
        Deed(
            "decisions/new",
            {"#reward-member": member, "#reward-amount": "25.00", "#reward-reason": "A test drive by phone"},
            "#reward-member",
        ),
    )


def stage(album: "Album", house: DemoHouse) -> None:
    """Do them, one after the other; raises `Refused` where a page does not take what was written."""
    home = f"/console/{house.program.key}/"
    with album.browsing(Walk("", (), (), STAFF["everything"].email)) as tab:
        tab.goto(f"{house.base_url}{home}members")
        link = tab.locator("a[href*='/members/mem_']").first.get_attribute("href") or ""
        for deed in deeds(link.rpartition("/")[2]):
            _do(tab, house.base_url + home, deed)
    with album.browsing(Walk("", (), (), AUTHENTICATED.email)) as tab:
        _set_up_authenticator(tab)


def _do(tab: "Tab", home: str, deed: Deed) -> None:
    tab.goto(f"{home}{deed.path}")
    for field, text in deed.writes.items():
        if field == FILE:
            tab.set_input_files(
                field, {"name": "members.csv", "mimeType": "text/csv", "buffer": text.encode()}
            )
        else:
            tab.fill(field, text)
    form = tab.locator("form", has=tab.locator(deed.field))
    with tab.expect_navigation():
        form.locator("button.button").last.click()
    said = tab.locator("[role=alert]")
    if said.count():
        raise Refused(f"{deed.path} does not take what was written: {said.first.inner_text()}")


def _set_up_authenticator(tab: "Tab") -> None:
    """Answer the page that asks for it, as an authenticator that read its secret."""
    letters = "".join(tab.locator("#secret").inner_text().split())
    tab.fill("#code", code_of(b32decode(letters), step_at(utc_now())))
    with tab.expect_navigation():
        tab.locator("form:has(#code) button").last.click()
    if tab.locator("#code").count():
        raise Refused("no authenticator could be set up")
