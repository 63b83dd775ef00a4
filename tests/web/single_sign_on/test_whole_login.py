"""Signing in through a real provider (npm's oidc-provider), from the link to the page, and what fails."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.access.people import hire_for_everything
from tests.web.console.conftest import EMAIL, PASSWORD, Console
from tests.web.console.test_invitations import WANTED, Mailroom, post, signed
from tests.web.single_sign_on.conftest import away, rely_on
from tests.web.single_sign_on.provider import RealProvider, account, new_key, path_of, provided

STRANGER, ADA = "stranger@example.com", "ada@example.com"


@pytest.fixture(scope="module")
def provider() -> Iterator[RealProvider]:
    accounts = {
        "ines": account(EMAIL.upper(), amr=["pwd"]),
        "ines-by-key": account(EMAIL, amr=["hwk"]),
        "unverified": account(EMAIL, verified=False),
        "stranger": account(STRANGER),
        "nobody": {"claims": {}},
        "ada": account(ADA, amr=["pwd", "mfa"]),
    }
    with provided("http://127.0.0.1:8710", accounts) as made:
        yield made


def back(console: Console, address: str) -> tuple[int, str]:
    """Come back from the provider, as a browser does: from another site, with lax cookies alone."""
    answer: Any = console.client.get(path_of(address), headers={"sec-fetch-site": "cross-site"})
    return answer.status_code, answer.content.decode()


def come_in(console: Console, provider: RealProvider, login: str, onward: str = "") -> tuple[int, str]:
    return back(console, provider.sign_in(away(console, onward), login))


def links(console: Console) -> list[tuple[object, ...]]:
    return console.house.rows("select subject, issuer from accounts.oidc_link")


def sessions(console: Console) -> int:
    return len(console.house.rows("select 1 from accounts.staff_session where staff_id is not null"))


def test_the_whole_way_in_links_the_subject_and_leads_on(console: Console, provider: RealProvider) -> None:
    rely_on(provider.issuer)
    page = console.client.get("/account/sign-in", {"next": f"{console.home}budgets"}).content.decode()
    assert "Sign in with Example ID" in page
    status, page = come_in(console, provider, "ines", f"{console.home}budgets")
    assert (status, f'content="0; url={console.home}budgets"' in page) == (200, True), page
    assert console.client.get(f"{console.home}budgets").status_code == 200
    assert links(console) == [("ines", provider.issuer)]
    told = console.house.rows("select subject from audit where action = 'single_sign_on.linked'")
    assert len(told) == 1
    cookie = console.client.cookies["sign-on"]
    assert (cookie["samesite"], cookie["httponly"]) == ("Lax", True)
    assert console.client.cookies["staff"]["samesite"] == "Strict"


def test_from_then_on_the_subject_counts_and_no_address(console: Console, provider: RealProvider) -> None:
    rely_on(provider.issuer)
    assert come_in(console, provider, "ines")[0] == 200
    console.client.cookies.clear()
    # Somebody else has the address at the provider now.
    status, page = come_in(console, provider, "ines-by-key")
    assert (status, "another account at Example ID" in page) == (403, True)
    assert links(console) == [("ines", provider.issuer)]
    # Until somebody who runs the installation says so.
    from guerdon.web.accounts.people import forget_second_factor  # noqa: PLC0415  Django is prepared by then

    assert forget_second_factor(EMAIL)
    assert come_in(console, provider, "ines-by-key")[0] == 200
    assert forget_second_factor(EMAIL)
    assert come_in(console, provider, "ines")[0] == 200
    # And who was linked comes in by whatever address.
    provider_address = console.house.rows("update accounts.staff set email = 'moved@example.com' returning 1")
    assert provider_address
    hire_for_everything(
        console.house.url, console.house.secret, console.house.program_id, "moved@example.com"
    )
    assert come_in(console, provider, "ines")[0] == 200


def test_who_is_invited_accepts_by_coming_through_the_provider(
    console: Console, provider: RealProvider
) -> None:
    rely_on(provider.issuer, factors=("mfa",))
    assert console.sign_in() == 302
    mailroom = Mailroom(console)
    assert post(console, **WANTED) == 303
    console.client.cookies.clear()
    # Nobody has signed yet, so nobody was written to, and nobody comes.
    assert come_in(console, provider, "ada")[0] == 403
    signed(console)
    assert mailroom.work() == 1
    status, page = come_in(console, provider, "ada")
    assert (status, "url=/console/" in page or f"url={console.home}" in page) == (200, True)
    assert console.house.rows("select state from invitations") == [("accepted",)]
    assert console.house.rows("select name from accounts.staff where email = 'ada@example.com'") == [
        ("Ines Okafor",)
    ]
    assert console.client.get(f"{console.home}decisions").status_code == 200
    # No password was set, so none opens.
    console.client.cookies.clear()
    assert console.sign_in(ADA, "") == 403


@pytest.mark.parametrize(
    ("login", "said"),
    [
        ("stranger", "Nobody here is known"),
        ("unverified", "has not verified"),
        ("nobody", "has not verified"),
    ],
)
def test_whom_we_do_not_know_or_they_do_not_answer_for_stays_outside(
    console: Console, provider: RealProvider, login: str, said: str
) -> None:
    rely_on(provider.issuer)
    status, page = come_in(console, provider, login)
    assert (status, said in page) == (403, True)
    assert (links(console), sessions(console)) == ([], 0)


def test_addresses_of_other_domains_are_not_theirs_to_bring(console: Console, provider: RealProvider) -> None:
    rely_on(provider.issuer, domains=("example.org",))
    status, page = come_in(console, provider, "ines")
    assert (status, "of this domain" in page) == (403, True)
    rely_on(provider.issuer, domains=("example.org", "example.com"))
    assert come_in(console, provider, "ines")[0] == 200


def test_what_came_back_counts_once_and_only_in_the_browser_that_was_sent(
    console: Console, provider: RealProvider
) -> None:
    rely_on(provider.issuer)
    where = provider.sign_in(away(console), "ines")
    kept = console.client.cookies["sign-on"].value
    # Somebody sends their own way back to somebody else.
    console.client.cookies.clear()
    status, page = back(console, where)
    assert (status, "began in another browser" in page) == (403, True)
    assert sessions(console) == 0
    console.client.cookies["sign-on"] = kept
    assert back(console, where)[0] == 200
    console.client.cookies.clear()
    console.client.cookies["sign-on"] = kept
    status, page = back(console, where)
    assert (status, "was used already" in page) == (403, True)


@pytest.mark.parametrize("wrong", ["nonce", "code_challenge", "state"])
def test_what_was_changed_on_the_way_is_refused(console: Console, provider: RealProvider, wrong: str) -> None:
    rely_on(provider.issuer)
    changed = re.sub(f"(?<=[?&]{wrong}=)[^&]+", "A" * 43, away(console))
    status, page = back(console, provider.sign_in(changed, "ines"))
    assert (status, sessions(console), links(console)) == (403, 0, [])
    assert ("began in another browser" if wrong == "state" else "was not right") in page


def test_another_issuer_speaks_for_nobody(console: Console, provider: RealProvider) -> None:
    # Its document names the issuer without the last stroke.
    rely_on(f"{provider.issuer}/")
    assert console.client.get("/account/single-sign-on").status_code == 503
    rely_on(provider.issuer)
    where = provider.sign_in(away(console), "ines").replace("&iss=", "&iss=x")
    assert back(console, where)[0] == 403


def test_a_sign_in_that_took_more_than_ten_minutes_is_over(console: Console, provider: RealProvider) -> None:
    rely_on(provider.issuer)
    where = provider.sign_in(away(console), "ines")
    console.house.rows("update accounts.oidc_journey set asked_at = asked_at - interval '11 min' returning 1")
    assert back(console, where)[0] == 403
    assert sessions(console) == 0


def test_who_says_no_at_the_provider_is_told_so(console: Console, provider: RealProvider) -> None:
    rely_on(provider.issuer)
    where = provider.sign_in(away(console), "ines", deny=True)
    assert "error=access_denied" in where
    status, page = back(console, where)
    assert (status, "did not let you in" in page) == (403, True)
    assert console.sign_in() == 302


@pytest.mark.parametrize(
    "onward", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"]
)
def test_it_leads_nowhere_else(console: Console, provider: RealProvider, onward: str) -> None:
    rely_on(provider.issuer)
    status, page = come_in(console, provider, "ines", onward)
    assert (status, "elsewhere" in page, "alert" in page) == (200, False, False)
    assert 'content="0; url=/console/"' in page


def test_keys_that_changed_are_read_again(console: Console, provider: RealProvider) -> None:
    rely_on(provider.issuer)
    assert come_in(console, provider, "ines")[0] == 200
    provider.stop()
    provider.keys = [new_key()]
    provider.start()
    assert come_in(console, provider, "ines")[0] == 200


def test_while_the_provider_is_down_it_says_so_and_passwords_open(
    console: Console, provider: RealProvider
) -> None:
    rely_on(provider.issuer)
    where = provider.sign_in(away(console), "ines")
    provider.stop()
    try:
        status, page = back(console, where)
        assert (status, "does not answer just now" in page) == (503, True)
        rely_on(provider.issuer)
        answer = console.client.get("/account/single-sign-on")
        assert (answer.status_code, "does not answer just now" in answer.content.decode()) == (503, True)
        assert console.sign_in() == 302
        left = console.client.get("/account/signed-out").content.decode()
        assert ("You are signed out here." in left, "Sign out of" in left) == (True, False)
    finally:
        provider.start()


def test_a_second_factor_is_asked_for_unless_theirs_is_taken(
    console: Console, provider: RealProvider
) -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415  Django is prepared by then

    hire_for_everything(console.house.url, console.house.secret, console.house.program_id, ADA)
    enroll_staff(ADA, "Ada Example", PASSWORD)
    # Nobody's word on it is taken unless the installation says so.
    for factors in ((), ("face", "phr")):
        rely_on(provider.issuer, factors=factors)
        status, page = come_in(console, provider, "ada")
        assert (status, "url=/account/second-factor/new" in page) == (200, True)
        assert console.client.get(console.home).status_code == 303
    rely_on(provider.issuer, factors=("phr", "mfa"))
    status, page = come_in(console, provider, "ada")
    assert (status, f"url={console.home}" in page) == (200, True)
    assert console.client.get(console.home).status_code == 200


def test_who_came_by_the_provider_may_leave_it_too(console: Console, provider: RealProvider) -> None:
    rely_on(provider.issuer)
    come_in(console, provider, "ines")
    page = console.page()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = console.client.post("/account/sign-out", {"csrfmiddlewaretoken": token})
    assert answer["Location"] == "/account/signed-out"
    page = console.client.get("/account/signed-out").content.decode()
    [leave] = re.findall(r'href="(http[^"]+)"', page)
    assert leave.startswith(f"{provider.issuer}/session/end?client_id=guerdon&amp;post_logout_redirect_uri=")
    assert sessions(console) == 0


def test_without_a_provider_there_are_no_such_pages(console: Console) -> None:
    for path in ("single-sign-on", "single-sign-on/return", "signed-out"):
        assert console.client.get(f"/account/{path}").status_code == 404
    assert "single-sign-on" not in console.client.get("/account/sign-in").content.decode()
    assert console.sign_in() == 302


def test_whoever_asks_for_many_sign_ins_waits(console: Console, provider: RealProvider) -> None:
    from guerdon.web.accounts.oidc import entrance  # noqa: PLC0415  Django is prepared by then

    rely_on(provider.issuer)
    for _ in range(int(entrance.ASKED.most)):
        entrance.ASKED.wrong("127.0.0.1")
    try:
        assert console.client.get("/account/single-sign-on").status_code == 429
    finally:
        entrance.ASKED._wrong.clear()  # noqa: SLF001  the next test is somebody else
