"""The member's texts: every one of them is there in every language, with the same places to fill."""

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from guerdon.channels.passes.card import LABELS
from guerdon.text.catalogs import words
from guerdon.values.texts import LANGUAGES
from guerdon.web.member.pages import CATEGORIES

if TYPE_CHECKING:
    from guerdon.config import Settings

SAID = re.compile(r"""\b_\(\s*(["'])((?:(?!\1).)+)\1""")
COUNTED = re.compile(r"""\bngettext\(\s*(["'])((?:(?!\1).)+)\1""")
PLACES = re.compile(r"%\(\w+\)s")


def messages_of_templates(pattern: re.Pattern[str] = SAID, at_least: int = 30) -> set[str]:
    folder = files("guerdon.text").joinpath("templates", "member")
    found = {
        match.group(2)
        for page in folder.iterdir()
        for match in pattern.finditer(page.read_text(encoding="utf-8"))
    }
    assert len(found) > at_least
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_its_places(language: str, settings: "Settings") -> None:
    from guerdon.web.accounts import prepare  # noqa: PLC0415

    prepare(settings)
    from guerdon.web.member.catalog import SORTS  # noqa: PLC0415
    from guerdon.web.member.choosing import NOTICES  # noqa: PLC0415
    from guerdon.web.member.finding import AFFORDS, DELIVERIES, FILTERS  # noqa: PLC0415
    from guerdon.web.member.orders import SAID as ANSWERS  # noqa: PLC0415
    from guerdon.web.member.orders import WHATS  # noqa: PLC0415
    from guerdon.web.member.waiting import NOTICES as WAITS  # noqa: PLC0415

    notices = {notice for notice, _ in NOTICES.values()} | {said for said, _, _ in ANSWERS.values()}
    notices |= set(LABELS) | set(WHATS.values()) | {notice for notice, _ in WAITS.values()}
    notices |= {name for named in (SORTS, AFFORDS, DELIVERIES, FILTERS) for name in named.values()}
    notices |= {"%(amount)s and more", "Below %(amount)s", "%(least)s to %(most)s"}
    said = words(language, "member")
    for message in messages_of_templates() | notices | {name for name, _ in CATEGORIES.values()}:
        assert said.has(message), f"missing in {language}: {message}"
        assert sorted(PLACES.findall(said.gettext(message))) == sorted(PLACES.findall(message)), message


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_of_things_is_said_in_every_form(language: str) -> None:
    said = words(language, "member")
    for message in messages_of_templates(COUNTED, 5):
        forms = said.messages[None, message]
        assert isinstance(forms, tuple), message
        assert all(forms), message
        for number in (3, 11, 100):
            assert "%(n)s" in said.ngettext(message, message, number), (message, number)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_over(language: str) -> None:
    from babel.messages.pofile import read_po  # noqa: PLC0415

    path = files("guerdon.text").joinpath("catalogs", language, "member.po")
    with path.open("rb") as file:
        said = [message.id for message in read_po(file) if message.id]
    ids = {each if isinstance(each, str) else each[0] for each in said}
    folders = [files(f"guerdon.{each}") for each in ("web.member", "web.member.links", "channels.passes")]
    code = [each for folder in folders for each in folder.iterdir() if each.name.endswith(".py")]
    views = "".join(each.read_text(encoding="utf-8") for each in code)
    used = (
        messages_of_templates()
        | messages_of_templates(COUNTED, 5)
        | {name for name, _ in CATEGORIES.values()}
    )
    assert {text for text in ids - used if text not in views} == set()
