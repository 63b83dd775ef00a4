"""Letters in a program's own words: every channel's form, safe, whole or not at all."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape

import pytest
from tests.channels.test_mails import Tags

from guerdon.program.messages.nouns import Extra, OwnText, Push
from guerdon.text.letters import (
    Mail,
    Notice,
    Own,
    PushText,
    WayOut,
    write_own_inapp,
    write_own_mail,
    write_own_push,
    write_own_sms,
)
from guerdon.text.letters.samples import MARKETING_WAYS
from guerdon.text.templating import Amount, Links, Mistake, Reader, Value
from guerdon.values.texts import LANGUAGES

URL = "https://rewards.example/r/0123456789/catalog"
TEXT = OwnText(
    headline={"en": "{{#if member.name}}{{member.name}}, {{/if}}spring is here", "de": "Der Frühling ist da"},
    subject_line={"en": "Spring & more", "de": "Frühling & mehr"},
    preheader={"en": "By the sea", "de": "Am Meer"},
    body={
        "en": "You have {{balance.value}}.\nReally.\n\nSee {{link}}",
        "de": "Sie haben {{balance.value}}. {{link}}",
    },
    button={"en": "Look", "de": "Ansehen"},
    link="catalog",
    extra=(
        Extra("offer", {"en": "One for <b>two</b>.\n\nOnly now.", "de": "Einer für zwei."}),
        Extra("referral", {"en": "Bring a friend.", "de": "Bringen Sie jemanden mit."}),
    ),
)
VALUES: Mapping[str, Value | None] = {
    "member.name": "Zoë",
    "balance.value": Amount(20_000, "EUR", 2),
    "link": URL,
}
OWN = Own(
    words=TEXT,
    program="Nordlys Circle",
    facts=frozenset({"member.name", "balance.value", "link"}),
    values=VALUES,
    reader=Reader("en", "IE", "Europe/Dublin"),
    links=Links(frozenset({"www.nordlys.example"}), "https://rewards.example"),
    url=URL,
)


def mail(own: Own = OWN) -> Mail:
    written = write_own_mail(own, MARKETING_WAYS)
    assert isinstance(written, Mail), written
    return written


def test_all_slots_stand_in_both_forms_in_their_order() -> None:
    written = mail()
    assert written.subject == "Spring & more"
    # Without the tags, as spaces between the words of both forms may differ.
    shown = unescape(re.sub("<[^>]+>", "", written.html.partition("<body")[2]))
    order = (
        "spring is here",
        "You have €200.",
        "See https://rewards.example",
        "Look",
        "Only now.",
        "Bring a",
    )
    for text in (shown, written.text):
        places = [text.find(each) for each in order]
        assert -1 not in places, text
        assert places == sorted(places)
    assert written.text.startswith("Zoë, spring is here\n\nYou have €200.\nReally.\n\nSee ")
    assert "<bdi>€200</bdi>.<br>Really." in written.html
    assert "By the sea" in written.html
    assert "You receive this e-mail as a member of Nordlys Circle." in written.text
    assert "advertising" not in written.text
    assert [link["href"] for link in Tags(written.html).of("a")] == [
        *(URL, URL, URL),
        *(MARKETING_WAYS.preferences_url, MARKETING_WAYS.unsubscribe_url),
    ]


def test_an_authors_tags_are_words() -> None:
    assert "b" not in {tag for tag, _ in Tags(mail().html).found}
    assert "One for <b>two</b>." in unescape(mail().html)
    hostile = '<img src=x> {{link}} {% raw %} {{ "a" }}'
    written = mail(replace(OWN, values={**VALUES, "member.name": hostile}))
    assert "img" not in {tag for tag, _ in Tags(written.html).found}
    assert hostile in unescape(written.html)
    assert hostile in written.text


def test_without_a_name_nobody_reads_a_comma() -> None:
    nameless = mail(replace(OWN, values={**VALUES, "member.name": None}))
    assert nameless.text.startswith("spring is here\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_is_written_in_one_language(language: str) -> None:
    written = mail(replace(OWN, reader=Reader(language, "DE")))
    assert written.language == ("de" if language == "de" else "en")
    assert ("Frühling" in written.text) == (language == "de")
    assert ("200\u00a0€" in written.text) == (language == "de")
    partly = replace(TEXT, button={"en": "Look"})
    assert mail(replace(OWN, words=partly, reader=Reader(language, "DE"))).language == "en"


def test_what_cannot_be_written_is_not_written_at_all() -> None:
    missing = replace(OWN, values={**VALUES, "balance.value": None})
    astray = replace(OWN, values={**VALUES, "link": "https://evil.example/x"})
    unread = replace(OWN, facts=frozenset({"link"}))
    for own in (missing, astray, unread):
        for write in (write_own_mail, write_own_inapp, write_own_push):
            assert isinstance(write(own), Mistake)
    text = replace(TEXT, sms={"en": "{{balance.value}}"})
    assert isinstance(write_own_sms(replace(missing, words=text)), Mistake)


def test_an_sms_of_marketing_has_a_way_out_in_the_language_of_its_text() -> None:
    page = "https://rewards.example/p/0123456789"
    said = write_own_sms(OWN, WayOut(answers=False, url=page))
    assert said == f"Zoë, spring is here {URL} To stop: {page}"
    # A text that is not all in Spanish is written in English, and so is its way out.
    spanish = replace(OWN, reader=Reader("es", "ES", "Europe/Madrid"))
    assert write_own_sms(spanish, WayOut(answers=True)) == f"Zoë, spring is here {URL} To stop: answer STOP"
    german = replace(OWN, reader=Reader("de", "DE", "Europe/Berlin"))
    assert str(write_own_sms(german, WayOut(answers=True))).endswith(f"{URL} Abmelden: mit STOP antworten")


def test_an_sms_is_its_own_or_the_headline_and_the_link() -> None:
    assert write_own_sms(OWN) == f"Zoë, spring is here {URL}"
    own = replace(TEXT, sms={"en": "Nordlys \u2013 {{balance.value}}: {{link}}"})
    assert write_own_sms(replace(OWN, words=own)) == f"Nordlys - €200: {URL}"


def test_a_push_is_its_own_or_the_headline_and_the_body() -> None:
    assert write_own_push(OWN) == PushText("Zoë, spring is here", f"You have €200.\nReally.\nSee {URL}")
    own = replace(TEXT, push=Push({"en": "Spring"}, {"en": 'Say "{{balance.value}}"'}))
    assert write_own_push(replace(OWN, words=own)) == PushText("Spring", 'Say "€200"')
    bare = replace(TEXT, body=None)
    assert write_own_push(replace(OWN, words=bare)) == PushText("Zoë, spring is here", "")


def test_a_notice_has_its_blocks_and_its_button() -> None:
    written = write_own_inapp(OWN)
    assert isinstance(written, Notice)
    assert (written.title, written.button) == ("Zoë, spring is here", "Look")
    assert written.body.split("\n\n")[2:] == ["One for <b>two</b>.", "Only now.", "Bring a friend."]


def test_a_letter_that_leads_nowhere_has_no_button() -> None:
    for own in (replace(OWN, url=""), replace(OWN, words=replace(TEXT, button=None, link=None))):
        written = mail(own)
        assert "Look" not in written.text
        assert "copy this address" not in written.html
        # Nor is there a link that were the reader's alone.
        assert "forward" not in written.text
    public = mail(replace(OWN, url="https://www.nordlys.example/spring", its_own=False))
    assert "forward" not in public.text
    assert "https://www.nordlys.example/spring" in public.text


def test_a_value_that_is_empty_leaves_both_forms_whole() -> None:
    body = {"en": "One.\n\n{{program.name}}\n\nTwo."}
    own = replace(OWN, words=replace(TEXT, body=body), facts=OWN.facts | {"program.name"})
    written = mail(replace(own, values={**VALUES, "program.name": ""}))
    assert "One." in written.text
    assert "Two." in written.text
    assert "Two." in written.html


def test_values_stay_out_of_logs() -> None:
    assert "Zoë" not in repr(OWN)
    assert "0123456789" not in repr(OWN)
