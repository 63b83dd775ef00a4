"""Sessions at their edges: planted before, doubled, half opened, and after whatever opened them is gone."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyotp
import pytest
from tests.approvals.doors import PASSWORD, Doors, Visitor
from tests.approvals.house import adjustment

from guerdon.values.clock import utc_now
from guerdon.values.ids import show

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

NEW_PASSWORD = "another password of the tests"


def browser() -> "Client":
    from django.test import Client  # noqa: PLC0415  Django is prepared by then

    return Client(
        enforce_csrf_checks=True, SERVER_NAME="127.0.0.1", headers={"sec-fetch-site": "same-origin"}
    )


def post(client: "Client", path: str, /, form: str = "", **fields: object) -> "HttpResponse":
    """Send a form with the token of its page."""
    page = client.get(form or path).content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    return client.post(path, {"csrfmiddlewaretoken": token, **fields})  # type: ignore[return-value]


def sign_in(client: "Client", name: str, password: str = PASSWORD) -> "HttpResponse":
    return post(client, "/account/sign-in", email=f"{name}@example.com", password=password)


def enroll(name: str, password: str = PASSWORD, *, waived: bool = False) -> None:
    def enrolled() -> None:
        from django.db import connections  # noqa: PLC0415

        from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

        enroll_staff(f"{name}@example.com", name, password, waived=waived)
        connections.close_all()

    with ThreadPoolExecutor(1) as aside:
        aside.submit(enrolled).result()


def dismiss(name: str) -> None:
    def dismissed() -> None:
        from django.db import connections  # noqa: PLC0415

        from guerdon.web.accounts.people import dismiss_staff  # noqa: PLC0415

        assert dismiss_staff(f"{name}@example.com")
        connections.close_all()

    with ThreadPoolExecutor(1) as aside:
        aside.submit(dismissed).result()


def phone_of(client: "Client") -> pyotp.TOTP:
    page = client.get("/account/second-factor/new").content.decode()
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert secret
    return pyotp.TOTP(secret[1].replace(" ", ""))


def test_a_session_that_was_planted_before_is_not_the_one_that_is_opened(doors: Doors) -> None:
    enroll("finn", waived=True)
    home = f"/console/{doors.house.program.key}/ledger"
    half_open = browser()
    enroll("fay")
    # A key that the database knows: somebody's sign-in that stands between its steps.
    assert sign_in(half_open, "fay").status_code == 303
    for planted in ("chosen-by-somebody-else", half_open.cookies["staff"].value):
        victim = browser()
        victim.cookies["staff"] = planted
        assert sign_in(victim, "finn").status_code == 302
        assert victim.get(home).status_code == 200
        assert victim.cookies["staff"].value != planted
        attacker = browser()
        attacker.cookies["staff"] = planted
        assert attacker.get(home).status_code == 303


def test_two_at_once_are_two_and_a_new_password_ends_both(doors: Doors) -> None:
    enroll("finn", waived=True)
    home = f"/console/{doors.house.program.key}/ledger"
    two = [browser(), browser()]
    for client in two:
        assert sign_in(client, "finn").status_code == 302
    assert len({client.cookies["staff"].value for client in two}) == 2
    post(two[0], "/account/sign-out", form=home)
    assert [client.get(home).status_code for client in two] == [303, 200]
    enroll("finn", NEW_PASSWORD, waived=True)
    assert two[1].get(home).status_code == 303


def test_somebody_else_at_the_same_browser_has_nothing_of_who_was_there_before(doors: Doors) -> None:
    enroll("finn", waived=True)
    enroll("lea", waived=True)
    home = f"/console/{doors.house.program.key}/"
    shared = browser()
    assert sign_in(shared, "finn").status_code == 302
    assert shared.get(f"{home}ledger").status_code == 200
    before = shared.cookies["staff"].value
    token = shared.cookies["csrf"].value
    sent = {"csrfmiddlewaretoken": token, "email": "lea@example.com", "password": PASSWORD}
    assert shared.post("/account/sign-in", sent).status_code == 302
    assert shared.get(f"{home}ledger").status_code == 404
    shared.cookies["staff"] = before
    assert shared.get(f"{home}ledger").status_code == 303


@pytest.mark.parametrize("after", ["a new password", "dismissed"])
def test_a_sign_in_between_its_steps_ends_with_the_password_that_began_it(doors: Doors, after: str) -> None:
    # Whoever knew the old password waits before the set-up of an authenticator, and it would be theirs.
    enroll("finn")
    thief = browser()
    assert sign_in(thief, "finn").status_code == 303
    phone = phone_of(thief)
    token = thief.cookies["csrf"].value
    if after == "dismissed":
        dismiss("finn")
    else:
        enroll("finn", NEW_PASSWORD)
    answer = thief.post("/account/second-factor/new", {"csrfmiddlewaretoken": token, "code": phone.now()})
    assert answer.status_code == 303
    assert answer["Location"] == "/account/sign-in"
    assert thief.get(f"/console/{doors.house.program.key}/ledger").status_code == 303
    ((kept,),) = doors.house.rows("select second_factor from accounts.staff")
    assert bytes(kept) == b""  # type: ignore[call-overload]


def test_a_code_does_not_finish_what_an_old_password_began(doors: Doors) -> None:
    enroll("finn")
    own = browser()
    sign_in(own, "finn")
    phone = phone_of(own)
    post(own, "/account/second-factor/new", code=phone.now())
    thief = browser()
    assert sign_in(thief, "finn").status_code == 303
    thief.get("/account/second-factor")
    enroll("finn", NEW_PASSWORD)
    with doors.house.opened("owner") as tx:
        tx.execute("update accounts.staff set second_factor_step = 0")
    token = thief.cookies["csrf"].value
    answer = thief.post("/account/second-factor", {"csrfmiddlewaretoken": token, "code": phone.now()})
    assert answer["Location"] == "/account/sign-in"


def take_role_back(doors: Doors, name: str) -> None:
    doors.house.revoke(name, utc_now())


def leave(doors: Doors, name: str) -> None:
    doors.house.dismiss(name, utc_now())


def bar(_: Doors, name: str) -> None:
    dismiss(name)


LOSSES: dict[str, tuple[Callable[[Doors, str], None], int]] = {
    "the role was taken back": (take_role_back, 404),
    "they left": (leave, 404),
    "they may not sign in": (bar, 303),
}


@pytest.mark.parametrize("loss", list(LOSSES))
def test_a_form_that_was_open_before_does_nothing_after(doors: Doors, loss: str) -> None:
    house, (lose, status) = doors.house, LOSSES[loss]
    number = show("apr", house.asked("finn", adjustment(6_000), utc_now()))
    asked = show("apr", house.asked("fay", adjustment(7_000), utc_now()))
    fay, token = doors.visitor("fay"), ""
    for path in (f"decisions/{number}", "decisions/new", "decisions"):
        page = fay.page(path)
        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    lose(doors, "fay")
    changed = house.rows("select count(*), max(id) from audit")
    member = show("mem", 7)
    for path, sent in (
        (f"decisions/{number}", {"act": "approve", "revision": "1"}),
        (f"decisions/{asked}", {"act": "withdraw", "revision": "1"}),
        (f"decisions/{asked}", {"act": "edit", "revision": "1", "amount": "71.00", "reason": "because"}),
        ("decisions", {"request": f"{number}.1"}),
        (
            "decisions/new",
            {"act": "adjustment", "member": member, "unit": "PTS", "amount": "5", "reason": "because"},
        ),
    ):
        answer = sent_with(fay, path, token, sent)
        assert answer.status_code == status, (path, answer.status_code)
        if status == 303:
            assert answer["Location"].startswith("/account/sign-in?")
    # That it was tried may be written down, and nothing else.
    told = house.rows("select distinct action from audit where id > %s", changed[0][1])
    assert set(told) <= {("access.refused",)}
    assert house.rows("select distinct state, revision from requests") == [("open", 1)]


def sent_with(visitor: Visitor, path: str, token: str, sent: dict[str, str]) -> "HttpResponse":
    return visitor.client.post(visitor.home + path, {"csrfmiddlewaretoken": token, **sent})  # type: ignore[return-value]
