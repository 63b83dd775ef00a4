"""The way out: one click of a mail program without cookie, a button for people, and nothing by looking."""

import pytest
from tests.web.contact.conftest import ADA, Letterbox, fields_of, ticked

from guerdon.channels.email.unsubscribing import BODY
from guerdon.store.messages.reach import lock_reach, renew_links
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES

ABOUT = "offers|email"
FORM = "application/x-www-form-urlencoded"


def test_one_click_withdraws_at_once_without_cookie_token_or_redirect(box: Letterbox) -> None:
    box.enroll()
    box.choose(box.link("preferences"), "service|email", "service|push", "offers|email", "offers|sms")
    answer = box.mailer().post(box.link("unsubscribe", about=ABOUT), BODY, content_type=FORM)
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Location" not in answer
    assert box.stands() == {("offers", "email"): "withdrawn", ("offers", "sms"): "given"}
    assert box.said()[-1] == (
        *("offers", "email", "withdrawn", "one_click"),
        *(show("mem", ADA), 1, "en", "unsubscribe"),
    )
    assert ticked(box.get(box.link("preferences"))) == ["service|email", "service|push", "offers|sms"]


def test_one_click_is_understood_as_a_form_of_parts_and_said_again_it_is_done_already(box: Letterbox) -> None:
    box.enroll()
    link = box.link("unsubscribe", about=ABOUT)
    name, _, said = BODY.partition("=")
    assert box.mailer().post(link, {name: said}).status_code == 200
    before = box.standing()
    assert box.mailer().post(link, {name: said}).status_code == 200
    assert box.standing() == before
    assert box.stands() == {("offers", "email"): "withdrawn"}


def test_looking_changes_nothing_and_shows_one_button(box: Letterbox) -> None:
    box.enroll()
    link = box.link("unsubscribe", about=ABOUT)
    before = box.standing()
    shown = box.get(link)
    assert box.client.head(link).status_code == 200
    # A scanner that follows a link with what one click would say still only looks.
    box.get(f"{link}?{BODY}&act=stop")
    # And a form of nothing says nothing.
    assert box.client.post(link, {}).status_code == 200
    assert box.client.post(link, {"List-Unsubscribe": "Maybe"}).status_code == 200
    assert box.standing() == before
    assert shown.count("<button") == 1
    assert "csrfmiddlewaretoken" not in shown
    assert not box.client.get(link).cookies


def test_the_button_withdraws_says_so_and_leads_to_all_choices(box: Letterbox) -> None:
    box.enroll()
    link = box.link("unsubscribe", about=ABOUT)
    # Without a cookie, and without a token: the link is the authority.
    answer = box.mailer().post(link, {"act": "stop"}, headers={"sec-fetch-site": "same-origin"})
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "Nothing more of this is sent to you" in shown
    assert "<button" not in shown
    assert box.stands() == {("offers", "email"): "withdrawn"}
    assert box.said()[0][3] == "page"
    onward = shown.partition('href="/p/')[2].partition('"')[0]
    assert f"/p/{onward}" == box.link("preferences")
    assert ABOUT not in ticked(box.get(f"/p/{onward}"))
    assert "Nothing more of this" in box.get(link)


def test_a_service_message_is_left_by_the_same_way(box: Letterbox) -> None:
    box.enroll()
    box.mailer().post(box.link("unsubscribe", about="service|email"), BODY, content_type=FORM)
    assert box.stands() == {("service", "email"): "withdrawn"}


def test_a_topic_that_is_gone_is_left_all_the_same(box: Letterbox) -> None:
    box.enroll()
    link = box.link("unsubscribe", about="spring_news|sms")
    assert "Spring news" in box.get(link)
    assert box.mailer().post(link, BODY, content_type=FORM).status_code == 200
    assert box.stands() == {("spring_news", "sms"): "withdrawn"}


def test_bad_old_and_mistyped_links_are_one_answer_and_do_nothing(box: Letterbox) -> None:
    box.enroll()
    good = box.link("unsubscribe", about=ABOUT)
    with box.house.working() as tx:
        lock_reach(tx, box.house.program_id, [ADA])
        renew_links(tx, box.house.program_id, ADA)
    place = len(good) // 2
    others = [
        *(
            "/u/",
            "/u/nothing",
            good[:-1],
            good[:place] + ("7" if good[place] != "7" else "8") + good[place + 1 :],
        ),
        box.link("preferences").replace("/p/", "/u/"),
        *(box.link("unsubscribe", about=about) for about in ("", "offers", "offers|pigeon", "|email")),
        box.link("unsubscribe", 8, ABOUT),
    ]
    before = box.standing()
    answers = set()
    for link in (good, *others):
        for answer in (
            box.mailer().get(link),
            box.mailer().post(link, BODY, content_type=FORM),
            box.mailer().post(link, {"act": "stop"}),
        ):
            assert answer.status_code == 404, link
            answers.add(answer.content)
    assert len(answers) == 1
    assert box.standing() == before


def test_another_site_needs_the_link_and_with_it_is_refused_as_well(box: Letterbox) -> None:
    # Nothing of the reader's goes along with the form, so a site that has no link can do nothing.
    box.enroll()
    link = box.link("unsubscribe", about=ABOUT)
    before = box.standing()
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        assert box.mailer().post(link, {"act": "stop"}, headers=headers).status_code == 403
        assert box.mailer().post("/u/anything", {"act": "stop"}, headers=headers).status_code == 403
    assert box.standing() == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_members_language(box: Letterbox, language: str) -> None:
    box.enroll(language=language)
    shown = box.get(box.link("unsubscribe", about=ABOUT))
    assert f'<html lang="{language}"' in shown
    assert box.program.topics["offers"].name[language] in shown
    assert ("Stop these messages?" in shown) == (language == "en")
    assert fields_of(shown, "csrfmiddlewaretoken") == []
