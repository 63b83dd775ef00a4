"""An installation at which nobody was yet, beside the demo: the pages on which it begins."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from guerdon.cli.installation import Refused, bring_up_to_date, installation
from guerdon.cli.processes import Processes
from guerdon.cli.screens.rows import SEEN
from guerdon.cli.screens.walks import Walk
from guerdon.cli.up import START_S, environment_of, own_url
from guerdon.engine.beginnings.first_link import KEY_PURPOSE, PATH, first_token
from guerdon.program.starters.filling import STARTERS
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

FOUNDER = ("ada.berg@example.com", "Ada Berg")


@contextmanager
def empty_house(home: Path, port: int) -> Iterator[tuple[str, str]]:
    """An installation without anybody and anything for the length of a block: its address, its first link.

    Raises `Refused`.
    """
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("GUERDON_") and k != "DATABASE_URL"},
        "GUERDON_HOME": str(home),
        "GUERDON_PORT": str(port),
        "GUERDON_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    home.mkdir(mode=0o711)
    with installation(environment, migrated=False) as opened:
        bring_up_to_date(opened)
        parts = Processes({**environment, **environment_of(opened)})
        try:
            parts.start("web", ["-m", "guerdon", "web"])
            if not parts.wait_until_answers(own_url(opened.settings), START_S):
                raise Refused("the web of the empty installation does not answer")
            token = first_token(Vault(opened.settings.secret).key(KEY_PURPOSE), utc_now())
            yield opened.settings.public_url, PATH + token
        finally:
            parts.stop()


def first_walk(base_url: str, link: str) -> Walk:
    """What whoever comes first sees, before they are anybody."""
    return Walk("whoever comes first", (link,), SEEN["beginning"][:1], base_url=base_url)


def founders_walk(base_url: str, cookies: dict[str, str]) -> Walk:
    """What they see once they are somebody, until there is a program."""
    also = {"setup-form": f"/setup?starter={next(iter(STARTERS))}"}
    rows = SEEN["beginning"][1:]
    return Walk("the founder", ("/setup",), rows, cookies=cookies, also=also, base_url=base_url)


def found(tab: "Tab", base_url: str, link: str, password: str) -> dict[str, str]:
    """Become the first administrator by the link; the cookies of their browser. Raises `Refused`."""
    tab.goto(base_url + link)
    for name, text in zip(("email", "name", "password"), (*FOUNDER, password), strict=True):
        tab.fill(f"#{name}", text)
    tab.check("[name=alone]")
    with tab.expect_navigation():
        tab.locator("form:has(#password) button").last.click()
    if not tab.url.endswith("/setup"):
        raise Refused("nobody could become the first administrator")
    return {each["name"]: each["value"] for each in tab.context.cookies(base_url)}
