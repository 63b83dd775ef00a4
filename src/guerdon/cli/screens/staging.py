"""What staff do by forms before pictures are made, so that pages are there which somebody begins."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guerdon.cli.installation import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Page as Tab


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
        Deed("webhooks", {"#new-name": "Books", "#new-url": "https://books.example/hook"}, "#new-name"),
        Deed(
            "decisions/new",
            {"#reward-member": member, "#reward-amount": "25.00", "#reward-reason": "A test drive by phone"},
            "#reward-member",
        ),
    )


def do_all(tab: "Tab", home: str, member: str) -> None:
    """Do them, one after the other; raises `Refused` where a page does not take what was written."""
    for deed in deeds(member):
        tab.goto(f"{home}{deed.path}")
        for field, text in deed.writes.items():
            tab.fill(field, text)
        form = tab.locator("form", has=tab.locator(deed.field))
        with tab.expect_navigation():
            form.locator("button.button").last.click()
        said = tab.locator("[role=alert]")
        if said.count():
            raise Refused(f"{deed.path} does not take what was written: {said.first.inner_text()}")
