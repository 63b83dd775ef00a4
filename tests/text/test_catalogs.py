"""Every text in six languages, whole: nothing missing, nothing left over, the same values to fill in."""

import re
from io import BytesIO

import pytest
from babel.messages.pofile import read_po
from tests.text.messages import (
    PACKAGE,
    Said,
    app_messages,
    change_messages,
    console_messages,
    contact_messages,
    location_messages,
    mail_messages,
    reason_messages,
    report_messages,
    sentence_messages,
)

from guerdon.text.catalogs import PARTS, words
from guerdon.values.texts import LANGUAGES

PLACEHOLDER = re.compile(r"%\(\w+\)s|%s|\{n\}")
ARABIC_NUMBERS = (0, 1, 2, 7, 42, 100)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("part", "messages"),
    [
        ("reports", report_messages()),
        ("app", app_messages()),
        ("location", location_messages()),
        ("console", console_messages()),
        ("contact", contact_messages()),
        ("reasons", reason_messages()),
        ("changes", change_messages()),
        ("sentences", sentence_messages()),
        ("mail", mail_messages()),
    ],
)
def test_every_message_is_translated(language: str, part: str, messages: dict[Said, str]) -> None:
    spoken = words(language, part)
    missing = {text: place for (context, text), place in messages.items() if not spoken.has(text, context)}
    assert missing == {}


@pytest.mark.parametrize(
    ("part", "messages"),
    [
        ("reports", report_messages()),
        ("app", app_messages()),
        ("location", location_messages()),
        ("console", console_messages()),
        ("contact", contact_messages()),
        ("reasons", reason_messages()),
        ("changes", change_messages()),
        ("sentences", sentence_messages()),
        ("mail", mail_messages()),
    ],
)
def test_no_translation_is_kept_for_a_message_that_nobody_says(part: str, messages: dict[Said, str]) -> None:
    catalog = read_po(BytesIO((PACKAGE / f"text/catalogs/de/{part}.po").read_bytes()))
    kept = {(m.context, m.id[0] if isinstance(m.id, tuple) else m.id) for m in catalog if m.id}
    assert kept - set(messages) == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_a_translation_fills_in_the_same_values(language: str, part: str) -> None:
    catalog = read_po(
        BytesIO((PACKAGE / f"text/catalogs/{language}/{part}.po").read_bytes()), locale=language
    )
    wrong = {}
    for message in catalog:
        if not message.id:
            continue
        english = [message.id] if isinstance(message.id, str) else list(message.id)
        wanted = {found for each in english for found in PLACEHOLDER.findall(each)}
        texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
        for text in texts:
            given = set(PLACEHOLDER.findall(text))
            # "One event" and "two events" are words of their own in Arabic and need no number.
            if given - wanted or (wanted - given) - {"%(n)s"}:
                wrong[english[0]] = text
    assert wrong == {}


def test_arabic_has_six_ways_to_count() -> None:
    arabic = words("ar", "console")
    said = {arabic.ngettext("%(n)s event came in.", "%(n)s events came in.", n) for n in ARABIC_NUMBERS}
    assert len(said) >= 5


def test_a_language_with_its_market_is_the_language() -> None:
    assert words("de-AT").gettext("Members") == words("de").gettext("Members") == "Mitglieder"


def test_an_unknown_language_and_an_unknown_message_fall_back_to_english() -> None:
    assert words("tlh").gettext("Members") == "Members"
    assert words("de").gettext("Nobody translated this") == "Nobody translated this"
    assert words("de").ngettext("one thing", "many things", 1) == "one thing"
    assert words("de").ngettext("one thing", "many things", 5) == "many things"
