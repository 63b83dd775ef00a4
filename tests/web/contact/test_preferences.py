"""The preference center: what holds is shown, what was changed is written with its words, and no more."""

import re
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from tests.web.contact.conftest import ADA, Letterbox, fields_of, ticked

from guerdon.store.messages.reach import lock_reach, renew_links
from guerdon.store.messages.suppressions import address_mark, lift, suppress
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

OFFERS_MAIL, OFFERS_SMS = "offers|email", "offers|sms"
SERVICE = ["service|email", "service|push"]
AGREED = "I want offers of Nordlys by SMS."


def test_whoever_said_nothing_has_service_and_no_offers(box: Letterbox) -> None:
    box.enroll()
    shown = box.get(box.link("preferences"))
    assert ticked(shown) == SERVICE
    assert fields_of(shown, "on") == [*SERVICE, OFFERS_MAIL, OFFERS_SMS]
    assert AGREED in shown
    assert "I want offers of Nordlys by e-mail." in shown
    assert "Always there when you open the app" in shown
    assert shown.count("Not agreed to") == 2


def test_opening_it_changes_nothing(box: Letterbox) -> None:
    box.enroll()
    before = box.standing()
    for link in (box.link("preferences"), f"{box.link('preferences')}?act=stop&on={OFFERS_SMS}"):
        box.get(link)
        assert box.client.head(link).status_code == 200
    assert box.standing() == before


def test_what_is_ticked_is_agreed_to_by_the_words_that_were_shown(box: Letterbox) -> None:
    box.enroll()
    link = box.link("preferences")
    answer = box.choose(link, *SERVICE, OFFERS_SMS)
    assert answer.status_code == 200
    assert "Offers, SMS: this is sent to you from now on." in answer.content.decode()
    assert box.said() == [("offers", "sms", "given", "page", show("mem", ADA), 1, "en", "preferences")]
    ((sha, mark),) = box.house.rows("select text_sha, network_mark from consents")
    assert sha == sha256(AGREED.encode()).digest()
    # This machine's own address is a proxy's: it tells nobody from another.
    assert mark is None
    shown = box.get(link)
    assert ticked(shown) == [*SERVICE, OFFERS_SMS]
    assert "Agreed to on" in shown


def test_after_stop_the_page_does_not_say_that_text_messages_come(box: Letterbox) -> None:
    box.enroll()
    link = box.link("preferences")
    box.choose(link, *SERVICE, OFFERS_SMS)
    program_id, said = box.house.program_id, "None comes since you answered STOP on"
    mark = address_mark(box.house.vault, program_id, "sms", f"+4915112345{ADA:03}")
    for reason, shows in (("bounce", False), ("stop", True)):
        with box.house.working() as tx:
            suppress(tx, program_id, "sms", {mark: reason}, utc_now())
        assert (said in box.get(link)) == shows, reason
    with box.house.working() as tx:
        assert lift(tx, program_id, "sms", mark, "stop")
    assert said not in box.get(link)


def test_only_what_was_changed_is_written(box: Letterbox) -> None:
    box.enroll()
    link = box.link("preferences")
    box.choose(link, *SERVICE, OFFERS_SMS)
    before = box.standing()
    assert "Nothing was changed." in box.choose(link, *SERVICE, OFFERS_SMS).content.decode()
    assert box.standing() == before
    answer = box.choose(link, "service|email", OFFERS_SMS, OFFERS_MAIL).content.decode()
    assert "Your rewards, Push notification: nothing more is sent." in answer
    assert box.stands() == {
        ("offers", "sms"): "given",
        ("offers", "email"): "given",
        ("service", "push"): "withdrawn",
    }
    assert "Off since" in box.get(link)
    box.choose(link, *SERVICE)
    assert box.stands() == {
        ("offers", "sms"): "withdrawn",
        ("offers", "email"): "withdrawn",
        ("service", "push"): "given",
    }
    assert {row[4] for row in box.said()} == {show("mem", ADA)}


def test_an_old_page_agrees_to_nothing_but_stops(box: Letterbox) -> None:
    box.enroll()
    link = box.link("preferences")
    old = box.get(link)
    box.choose(link, *SERVICE, OFFERS_SMS)
    box.choose(link, *SERVICE)
    # It was agreed to and withdrawn since: the page that shows it as never agreed to gives it no more.
    answer = box.choose(link, *SERVICE, OFFERS_SMS, page=old)
    assert answer.status_code == 409
    assert "Something changed while this page was open." in answer.content.decode()
    assert box.stands()["offers", "sms"] == "withdrawn"
    # What is to be stopped is stopped by a page of any age.
    assert box.choose(link, "service|push", page=old).status_code == 200
    assert box.stands()["service", "email"] == "withdrawn"


def test_words_that_were_not_shown_are_not_agreed_to(box: Letterbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from guerdon.web.rooms import room  # noqa: PLC0415

    box.enroll()
    link = box.link("preferences")
    old = box.get(link)
    offers = replace(box.program.topics["offers"], agreement={"en": "I want all there is by {{channel}}."})
    rewritten = replace(box.program, topics={**box.program.topics, "offers": offers})
    monkeypatch.setattr(room(), "programs", lambda: {box.house.program_id: rewritten})
    answer = box.choose(link, *SERVICE, OFFERS_SMS, page=old)
    assert answer.status_code == 409
    assert "I want all there is by SMS." in answer.content.decode()
    assert box.said() == []


def test_a_form_says_nothing_of_what_its_page_did_not_show(box: Letterbox) -> None:
    box.enroll()
    link = box.link("preferences")
    shown = box.get(link)
    form = {
        "csrfmiddlewaretoken": fields_of(shown, "csrfmiddlewaretoken")[0],
        "on": [OFFERS_SMS, "other|email"],
    }
    for sent in ([], ["offers|sms"], ["|||", "offers|sms|0||00", "x" * 500, "offers|sms|-1||"]):
        answer = box.client.post(link, {**form, "shown": sent})
        assert answer.status_code in (200, 409)
    assert box.said() == []


def test_all_offers_stop_at_once_and_what_was_never_asked_too(box: Letterbox) -> None:
    box.enroll()
    link = box.link("preferences")
    box.choose(link, *SERVICE, OFFERS_SMS)
    assert "All offers are stopped." in box.choose(link, act="stop").content.decode()
    stands = box.stands()
    assert {state for _, state in stands.items()} == {"withdrawn"}
    assert {topic for topic, _ in stands} == {"offers", "marketing"}
    # Also where nothing was ever asked: it is an objection to what a sale would allow.
    assert {channel for topic, channel in stands if topic == "offers"} >= {"email", "sms"}
    shown = box.get(link)
    assert ticked(shown) == SERVICE
    assert "Stop all offers" not in shown
    before = box.standing()
    box.choose(link, act="stop", page=shown)
    assert box.standing() == before


def test_where_an_address_has_to_confirm_it_waits(box: Letterbox) -> None:
    box.enroll(market="DE")
    link = box.link("preferences")
    answer = box.choose(link, *SERVICE, OFFERS_MAIL, OFFERS_SMS).content.decode()
    assert "Offers, E-mail: we sent you a link." in answer
    assert "Offers, SMS: this is sent to you from now on." in answer
    assert box.stands() == {("offers", "email"): "asked", ("offers", "sms"): "given"}
    assert "Waits since" in box.get(link)
    assert box.house.rows("select channel from outbox") == [("email",)]


def test_whoever_has_no_address_is_told(box: Letterbox) -> None:
    box.enroll(market="DE", mail=False)
    answer = box.choose(box.link("preferences"), *SERVICE, OFFERS_MAIL)
    assert "Offers, E-mail: we have no address of yours for this." in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    assert box.said() == []


def test_after_a_sale_one_says_no_by_taking_the_tick_away(box: Letterbox) -> None:
    box.enroll(market="SE")
    link = box.link("preferences")
    assert OFFERS_MAIL not in ticked(box.get(link))
    box.house.reward(ADA, at=utc_now() - timedelta(days=2))
    shown = box.get(link)
    assert set(ticked(shown)) == {*SERVICE, OFFERS_MAIL, OFFERS_SMS}
    assert shown.count("Sent since you bought something on") == 2
    # A box that we ticked is nobody's consent: leaving it as it is says nothing.
    box.choose(link, *SERVICE, OFFERS_MAIL, OFFERS_SMS)
    assert box.said() == []
    box.choose(link, *SERVICE, OFFERS_SMS)
    assert box.stands() == {("offers", "email"): "withdrawn"}


def test_a_link_of_an_old_generation_a_forged_and_a_mistyped_one_are_one_answer(box: Letterbox) -> None:
    box.enroll()
    good = box.link("preferences")
    # Past what a token may say otherwise for the same letters (crockford folds some), a letter is another.
    place = len(good) // 2
    swapped = good[:place] + ("7" if good[place] != "7" else "8") + good[place + 1 :]
    others = [
        *("/p/", "/p/nothing", "/p/a/b\nc", swapped, good[:-1], f"{good}0"),
        box.link("unsubscribe", about=OFFERS_MAIL).replace("/u/", "/p/"),
        box.link("inbox").replace("/n/", "/p/"),
        box.link("preferences", 8),
    ]
    assert box.client.get(good).status_code == 200
    with box.house.working() as tx:
        lock_reach(tx, box.house.program_id, [ADA])
        renew_links(tx, box.house.program_id, ADA)
    before = box.standing()
    token = fields_of(box.get(box.link("preferences")), "csrfmiddlewaretoken")[0]
    answers = set()
    for link in (good, *others):
        asked = box.client.get(link)
        sent = box.client.post(link, {"csrfmiddlewaretoken": token, "act": "stop"})
        assert (asked.status_code, sent.status_code) == (404, 404), link
        answers |= {asked.content, sent.content}
    assert len(answers) == 1
    assert box.standing() == before


def test_a_member_of_another_program_is_not_reached(box: Letterbox) -> None:
    from guerdon.values.links import KEY_PURPOSE, member_token  # noqa: PLC0415

    box.enroll()
    key = box.house.vault.key(KEY_PURPOSE)
    other = member_token(key, "preferences", box.house.program_id + 1, ADA, 0)
    assert box.client.get(f"/p/{other}").status_code == 404


def test_who_tries_links_that_never_were_has_to_wait(box: Letterbox) -> None:
    from guerdon.web.rooms import WRONG_LINKS_MAX  # noqa: PLC0415

    box.enroll()
    good = box.link("preferences")
    for n in range(WRONG_LINKS_MAX):
        assert box.client.get(f"/p/nothing{n}", REMOTE_ADDR="8.8.8.8").status_code == 404
    answer = box.client.get(good, REMOTE_ADDR="8.8.8.8")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60
    assert box.client.get(good, REMOTE_ADDR="9.9.9.9").status_code == 200
    # The way out stays open: a mail provider asks for many of its readers from one network.
    out = box.link("unsubscribe", about=OFFERS_MAIL)
    assert box.client.get(out, REMOTE_ADDR="8.8.8.8").status_code == 200
    assert box.client.get("/u/nothing", REMOTE_ADDR="8.8.8.8").status_code == 429


def test_where_it_came_from_is_kept_as_a_keyed_hash(box: Letterbox) -> None:
    box.enroll()
    link = box.link("preferences")
    shown = box.get(link)
    form = {"csrfmiddlewaretoken": fields_of(shown, "csrfmiddlewaretoken")[0], "act": "save"}
    form |= {"shown": fields_of(shown, "shown"), "on": [*SERVICE, OFFERS_SMS]}  # type: ignore[dict-item]
    box.client.post(link, form, REMOTE_ADDR="8.8.8.8")
    ((mark,),) = box.house.rows("select network_mark from consents")
    assert isinstance(mark, bytes)
    assert len(mark) == 32
    assert b"8.8.8.8" not in mark


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_members_language(box: Letterbox, language: str) -> None:
    box.enroll(language=language)
    shown = box.get(box.link("preferences"))
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in shown
    agreement = box.program.topics["offers"].agreement
    assert agreement is not None
    begins, _, ends = agreement[language].partition("{{channel}}")
    said = re.findall(re.escape(begins) + "(.+?)" + re.escape(ends), shown)
    assert len(set(said)) == 2
    box.choose(box.link("preferences"), *SERVICE, OFFERS_MAIL, page=shown)
    ((kept, sha),) = box.house.rows("select language, text_sha from consents")
    assert kept == language
    assert sha == sha256(f"{begins}{said[0]}{ends}".encode()).digest()
