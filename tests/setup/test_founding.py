"""The link by which an empty installation is begun: once, for a day, and never where anybody is."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.setup.conftest import ANN, EMAIL, HOME, PASSWORD, WISH, Empty

from guerdon.engine.beginnings.first_link import HOLDS, KEY_PURPOSE, PATH, first_token, read_first_token
from guerdon.store.sealing import Vault
from guerdon.values.clock import utc_now
from guerdon.web.masks import MaskedLinks


def staff(console: Empty) -> int:
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415  Django is prepared by then

    assert console.url
    return Staff.objects.count()


def test_whoever_has_it_begins_and_it_never_opens_again(console: Empty) -> None:
    link = console.link
    # A mail program, or somebody who looks, takes nothing.
    assert [console.client.get(link).status_code for _ in range(3)] == [200] * 3
    answer = console.post(link, ANN)
    assert (answer.status_code, answer["Location"]) == (303, "/setup")
    assert console.client.get("/setup").status_code == 200
    for again in (link, console.link):
        assert console.client.get(again).status_code == 410
        assert console.client.post(again, ANN).status_code in {403, 410}
    assert staff(console) == 1


def test_it_stays_shut_when_the_first_is_dismissed(console: Empty) -> None:
    from guerdon.web.accounts.people import dismiss_staff  # noqa: PLC0415

    console.post(console.link, ANN)
    assert dismiss_staff(EMAIL)
    assert console.client.get(console.link).status_code == 410


def test_it_stays_shut_where_a_program_is(begun: Empty) -> None:
    from guerdon.web.accounts.models import Staff, StaffSession  # noqa: PLC0415

    StaffSession.objects.all().delete()
    Staff.objects.all().delete()
    assert begun.client.get(begun.link).status_code == 410


def test_it_ends_after_a_day(console: Empty) -> None:
    key = Vault(console.secret).key(KEY_PURPOSE)
    over, nearly = (
        PATH + first_token(key, utc_now() - HOLDS + late)
        for late in (-timedelta(seconds=2), timedelta(seconds=60))
    )
    assert console.client.get(over).status_code == 410
    assert console.client.get(nearly).status_code == 200


def test_nobody_else_makes_one(console: Empty) -> None:
    token = console.link.removeprefix(PATH)
    key = Vault(console.secret).key(KEY_PURPOSE)
    other = first_token(Vault("another secret of another house!").key(KEY_PURPOSE), utc_now())
    misused = first_token(Vault(console.secret).key("claim"), utc_now())
    # Each letter of it counts, and so does how long it is.
    changed = [token[:n] + ("1" if token[n] != "1" else "2") + token[n + 1 :] for n in range(len(token) - 1)]
    wrong = [other, misused, token[:-2], token + "00", "", "x", "%00", *changed]
    assert [each for each in wrong if read_first_token(key, each) is not None] == []
    for each in (other, misused, token[:-2], changed[0], changed[-1]):
        assert console.client.get(PATH + each).status_code == 410
    assert staff(console) == 0


def test_a_network_that_guesses_has_to_wait(console: Empty, monkeypatch: pytest.MonkeyPatch) -> None:
    from guerdon.web.guesses import Guesses  # noqa: PLC0415
    from guerdon.web.setup import founding  # noqa: PLC0415

    monkeypatch.setattr(founding, "WRONG", Guesses(3, 60.0))
    assert [console.client.get(PATH + "WRONG").status_code for _ in range(4)] == [410, 410, 410, 429]
    assert console.client.get(console.link).status_code == 429


@pytest.mark.parametrize(
    ("field", "said"),
    [
        *(("email", said) for said in ("", "ann", "a@b@c", "x" * 300 + "@example.com", "a\0@example.com")),
        *(("name", said) for said in ("", " ", "x" * 200, "a\u202eb")),
        *(("password", said) for said in ("", "short", "x" * 1001)),
    ],
)
def test_what_is_wrong_is_said_and_makes_nobody(console: Empty, field: str, said: str) -> None:
    answer = console.post(console.link, {**ANN, field: said})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert staff(console) == 0


def test_of_two_at_once_one_begins(console: Empty) -> None:
    from django.db import connections  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    link = console.link

    def founds(n: int) -> int:
        client = Client(SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"})
        try:
            return client.post(link, {**ANN, "email": f"ann{n}@example.com"}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as crowd:
        answers = sorted(crowd.map(founds, range(4)))
    assert answers == [303, 410, 410, 410]
    assert staff(console) == 1


def test_without_the_box_a_second_factor_is_set_up(console: Empty) -> None:
    sent = {name: said for name, said in ANN.items() if name != "alone"}
    answer = console.post(console.link, sent)
    assert answer["Location"] == "/account/second-factor/new"
    # Half-way in is not in.
    assert console.client.get("/setup")["Location"].startswith("/account/sign-in")


def test_where_others_reach_the_console_the_box_counts_nothing(
    console: Empty, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guerdon.web.setup import founding  # noqa: PLC0415

    monkeypatch.setattr(founding, "on_loopback", lambda _: False)
    assert 'name="alone"' not in console.client.get(console.link).content.decode()
    assert console.post(console.link, ANN)["Location"] == "/account/second-factor/new"


def test_a_form_of_another_site_makes_nobody(console: Empty) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-origin"}):
        assert console.client.post(console.link, ANN, headers=headers).status_code == 403
    assert staff(console) == 0


def test_no_log_of_the_web_holds_it(console: Empty, caplog: pytest.LogCaptureFixture) -> None:
    token = console.link.removeprefix(PATH)
    caplog.handler.addFilter(MaskedLinks())
    with caplog.at_level(logging.DEBUG):
        console.post(PATH + token, {**ANN, "name": ""})
        console.post(PATH + token, ANN)
        console.client.get(PATH + token)
    assert [record.getMessage() for record in caplog.records if PATH in record.getMessage()]
    assert token not in caplog.text


def test_whoever_left_between_the_steps_signs_in_and_goes_on(console: Empty) -> None:
    console.post(console.link, ANN)
    console.client.cookies.clear()
    sent = {"email": EMAIL, "password": PASSWORD, "next": "/setup"}
    assert console.post("/account/sign-in?next=/setup", sent)["Location"] == "/setup"
    assert console.client.get("/console/")["Location"] == "/setup"


def test_the_set_up_is_for_whoever_signed_in_and_until_a_program_is_there(console: Empty) -> None:
    assert console.client.get("/setup")["Location"].startswith("/account/sign-in")
    assert console.client.post("/setup", {**WISH, "act": "publish"}).status_code == 403
    console.begin()
    assert console.client.get("/setup")["Location"] == "/console/"
    token = console.client.cookies["csrf"].value
    again = {**WISH, "key": "second", "act": "publish", "csrfmiddlewaretoken": token}
    assert console.client.post("/setup", again)["Location"] == "/console/"
    assert console.rows("select key from programs") == [("nordlys_ost",)]
    assert console.client.get(HOME + "setup").status_code == 200


def test_the_first_version_is_kept_as_its_founders_and_told(begun: Empty) -> None:
    assert begun.rows("select version, published_by like 'per_%' from program_versions") == [(1, True)]
    roles = begun.rows("select g.role from grants g join people p using (person_id) order by role")
    assert roles == [("operator",), ("program_owner",)]
    told = [row[0] for row in begun.rows("select action from audit order by id")]
    assert {"person.added", "grant.given", "program.scheduled", "program.opened"} <= set(told), told
    # Whoever began signs no later version of their own: the ladder is as for everybody.
    assert begun.rows("select name, planned from budget_nodes") == [("budget:rewards:", 1_000_000)]


def test_a_wrong_input_comes_back_with_what_was_typed(console: Empty) -> None:
    console.post(console.link, ANN)
    answer = console.post("/setup?starter=ev_maker", {**WISH, "key": "Not A Key", "act": "publish"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="Not A Key"' in page
    assert 'value="Nordlys Øst"' in page
    assert console.rows("select key from programs") == []


@pytest.mark.parametrize("language", ["en", "es", "de", "fr", "ar", "id"])
def test_what_it_says_is_shown_before_it_is_published(console: Empty, language: str) -> None:
    console.post(console.link, ANN)
    console.client.cookies["language"] = language
    page = console.post("/setup?starter=ev_maker", WISH).content.decode()
    assert page.count('class="sentence"') == 5
    assert "test_drive.completed" in page
    assert console.rows("select key from programs") == []
