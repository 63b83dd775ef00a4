"""The inbox without script: who it opens for, what it lists, where its notices lead."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from tests.web.inbox.conftest import Inbox

from guerdon.program.catalog.nouns import Catalog, ClaimLinks
from guerdon.program.messages.nouns import Extra, Message, OwnText
from guerdon.store.persons import Person, record_persons, seal_person
from guerdon.values.claims import KEY_PURPOSE, claim_token, read_claim
from guerdon.values.clock import utc_now
from guerdon.values.money import Money
from guerdon.values.texts import text_in
from guerdon.web.rooms import room

LANGUAGES = ("en", "es", "de", "fr", "ar", "id")


def titles_of(page: str) -> list[str]:
    """Of the notices that are shown; the empty form of one has none."""
    found = [each.partition("</strong>")[0] for each in page.split("<strong>")[1:]]
    return [each for each in found if each]


def test_a_link_shows_a_button_and_its_form_opens_the_inbox_here(inbox: Inbox) -> None:
    house = inbox.post.house
    house.enroll(7)
    inbox.post.to(7, reward_id=house.reward(7, at=utc_now()))
    assert inbox.get().status_code == 404
    shown = inbox.text(inbox.link(7))
    assert "€200" not in shown
    assert inbox.get().status_code == 404
    inbox.open(7)
    cookie = inbox.door.client.cookies["inbox"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/inbox")
    # The cookie is no link, and nothing of it is the link's.
    assert cookie.value not in inbox.link(7)
    page = inbox.text()
    assert "Your €200 reward is ready" in page
    # Looking changes nothing, and a page that is kept shows no way into a reward.
    assert "/r/" not in page
    assert house.rows("select from inapp where seen_at is not null") == []


def test_what_is_no_link_of_an_inbox_opens_none(inbox: Inbox) -> None:
    post = inbox.post
    post.house.enroll(7)
    reward = post.house.reward(7)
    claim = inbox.door.link(7, reward).removeprefix("/r/")
    missing = inbox.get("/n/garbled").content
    for token in (
        post.token(7, "preferences"),
        post.token(7, "unsubscribe", "service|email"),
        post.token(7, about="browser"),
        post.token(7, generation=1),
        claim,
    ):
        answer = inbox.get(f"/n/{token}")
        assert answer.status_code == 404, token
        assert answer.content == missing
        assert inbox.send(f"/n/{token}", onto=inbox.link(7)).status_code == 404
        assert "inbox" not in inbox.door.client.cookies
    # And that of an inbox opens no reward.
    assert inbox.get(f"/r/{post.token(7)}").status_code == 404


def test_links_that_went_on_close_the_inbox_in_every_browser(inbox: Inbox) -> None:
    inbox.post.house.enroll(7)
    inbox.post.to(7)
    inbox.open(7)
    assert inbox.get().status_code == 200
    inbox.post.end_links(7)
    assert inbox.get().status_code == 404
    assert inbox.get(inbox.link(7)).status_code == 404
    for path, fields in (("/inbox/seen", {"until": "1"}), ("/inbox/follow", {"position": "1"})):
        assert inbox.send(path, onto="/r/x", **fields).status_code in {403, 404}
    assert inbox.post.house.rows("select from inapp where seen_at is not null") == []


def test_days_the_newest_first_and_what_is_new(inbox: Inbox) -> None:
    house, post = inbox.post.house, inbox.post
    house.enroll(7)
    house.enroll(8)
    rewards = [house.reward(7, value=Money(amount, "EUR"), at=utc_now()) for amount in (1100, 2200, 3300)]
    for reward in rewards:
        post.to(7, reward_id=reward)
    post.to(8, reward_id=house.reward(8, value=Money(9900, "EUR"), at=utc_now()))
    with psycopg.connect(house.url, autocommit=True) as owner:
        owner.execute("update guerdon.inapp set created_at = '2026-01-31T23:30Z' where position = 1")
    inbox.open(7)
    page = inbox.text()
    places = [page.index(f"Your €{amount} reward") for amount in (33, 22, 11)]
    assert places == sorted(places)
    assert "€99" not in page
    # By the member's own calendar it was the next day.
    assert page.index("<h2>1 Feb 2026</h2>") > places[1]
    assert page.count("data-new") == 3 + 1, "each, and the empty form of one"
    inbox.send("/inbox/seen", onto="/inbox", position="3")
    assert inbox.text().count("data-new") == 2 + 1
    answer = inbox.send("/inbox/seen", onto="/inbox", until="3")
    assert (answer.status_code, answer["Location"]) == (303, "/inbox")
    assert inbox.text().count("data-new") == 1
    assert house.rows("select member_id, count(seen_at) from inapp group by 1 order by 1") == [(7, 3), (8, 0)]


def test_earlier_ones_are_leafed_to(inbox: Inbox) -> None:
    house, post = inbox.post.house, inbox.post
    house.enroll(7)
    assert "Noch keine" not in inbox.get(inbox.link(7)).content.decode()
    inbox.open(7)
    assert 'id="inbox-empty">' in inbox.text()
    post.to(*[7] * 51)
    page = inbox.text()
    assert 'id="n51"' in page
    assert 'id="n1"' not in page
    assert 'href="/inbox?before=2"' in page
    earlier = inbox.text("/inbox?before=2")
    assert 'id="n1"' in earlier
    assert 'id="n2"' not in earlier
    # It is no page that goes on by itself.
    assert "data-live" not in earlier
    for odd in ("-1", "x", "9" * 40):
        assert 'id="n51"' in inbox.text(f"/inbox?before={odd}")


def test_a_notice_leads_to_its_reward_by_a_link_made_then(inbox: Inbox) -> None:
    house = inbox.post.house
    house.enroll(7)
    reward = house.reward(7, at=utc_now())
    kept, lost = inbox.post.to(7, 7, reward_id=reward)
    inbox.post.take_back(lost)
    inbox.open(7)
    answer = inbox.send("/inbox/follow", onto="/inbox", position="1")
    assert answer.status_code == 303
    token = answer["Location"].removeprefix("/r/")
    claimed = read_claim(house.vault.key(KEY_PURPOSE), house.program_id, token)
    assert claimed is not None
    assert claimed[:2] == (7, reward)
    assert inbox.get(answer["Location"]).status_code == 200
    assert house.rows("select id from inapp where opened_at is not null") == [(kept,)]
    # What was taken back, what is another's and what there is not leads back.
    for position in ("2", "9", "", "-1"):
        assert inbox.send("/inbox/follow", onto="/inbox", position=position)["Location"] == "/inbox", position


def test_where_links_end_the_one_of_a_notice_tells_its_day(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = inbox.post.house
    house.enroll(7)
    program = replace(house.program, catalog=Catalog(claim_links=ClaimLinks(open_days=3)))
    monkeypatch.setattr(room(), "programs", lambda: {house.program_id: program})
    reward = house.reward(7, at=utc_now())
    inbox.post.to(7, reward_id=reward)
    inbox.open(7)
    answer = inbox.send("/inbox/follow", onto="/inbox", position="1")
    key, today = house.vault.key(KEY_PURPOSE), utc_now().date()
    assert answer["Location"] == f"/r/{claim_token(key, house.program_id, 7, reward, today)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_is_said_in_the_members_language_of_now(inbox: Inbox, language: str) -> None:
    house = inbox.post.house
    house.enroll(7, language="en")
    reward = house.reward(7, at=utc_now())
    texts = ("reward_ready", "reward_earned", "reward_taken_back", "reward_waiting", "reward_expiring")
    for message in texts:
        inbox.post.to(7, message=message, reward_id=reward)
    inbox.open(7)
    english = inbox.text()
    with house.working() as tx:
        tx.execute("update members set language = %s", (language,))
    page = inbox.text()
    assert (titles_of(page) == titles_of(english)) is (language == "en")
    assert f'lang="{language}"' in page
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in page
    # Five titles, none of which is the program's name, which stands for what cannot be written.
    titles = titles_of(page)
    assert len(set(titles)) == 5
    assert text_in(house.program.name, language) not in titles


def test_what_was_used_since_or_has_ended_offers_nothing_to_choose(inbox: Inbox) -> None:
    house = inbox.post.house
    house.enroll(7)
    inbox.post.to(7, reward_id=house.reward(7, at=utc_now() - timedelta(days=200), days=90))
    inbox.open(7)
    page = inbox.text()
    assert "Show your reward" in page
    assert "Choose your reward" not in page
    assert "Yours until" not in page


def test_a_text_of_the_programs_own_is_written_with_what_is_known_of_its_reader(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = inbox.post.house
    house.enroll(7, language="de")
    with house.working() as tx:
        person = Person("<b>Ada</b>", "ada@example.com", "")
        record_persons(tx, house.program_id, [seal_person(house.vault, house.program_id, 7, person)])
    own = OwnText(
        headline={
            "en": "{{#if member.name}}{{member.name}}, {{/if}}look",
            "de": "{{#if member.name}}{{member.name}}, {{/if}}schau",
        },
        body={"en": "One.\n\nTwo.", "de": "Eins.\n\nZwei{{#if reward.ends}} bis {{reward.ends}}{{/if}}."},
        button={"en": "Look", "de": "Ansehen"},
        link="https://www.nordlys.example/spring",
        extra=(Extra("text", {"en": "Three.", "de": "Drei."}),),
    )
    said = Message("spring", ("inapp",), "service", facts=("member.name", "reward.ends"), own=own)
    broken = Message(
        "broken", ("inapp",), "service", facts=("balance.value",), own=OwnText({"en": "{{balance.value}}"})
    )
    program = replace(
        house.program, messages={"spring": said, "broken": broken}, links=("www.nordlys.example",)
    )
    monkeypatch.setattr(room(), "program", lambda _: program)
    monkeypatch.setattr(room(), "playbook", lambda *_: None)
    inbox.post.to(7, message="spring", reward_id=house.reward(7, at=utc_now(), days=10))
    inbox.post.to(7, message="broken")
    inbox.open(7)
    page = inbox.text()
    assert titles_of(page)[1] == "&lt;b&gt;Ada&lt;/b&gt;, schau"
    for paragraph in ("<p>Eins.</p>", "<p>Drei.</p>"):
        assert paragraph in page
    assert 'href="https://www.nordlys.example/spring" rel="noopener noreferrer">Ansehen</a>' in page
    # What cannot be written says whose it is, and hides nothing else.
    assert titles_of(page)[0] == text_in(house.program.name, "de")


def test_a_member_who_is_not_there_any_more_has_no_inbox(inbox: Inbox) -> None:
    inbox.open(99)
    assert inbox.get().status_code == 404
