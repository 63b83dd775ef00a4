"""The second factor: set up at the first sign-in, asked for ever after, each code taken once."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from tests.web.console.conftest import EMAIL, PASSWORD, Console

from guerdon.values.clock import utc_now
from guerdon.web.accounts import totp

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
# The secret and times of RFC 6238, appendix B (SHA-1), cut to six digits.
RFC_SECRET = b"12345678901234567890"
RFC_CODES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
}


@pytest.fixture
def guarded(console: Console) -> Console:
    """The console, for somebody who needs a second factor."""
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415  Django is prepared by then

    Staff.objects.update(second_factor_waived=False)
    return console


def token_of(page: str) -> str:
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def send_code(console: Console, code: str, path: str = "/account/second-factor") -> int:
    token = token_of(console.client.get(path).content.decode())
    answer = console.client.post(path, {"csrfmiddlewaretoken": token, "code": code})
    console.last = answer.content.decode()
    return answer.status_code


def set_up(console: Console) -> pyotp.TOTP:
    """Go through the first sign-in; what the authenticator then knows."""
    assert console.sign_in() == 303
    page = console.client.get("/account/second-factor/new").content.decode()
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert secret, page
    phone = pyotp.TOTP(secret[1].replace(" ", ""))
    assert send_code(console, phone.now(), "/account/second-factor/new") == 200
    return phone


def forget_used_codes() -> None:
    """As if half a minute had passed."""
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415

    Staff.objects.update(second_factor_step=0)


@pytest.mark.parametrize(("at", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    now = datetime.fromtimestamp(at, UTC)
    assert totp.code_of(RFC_SECRET, totp.step_at(now)) == code
    assert totp.matching_step(RFC_SECRET, f" {code[:3]} {code[3:]}", now, 0) == totp.step_at(now)


def test_an_authenticator_of_somebody_else_computes_the_same() -> None:
    for _ in range(50):
        secret = totp.make_secret()
        phone = pyotp.parse_uri(totp.address_of(secret, "ann+b@example.com"))
        assert isinstance(phone, pyotp.TOTP)
        assert (phone.name.removeprefix("Guerdon:"), phone.issuer) == ("ann+b@example.com", "Guerdon")
        assert phone.at(NOW) == totp.code_of(secret, totp.step_at(NOW))
        assert phone.secret == totp.spelled(secret).replace(" ", "")


def test_half_a_minute_early_or_late_is_taken_and_no_more() -> None:
    secret = totp.make_secret()
    for steps, taken in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = totp.code_of(secret, totp.step_at(NOW) + steps)
        others = {totp.code_of(secret, totp.step_at(NOW) + n) for n in (-1, 0, 1)}
        assert (totp.matching_step(secret, code, NOW, 0) is not None) is (taken or code in others)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "٠١٢٣٤٥", "\0" * 6, "0" * 64])
def test_what_is_no_code_fits_nothing(code: str) -> None:
    assert totp.matching_step(b"x" * 20, code, NOW, 0) is None
    assert totp.recovery_sha(code) is None


def test_the_first_sign_in_sets_it_up_and_the_next_asks_for_it(guarded: Console) -> None:
    phone = set_up(guarded)
    assert guarded.client.get(guarded.home).status_code == 200
    guarded.client.cookies.clear()
    assert guarded.client.get(guarded.home).status_code == 303
    forget_used_codes()
    assert guarded.sign_in() == 303
    # The password alone opens nothing.
    assert guarded.client.get(guarded.home).status_code == 303
    assert send_code(guarded, phone.now()) == 303
    assert guarded.client.get(guarded.home).status_code == 200


def test_a_code_is_taken_once(guarded: Console) -> None:
    phone = set_up(guarded)
    code = phone.now()
    forget_used_codes()
    guarded.client.cookies.clear()
    assert guarded.sign_in() == 303
    assert send_code(guarded, code) == 303
    guarded.client.cookies.clear()
    assert guarded.sign_in() == 303
    assert send_code(guarded, code) == 403
    assert guarded.client.get(guarded.home).status_code == 303


def test_a_recovery_code_opens_once_however_it_is_typed(guarded: Console) -> None:
    set_up(guarded)
    codes = re.findall(r"<li><code>([0-9A-Z-]+)</code></li>", guarded.last)
    assert len(set(codes)) == 10
    for typed, status in ((codes[0].lower().replace("-", " "), 303), (codes[0], 403), (codes[1], 303)):
        guarded.client.cookies.clear()
        assert guarded.sign_in() == 303
        assert send_code(guarded, typed) == status
    kept = guarded.house.rows("select code_sha from accounts.recovery_code")
    assert all(code.encode() not in bytes(sha) for (sha,) in kept for code in codes)  # type: ignore[call-overload]


def test_wrong_codes_count_with_wrong_passwords_and_a_password_forgets_none(guarded: Console) -> None:
    phone = set_up(guarded)
    guarded.client.cookies.clear()
    forget_used_codes()
    for _ in range(4):
        assert guarded.sign_in() == 303
        assert send_code(guarded, "000000") == 403
    assert guarded.sign_in(password="not the password") == 403
    assert guarded.sign_in() == 429
    assert send_code(guarded, phone.now()) == 429


def test_between_the_steps_are_ten_minutes(guarded: Console) -> None:
    phone = set_up(guarded)
    guarded.client.cookies.clear()
    forget_used_codes()
    assert guarded.sign_in() == 303
    session = guarded.client.session
    session["pending"] = {**session["pending"], "at": (utc_now() - timedelta(minutes=11)).isoformat()}
    session.save()
    assert guarded.client.get("/account/second-factor").status_code == 303
    token = guarded.client.cookies["csrf"].value
    sent = {"csrfmiddlewaretoken": token, "code": phone.now()}
    assert guarded.client.post("/account/second-factor", sent)["Location"] == "/account/sign-in"
    assert guarded.client.get(guarded.home).status_code == 303


def test_without_the_first_step_there_is_no_second(guarded: Console) -> None:
    for path in ("/account/second-factor", "/account/second-factor/new"):
        assert guarded.client.get(path)["Location"] == "/account/sign-in"


def test_a_set_up_cannot_replace_an_authenticator(guarded: Console) -> None:
    set_up(guarded)
    guarded.client.cookies.clear()
    assert guarded.sign_in() == 303
    assert guarded.client.get("/account/second-factor/new")["Location"] == "/account/sign-in"


def test_the_session_gets_a_new_key_at_each_step(guarded: Console) -> None:
    assert guarded.sign_in() == 303
    between = guarded.client.cookies["staff"].value
    page = guarded.client.get("/account/second-factor/new").content.decode()
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert secret
    send_code(guarded, pyotp.TOTP(secret[1].replace(" ", "")).now(), "/account/second-factor/new")
    assert guarded.client.cookies["staff"].value != between
    guarded.client.cookies["staff"] = between
    assert guarded.client.get(guarded.home).status_code == 303


def test_the_secret_is_sealed_where_it_is_kept_and_on_its_way(guarded: Console) -> None:
    assert guarded.sign_in() == 303
    page = guarded.client.get("/account/second-factor/new").content.decode()
    spelled = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert spelled
    phone = pyotp.TOTP(spelled[1].replace(" ", ""))
    pending = guarded.client.session["pending"]
    assert phone.byte_secret().hex() not in pending["sealed"]
    send_code(guarded, phone.now(), "/account/second-factor/new")
    [(kept,)] = guarded.house.rows("select second_factor from accounts.staff")
    assert phone.byte_secret() not in bytes(kept)  # type: ignore[call-overload]
    assert len(bytes(kept)) > 20  # type: ignore[call-overload]


def test_a_lost_authenticator_is_set_up_anew_after_a_reset(guarded: Console) -> None:
    from guerdon.web.accounts.people import forget_second_factor  # noqa: PLC0415

    set_up(guarded)
    assert forget_second_factor(EMAIL)
    assert guarded.client.get(guarded.home).status_code == 303
    assert guarded.house.rows("select * from accounts.recovery_code") == []
    set_up(guarded)
    assert not forget_second_factor("nobody@example.com")


def test_the_waiver_counts_on_loopback_alone(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from guerdon.web.rooms import room  # noqa: PLC0415

    assert console.sign_in() == 302
    console.client.cookies.clear()
    elsewhere = type(console.settings)(
        **{
            **{name: getattr(console.settings, name) for name in console.settings.__slots__},
            "public_url": "https://rewards.example.com",
        }
    )
    monkeypatch.setattr(room(), "settings", elsewhere)
    assert console.sign_in(EMAIL, PASSWORD) == 303
    assert console.client.get(console.home).status_code == 303


def test_setting_it_up_and_a_recovery_code_are_in_the_audit(guarded: Console) -> None:
    set_up(guarded)
    [code] = re.findall(r"<li><code>([^<]+)</code>", guarded.last)[:1]
    guarded.client.cookies.clear()
    assert guarded.sign_in() == 303
    assert send_code(guarded, code) == 303
    assert guarded.house.rows(
        "select action, actor = subject from audit"
        " where action in ('authenticator.added', 'recovery_code.used') order by id"
    ) == [("authenticator.added", True), ("recovery_code.used", True)]


def test_of_a_passkey_and_an_authenticator_at_the_same_moment_one_is_the_first(
    guarded: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guerdon.web.accounts import second_factor  # noqa: PLC0415  Django is prepared by then
    from guerdon.web.accounts.models import Passkey, Staff  # noqa: PLC0415

    assert guarded.sign_in() == 303
    page = guarded.client.get("/account/second-factor/new").content.decode()
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert secret
    known = second_factor._new_secret  # noqa: SLF001  between its look and its writing comes the other

    def and_then_the_passkey(pending: object) -> bytes | None:
        found = known(pending)  # type: ignore[arg-type]
        staff = Staff.objects.get(email=EMAIL)
        Passkey.objects.create(
            staff=staff,
            credential_id=b"c",
            public_key=b"k",
            sign_count=0,
            name="phone",
            created_at=utc_now(),
            backed_up=False,
        )
        return found

    monkeypatch.setattr(second_factor, "_new_secret", and_then_the_passkey)
    phone = pyotp.TOTP(secret[1].replace(" ", ""))
    token = token_of(page)
    sent = {"csrfmiddlewaretoken": token, "code": phone.now()}
    assert guarded.client.post("/account/second-factor/new", sent).status_code == 303
    assert bytes(Staff.objects.get(email=EMAIL).second_factor) == b""
