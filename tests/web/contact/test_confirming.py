"""Confirming: the link that went to an address shows the words, and a form keeps that they are agreed to."""

import pytest
from tests.web.contact.conftest import ADA, Letterbox, fields_of, ticked

from guerdon.store.messages.reach import lock_reach, renew_links
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES


@pytest.fixture
def asked(box: Letterbox) -> Letterbox:
    """Ada agreed to offers by e-mail, in a market that wants it confirmed."""
    box.enroll(market="DE")
    box.choose(box.link("preferences"), "service|email", "service|push", "offers|email")
    assert box.stands() == {("offers", "email"): "asked"}
    return box


def confirm(box: Letterbox, link: str) -> str:
    form = {"csrfmiddlewaretoken": fields_of(box.get(link), "csrfmiddlewaretoken")[0]}
    answer = box.client.post(link, form)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_looking_shows_the_words_and_confirms_nothing(asked: Letterbox) -> None:
    link, before = asked.confirming(), asked.standing()
    shown = asked.get(link)
    assert "I want offers of Nordlys by e-mail." in shown
    assert shown.count("<button") == 1
    assert asked.client.head(link).status_code == 200
    assert asked.standing() == before


def test_the_form_confirms_and_what_was_asked_holds(asked: Letterbox) -> None:
    link = asked.confirming()
    assert "Thank you, it is confirmed" in confirm(asked, link)
    assert asked.stands() == {("offers", "email"): "confirmed"}
    assert asked.said()[-1] == (
        *("offers", "email", "confirmed", "confirmed"),
        *(show("mem", ADA), 1, "en", "confirm"),
    )
    one, other = asked.house.rows("select text_sha from consents order by id")
    assert one == other
    assert one != (None,)
    assert "offers|email" in ticked(asked.get(asked.link("preferences")))
    # Opened again it says what it came to, and is asked no more.
    shown = asked.get(link)
    assert "Thank you, it is confirmed" in shown
    assert "<button" not in shown


def test_what_was_withdrawn_since_is_not_confirmed(asked: Letterbox) -> None:
    link = asked.confirming()
    token = fields_of(asked.get(link), "csrfmiddlewaretoken")[0]
    asked.choose(asked.link("preferences"), act="stop")
    before = asked.standing()
    answer = asked.client.post(link, {"csrfmiddlewaretoken": token}).content.decode()
    assert "There is nothing to confirm any more" in answer
    assert "<button" not in answer
    assert asked.standing() == before
    assert asked.stands()["offers", "email"] == "withdrawn"


def test_old_and_foreign_links_are_one_answer(asked: Letterbox) -> None:
    good = asked.confirming()
    token = fields_of(asked.get(good), "csrfmiddlewaretoken")[0]
    asked.enroll(8, "DE")
    others = [
        *("/c/", "/c/nothing", good[:-1], asked.link("confirm"), asked.link("confirm", about="77")),
        *(asked.link("confirm", about=f"offers|email|{said}") for said in ("", "77", "9" * 60, "x")),
        asked.link("preferences").replace("/p/", "/c/"),
        # Another member's link to the same consent.
        asked.confirming(8),
    ]
    with asked.house.working() as tx:
        lock_reach(tx, asked.house.program_id, [ADA])
        renew_links(tx, asked.house.program_id, ADA)
    before = asked.standing()
    answers = set()
    for link in (good, *others):
        for answer in (asked.client.get(link), asked.client.post(link, {"csrfmiddlewaretoken": token})):
            assert answer.status_code == 404, link
            answers.add(answer.content)
    assert len(answers) == 1
    assert asked.standing() == before


def test_a_form_without_its_token_is_refused(asked: Letterbox) -> None:
    before = asked.standing()
    assert asked.client.post(asked.confirming(), {}).status_code == 403
    assert asked.client.post(asked.link("preferences"), {"act": "stop"}).status_code == 403
    assert asked.standing() == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_members_language(box: Letterbox, language: str) -> None:
    box.enroll(market="DE", language=language)
    box.choose(box.link("preferences"), "service|email", "service|push", "offers|email")
    shown = box.get(box.confirming())
    assert f'<html lang="{language}"' in shown
    agreement = box.program.topics["offers"].agreement
    assert agreement is not None
    assert agreement[language].partition("{{channel}}")[0] in shown
    assert ("Confirm what you agreed to" in shown) == (language == "en")
