"""The member's texts: every one of them is there in every language, with the same places to fill."""

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from guerdon.text.catalogs import words
from guerdon.values.texts import LANGUAGES
from guerdon.web.member.pages import CATEGORIES

if TYPE_CHECKING:
    from guerdon.config import Settings

SAID = re.compile(r"""\b_\(\s*(["'])((?:(?!\1).)+)\1""")
PLACES = re.compile(r"%\(\w+\)s")


def messages_of_templates() -> set[str]:
    folder = files("guerdon.text").joinpath("templates", "member")
    found = {
        match.group(2)
        for page in folder.iterdir()
        for match in SAID.finditer(page.read_text(encoding="utf-8"))
    }
    assert len(found) > 30
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_its_places(language: str, settings: "Settings") -> None:
    from guerdon.web.accounts import prepare  # noqa: PLC0415

    prepare(settings)
    from guerdon.web.member.views import NOTICES  # noqa: PLC0415

    notices = {notice for notice, _ in NOTICES.values()}
    said = words(language, "member")
    for message in messages_of_templates() | notices | {name for name, _ in CATEGORIES.values()}:
        assert said.has(message), f"missing in {language}: {message}"
        assert sorted(PLACES.findall(said.gettext(message))) == sorted(PLACES.findall(message)), message


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_over(language: str) -> None:
    from babel.messages.pofile import read_po  # noqa: PLC0415

    path = files("guerdon.text").joinpath("catalogs", language, "member.po")
    with path.open("rb") as file:
        ids = {str(message.id) for message in read_po(file) if message.id}
    code = [each for each in files("guerdon.web.member").iterdir() if each.name.endswith(".py")]
    views = "".join(each.read_text(encoding="utf-8") for each in code)
    used = messages_of_templates() | {name for name, _ in CATEGORIES.values()}
    assert {text for text in ids - used if text not in views} == set()
