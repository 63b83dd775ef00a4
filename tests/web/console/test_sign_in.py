"""Who gets in, who does not, and what the database could give away."""

from datetime import timedelta

import pytest
from tests.access.people import hire_for_everything
from tests.rooms import real_passwords
from tests.web.console.conftest import EMAIL, PASSWORD, Console

from guerdon.values.clock import utc_now


def open_sessions(console: Console) -> list[tuple[object, ...]]:
    return console.house.rows("select key_sha, data from accounts.staff_session")


def age_sessions(seen: timedelta, started: timedelta) -> None:
    from guerdon.web.accounts.models import StaffSession  # noqa: PLC0415  Django is prepared by then

    now = utc_now()
    StaffSession.objects.update(seen_at=now - seen, started_at=now - started)


def test_staff_sign_in_and_land_where_they_wanted_to_go(console: Console) -> None:
    turned_away = console.client.get(f"{console.home}budgets?market=DE")
    assert turned_away.status_code == 303
    assert turned_away["Location"].startswith("/account/sign-in?next=%2Fconsole%2F")
    assert console.sign_in() == 302
    assert console.client.get(f"{console.home}budgets").status_code == 200


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(staff: Console) -> None:
    cookie = staff.client.cookies["staff"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


def test_the_database_holds_no_session_key(staff: Console) -> None:
    key = staff.client.cookies["staff"].value
    assert len(key) >= 43
    assert all(key.encode() not in bytes(sha) and key not in str(data) for sha, data in open_sessions(staff))  # type: ignore[call-overload]


def test_a_wrong_password_and_an_unknown_account_answer_alike(console: Console) -> None:
    assert console.sign_in(password="not the password") == 403
    assert console.sign_in(email="nobody@example.com") == 403
    assert open_sessions(console) == []


def test_after_five_failed_tries_even_the_right_password_waits(console: Console) -> None:
    for _ in range(5):
        assert console.sign_in(password="not the password") == 403
    assert console.sign_in() == 429
    from guerdon.web.accounts.models import SignInAttempt  # noqa: PLC0415

    SignInAttempt.objects.update(at=utc_now() - timedelta(minutes=16))
    assert console.sign_in() == 302


def test_the_tries_of_one_account_do_not_stop_another(console: Console) -> None:
    for _ in range(5):
        console.sign_in(email="nobody@example.com")
    assert console.sign_in() == 302


@pytest.mark.parametrize(
    ("seen", "started"),
    [(timedelta(minutes=16), timedelta(minutes=30)), (timedelta(seconds=1), timedelta(hours=8, minutes=1))],
    ids=["idle for a quarter of an hour", "eight hours old"],
)
def test_a_session_ends_by_itself(staff: Console, seen: timedelta, started: timedelta) -> None:
    assert staff.client.get(staff.home).status_code == 200
    age_sessions(seen, started)
    assert staff.client.get(staff.home).status_code == 303


def test_who_was_dismissed_is_out_at_the_next_request(staff: Console) -> None:
    from guerdon.web.accounts.people import dismiss_staff  # noqa: PLC0415

    assert staff.client.get(staff.home).status_code == 200
    assert dismiss_staff(EMAIL.upper())
    assert staff.client.get(staff.home).status_code == 303


def test_a_new_password_ends_the_sessions_of_the_old_one(staff: Console) -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    enroll_staff(EMAIL, "Ines Okafor", "another password of the tests")
    assert open_sessions(staff) == []
    assert staff.client.get(staff.home).status_code == 303


def test_signing_out_ends_the_session(staff: Console) -> None:
    page = staff.page()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = staff.client.post("/account/sign-out", {"csrfmiddlewaretoken": token})
    assert answer.status_code == 303
    assert open_sessions(staff) == []


def test_a_form_from_elsewhere_is_refused(console: Console) -> None:
    sent = {"email": EMAIL, "password": PASSWORD}
    assert console.client.post("/account/sign-in", sent).status_code == 403
    across = console.client.post("/account/sign-in", sent, headers={"sec-fetch-site": "cross-site"})
    assert across.status_code == 403


@pytest.mark.parametrize(
    "onward", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(console: Console, onward: str) -> None:
    answer = console.client.get("/account/sign-in", {"next": onward})
    assert onward not in answer.content.decode()


@pytest.mark.parametrize(
    "email", ["a" * 5000, "a\0b@example.com", "ada@example.com' or 1=1 --", "\U0001f600"]
)
def test_no_garbled_address_breaks_the_form(console: Console, email: str) -> None:
    assert console.sign_in(email=email) == 403


def test_passwords_are_kept_as_argon2id_of_nineteen_mebibytes(console: Console) -> None:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415  Django is prepared by then

    house = console.house
    hire_for_everything(house.url, house.secret, house.program_id, "ada@example.com")
    with real_passwords():
        enroll_staff("ada@example.com", "Ada Example", PASSWORD, waived=True)
        assert console.sign_in("ada@example.com") == 302
    [(kept,)] = house.rows("select password from accounts.staff where email = 'ada@example.com'")
    assert str(kept).startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_web_role_cannot_change_djangos_own_books(console: Console) -> None:
    rights = console.house.rows(
        """
        select table_name from information_schema.role_table_grants
        where grantee = 'guerdon_web' and table_schema = 'accounts' and privilege_type = 'DELETE'
        """
    )
    own = {"staff", "staff_session", "sign_in_attempt", "recovery_code", "passkey", "passkey_challenge"}
    own |= {"oidc_link", "oidc_journey", "sent_form", "kept_form"}
    assert {name for (name,) in rights} == own


def test_migrating_twice_changes_nothing(console: Console) -> None:
    from guerdon.web.accounts import migrate_accounts  # noqa: PLC0415

    before = console.house.rows("select app, name from accounts.django_migrations order by id")
    migrate_accounts(console.settings)
    assert console.house.rows("select app, name from accounts.django_migrations order by id") == before
