"""Guesses sent all at once: they are counted before they are looked at, so no more of them are."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.approvals.doors import PASSWORD, Doors
from tests.attacks.test_sessions import browser, enroll, phone_of, post, sign_in

AT_ONCE = 16
# What a guess is answered with where it was looked at, and was wrong.
LOOKED_AT = 403


@pytest.mark.parametrize("step", ["password", "code"])
def test_of_many_guesses_at_once_no_more_are_looked_at_than_one_by_one(doors: Doors, step: str) -> None:
    del doors
    enroll("finn")
    path, sent = "/account/sign-in", {"email": "finn@example.com", "password": "no"}
    client = browser()
    if step == "code":
        assert sign_in(client, "finn").status_code == 303
        phone = phone_of(client)
        post(client, "/account/second-factor/new", code=phone.now())
        client = browser()
        assert sign_in(client, "finn", PASSWORD).status_code == 303
        path, sent = "/account/second-factor", {"code": "000000"}
    page = client.get(path).content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    starting = Barrier(AT_ONCE)

    def guess(_: int) -> int:
        from django.db import connections  # noqa: PLC0415  Django is prepared by then

        one = browser()
        for name, value in cookies.items():
            one.cookies[name] = value
        starting.wait()
        try:
            return one.post(path, {"csrfmiddlewaretoken": token, **sent}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = Counter(pool.map(guess, range(AT_ONCE)))
    assert told[LOOKED_AT] <= 5, told
    assert set(told) <= {LOOKED_AT, 429}
    assert post(client, path, **sent).status_code == 429
