"""Names with markup, and with marks that turn what stands beside them: on every page they are text."""

import re
import shutil
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.access.people import hire_for_everything
from tests.redeem.house import PROGRAM, opened_house
from tests.rooms import opened_room
from tests.web.console.conftest import EMAIL, PASSWORD, Console, _enroll
from tests.web.console.furniture import furnish
from tests.web.console.test_in_a_browser import ROUTES

from guerdon.config import Settings, read_settings
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.web.accounts import migrate_accounts

# What turns the text around it, and never ends by itself.
TURNS = "\u202e"
BAD = f"{TURNS}<i data-bad>&amp;"
# Where no element may stand inside: each is a box of its own.
ALONE = {"bdi", "option", "textarea", "title", "code", "desc"}


class Reader(HTMLParser):
    """Finds the texts in which a name may turn what stands beside it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.around: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in {
            "input",
            "meta",
            "link",
            "br",
            "img",
            "use",
            "path",
            "rect",
            "line",
            "circle",
            "hr",
            "wbr",
        }:
            self.around.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.around:
            while self.around.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        # A text may hold its own isolates instead (U+2068 … U+2069).
        bare = re.sub("\u2068[^\u2069]*\u2069", "", data)
        if TURNS in bare and not ALONE & set(self.around):
            self.found.append(f"{'>'.join(self.around[-4:])}: {bare.strip()[:80]}")


@pytest.fixture
def spoiled(tmp_path: Path) -> Path:
    """The program of the house, all whose names are bad."""
    folder = tmp_path / "program"
    shutil.copytree(PROGRAM.parent, folder)
    file = folder / PROGRAM.name
    text = file.read_text(encoding="utf-8")
    text = re.sub(
        r"\ben: ([^,{}\"'\n]{1,40})(?=[,}\n])", lambda found: f'en: "{BAD}{found[1].strip()}"', text
    )
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def console(database: str, secret: str, spoiled: Path, tmp_path: Path) -> Iterator[Console]:
    """Open the console on it."""
    with opened_house(database, secret, spoiled) as house:
        settings = read_settings(
            {
                "DATABASE_URL": house.url,
                "GUERDON_SECRET": house.secret,
                "GUERDON_HOME": str(tmp_path),
                "HUBSPOT_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
            }
        )
        assert isinstance(settings, Settings)
        with opened_room(settings, partial(migrate_accounts, settings), _enroll):
            from django.test import Client  # noqa: PLC0415  Django is prepared by then

            hire_for_everything(house.url, house.secret, house.program_id, EMAIL)
            client = Client(SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"})
            client.post("/account/sign-in", {"email": EMAIL, "password": PASSWORD})
            yield Console(house, settings, client)


def test_a_bad_name_is_text_on_every_page_and_turns_nothing(console: Console) -> None:
    furnish(console.house)
    with console.house.working() as tx:
        person = Person(f"{BAD}Ada", "ada@example.com", "")
        record_persons(
            tx,
            console.house.program_id,
            [seal_person(console.house.vault, console.house.program_id, 7, person)],
        )
    faults, seen = [], 0
    for path in ROUTES:
        answer = console.client.get(console.home + path)
        if answer.status_code != 200:
            continue
        text = answer.content.decode()
        assert "<i data-bad" not in text, path
        seen += "&lt;i data-bad" in text
        reader = Reader()
        reader.feed(text)
        faults += [f"{path} {each}" for each in reader.found]
    assert seen > len(ROUTES) // 2
    assert sorted(set(faults)) == []
