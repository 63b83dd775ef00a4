"""Forms of staff, all of them: sent twice each does one thing; without a session nothing typed is lost."""

from datetime import timedelta
from html import unescape
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest
from tests.approvals.doors import Doors, Visitor
from tests.attacks.test_forged_forms import CONSOLE, EVERYONE, FORMS, marks_in, own_token, standing

from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.web.routes import ROUTES

if TYPE_CHECKING:
    from django.http import HttpResponse

OURS = [route for route, row in ROUTES.items() if row.who in ("staff", "location") and route in FORMS]
# Looking for somebody twice is told twice.
LOOKING = {f"{CONSOLE}{page}" for page in ("find", "members", "why", "try", "members/<slug:member>/unmask")}
# What nobody keeps for anybody.
SECRETS = {"token", "password", "credential"}


def filled(doors: Doors, visitor: Visitor, *, all_of_them: bool = True) -> list[tuple[str, dict[str, str]]]:
    """Every form of staff, about something that is there; or those that do something."""
    named, found = marks_in(doors.house), []
    for route in OURS if all_of_them else [route for route in OURS if route not in LOOKING]:
        for path, sent in FORMS[route]:
            for mark, value in named.items():
                path = path.replace(mark, value)  # noqa: PLW2901  filled in
                sent = {field: said.replace(mark, value) for field, said in sent.items()}  # noqa: PLW2901
            found.append((path if path.startswith("/") else visitor.home + path, sent))
    return found


def by_hand(visitor: Visitor, path: str, sent: dict[str, str]) -> "HttpResponse":
    """As a browser sends a form."""
    return visitor.client.post(path, sent, headers={"sec-fetch-mode": "navigate"})  # type: ignore[return-value]


@pytest.mark.parametrize("name", EVERYONE)
def test_whatever_is_sent_twice_is_done_once(doors: Doors, name: str) -> None:
    visitor = doors.visitor(name)
    for path, sent in filled(doors, visitor, all_of_them=False):
        form = {"csrfmiddlewaretoken": own_token(visitor), **sent}
        first = by_hand(visitor, path, form)
        after = standing(doors.house)
        second = by_hand(visitor, path, form)
        assert second.status_code == first.status_code, (path, sent)
        assert second.get("Location") == first.get("Location"), (path, sent)
        # What was refused is told as often as it is tried.
        told = 1 if first.status_code >= 400 else 0
        assert standing(doors.house)[0][told:] == after[0][told:], (path, sent, first.status_code)


def test_a_form_that_is_asked_for_anew_is_another_wish(doors: Doors) -> None:
    olga = doors.visitor("olga")
    sent = {"act": "save", "page": "members", "name": "mine", "terms": ""}
    kept = "select count(*) from saved_views"
    form = {"csrfmiddlewaretoken": own_token(olga), **sent}
    for _ in range(2):
        assert by_hand(olga, f"{olga.home}views", form).status_code == 303
    assert doors.house.rows(kept) == [(1,)]
    # Other words in the same form, and the same words in another one.
    assert by_hand(olga, f"{olga.home}views", {**form, "name": "yours"}).status_code == 303
    again = {"csrfmiddlewaretoken": own_token(olga), **sent, "act": "remove"}
    assert by_hand(olga, f"{olga.home}views", again).status_code == 404
    assert doors.house.rows(kept) == [(2,)]


def test_of_two_clicks_at_once_both_get_the_same_answer(doors: Doors) -> None:
    from django.db import connections  # noqa: PLC0415  Django is prepared by then

    house, olga = doors.house, doors.visitor("olga")
    number = house.asked("lea", house.reward(30_000), utc_now())
    form = {"csrfmiddlewaretoken": own_token(olga), "act": "approve", "revision": "1"}
    answers, together = [], Barrier(2)

    def click() -> None:
        together.wait()
        found = by_hand(olga, f"{olga.home}decisions/{show('apr', number)}", form)
        answers.append((found.status_code, found.get("Location")))
        connections.close_all()

    clicks = [Thread(target=click) for _ in range(2)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert answers[0] == answers[1]
    assert answers[0][0] == 303
    assert house.rows("select count(*) from signatures") == [(1,)]


def test_what_was_refused_may_be_sent_again(doors: Doors) -> None:
    olga = doors.visitor("olga")
    form = {"csrfmiddlewaretoken": own_token(olga), "act": "save", "page": "members", "name": "", "terms": ""}
    assert by_hand(olga, f"{olga.home}views", form).status_code == 422
    assert by_hand(olga, f"{olga.home}views", form).status_code == 422
    assert doors.house.rows("select count(*) from accounts.sent_form") == [(0,)]


def ended(visitor: Visitor) -> str:
    """End a visitor's session by its age; what their browser still holds of it."""
    from guerdon.web.accounts.models import StaffSession  # noqa: PLC0415  Django is prepared by then

    StaffSession.objects.update(seen_at=utc_now() - timedelta(minutes=16))
    return str(visitor.client.cookies["staff"].value)


def signed_in_again(visitor: Visitor, session: str) -> None:
    """Be signed in again, without the second it takes."""
    from guerdon.web.accounts.models import StaffSession  # noqa: PLC0415

    StaffSession.objects.update(seen_at=utc_now())
    visitor.client.cookies["staff"] = session


def test_whatever_is_typed_into_a_session_that_ended_is_shown_again(doors: Doors) -> None:
    olga = doors.visitor("olga")
    for path, sent in filled(doors, olga):
        token = own_token(olga)
        before, session = standing(doors.house), ended(olga)
        answer = by_hand(olga, path, {"csrfmiddlewaretoken": token, **sent})
        assert answer.status_code == 303, path
        there = answer["Location"].replace("%2F", "/").partition("next=")[2]
        assert there.startswith("/account/kept/"), path
        assert standing(doors.house)[0][1:] == before[0][1:], path
        signed_in_again(olga, session)
        shown = unescape(olga.client.get(there).content.decode())
        assert f'action="{path}"' in shown
        for name, value in sent.items():
            if name not in SECRETS:
                assert f'<textarea name="{name}" hidden>\n{value}</textarea>' in shown, (path, name)


def test_it_is_sent_after_signing_in_and_is_its_owners_alone(doors: Doors) -> None:
    house, olga, fay = doors.house, doors.visitor("olga"), doors.visitor("fay")
    number = house.asked("lea", house.reward(30_000), utc_now())
    path = f"{olga.home}decisions/{show('apr', number)}"
    token, session = own_token(olga), ended(olga)
    sent = {"act": "ask", "revision": "1", "reason": "Which\r\n<b>order</b> was it?"}
    there = by_hand(olga, path, {"csrfmiddlewaretoken": token, **sent})["Location"]
    there = there.replace("%2F", "/").partition("next=")[2]
    signed_in_again(olga, session)
    missing = olga.client.get("/account/kept/999")
    others = fay.client.get(there)
    assert (missing.status_code, others.status_code) == (404, 404)
    shown = olga.client.get(there).content.decode()
    assert "&lt;b&gt;order&lt;/b&gt;" in shown
    token = shown.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    kept = there.rpartition("/")[2]
    done = by_hand(olga, path, {"csrfmiddlewaretoken": token, "kept_form": kept, **sent})
    assert done.status_code == 303
    assert house.rows("select state from requests") == [("returned",)]
    # What was sent is kept no longer.
    assert olga.client.get(there).status_code == 404
    assert house.rows("select count(*) from accounts.kept_form") == [(0,)]


def test_nothing_is_kept_for_nobody_and_no_secret_for_anybody(doors: Doors) -> None:
    from django.test import Client  # noqa: PLC0415  Django is prepared by then

    house, olga = doors.house, doors.visitor("olga")
    stranger = Client(SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"})
    for cookie in ("", "forged"):
        stranger.cookies["staff"] = cookie
        answer = stranger.post(f"{olga.home}views", {"act": "save", "name": "x", "page": "members"})
        assert "kept" not in answer["Location"]
    assert house.rows("select count(*) from accounts.kept_form") == [(0,)]
    token, session = own_token(olga), ended(olga)
    sent = {"act": "connect", "token": "pat-na1-not-to-be-kept"}
    by_hand(olga, f"{olga.home}connections/crm", {"csrfmiddlewaretoken": token, **sent})
    signed_in_again(olga, session)
    ((number, sealed),) = house.rows("select id, sealed from accounts.kept_form")
    assert b"pat-na1" not in bytes(sealed)  # type: ignore[call-overload]
    shown = olga.client.get(f"/account/kept/{number}").content.decode()
    assert "pat-na1" not in shown
    assert '<code dir="ltr">token</code>' in shown
