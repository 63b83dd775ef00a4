"""Signing in with a passkey: who gets in, and everything that does not."""

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from tests.web.console.authenticator import COPIED, MAY_BE_COPIED, PRESENT, WHOLE, Device, to_text
from tests.web.console.conftest import EMAIL, Console
from tests.web.console.passkeys import USE, Passkeys, at_a_name

from guerdon.store.access.people import record_leaving
from guerdon.values.clock import utc_now
from guerdon.web.accounts.settings import PasskeyPlace, passkey_place
from guerdon.web.guesses import Guesses
from guerdon.web.rooms import room


@pytest.fixture
def passkeys(console: Console) -> Iterator[Passkeys]:
    """The console at an address with a name."""
    with at_a_name(console) as opened:
        yield opened


@pytest.fixture
def device(passkeys: Passkeys) -> Device:
    """A passkey of somebody who needs a second factor and has no other; they are signed out."""
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415  Django is prepared by then

    made = Device()
    assert passkeys.console.sign_in() == 302
    assert passkeys.add(made) == 303
    passkeys.sign_out()
    Staff.objects.update(second_factor_waived=False)
    return made


def attempts() -> int:
    from guerdon.web.accounts.models import SignInAttempt  # noqa: PLC0415

    return SignInAttempt.objects.count()


def test_a_passkey_alone_opens_the_console_and_needs_no_code(passkeys: Passkeys, device: Device) -> None:
    assert not passkeys.inside()
    assert passkeys.sign_in(device) == 302
    assert passkeys.inside()
    assert passkeys.kept() == [("phone", 1, False, True)]
    passkeys.sign_out()
    assert passkeys.sign_in(device) == 302
    assert passkeys.kept() == [("phone", 2, False, True)]


def test_the_browser_is_asked_for_no_account_and_for_its_owners_check(passkeys: Passkeys) -> None:
    asked = passkeys.asked_to_use()
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")
    assert not asked.get("allowCredentials")
    assert asked["challenge"] != passkeys.asked_to_use()["challenge"]


def test_it_leads_where_the_reader_wanted_to_go_and_nowhere_else(passkeys: Passkeys, device: Device) -> None:
    for wanted, led in (("/console/?x=1", "/console/?x=1"), ("//elsewhere.example/", "/console/")):
        passkeys.sign_out()
        signed = device.use(passkeys.asked_to_use())
        assert passkeys.post(USE, credential=signed, next=wanted)["Location"] == led


def test_the_session_gets_a_new_key_and_forgets_what_was_before(passkeys: Passkeys, device: Device) -> None:
    signed = device.use(passkeys.asked_to_use())
    before = passkeys.console.client.cookies["staff"].value
    session = passkeys.console.client.session
    session["planted"] = "before"
    session.save()
    assert passkeys.send(signed) == 302
    assert passkeys.console.client.cookies["staff"].value != before
    assert "planted" not in passkeys.console.client.session
    passkeys.console.client.cookies["staff"] = before
    assert not passkeys.inside()


def test_its_session_ends_after_eight_hours_and_with_the_account(passkeys: Passkeys, device: Device) -> None:
    from guerdon.web.accounts.models import StaffSession  # noqa: PLC0415
    from guerdon.web.accounts.people import dismiss_staff  # noqa: PLC0415

    assert passkeys.sign_in(device) == 302
    StaffSession.objects.update(started_at=utc_now() - timedelta(hours=8, minutes=1))
    assert not passkeys.inside()
    passkeys.sign_out()
    assert passkeys.sign_in(device) == 302
    assert dismiss_staff(EMAIL)
    assert not passkeys.inside()


def spoil(name: str, value: object) -> Callable[[Passkeys, Device], str]:
    """A device that does one thing otherwise."""

    def signed(passkeys: Passkeys, device: Device) -> str:
        setattr(device, name, value)
        return device.use(passkeys.asked_to_use())

    return signed


def another_key(passkeys: Passkeys, device: Device) -> str:
    return Device(credential_id=device.credential_id, handle=device.handle).use(passkeys.asked_to_use())


def a_challenge_of_nobody(passkeys: Passkeys, device: Device) -> str:
    return device.use(passkeys.asked_to_use(), challenge=to_text(secrets.token_bytes(32)))


def a_challenge_of_another_session(passkeys: Passkeys, device: Device) -> str:
    asked = passkeys.asked_to_use()
    passkeys.sign_out()
    passkeys.asked_to_use()
    return device.use(asked)


def a_challenge_without_its_session(passkeys: Passkeys, device: Device) -> str:
    asked = passkeys.asked_to_use()
    passkeys.sign_out()
    return device.use(asked)


def a_challenge_that_is_late(passkeys: Passkeys, device: Device) -> str:
    from guerdon.web.accounts.models import PasskeyChallenge  # noqa: PLC0415

    asked = passkeys.asked_to_use()
    PasskeyChallenge.objects.update(asked_at=utc_now() - timedelta(minutes=5, seconds=1))
    return device.use(asked)


def a_challenge_to_add(passkeys: Passkeys, device: Device) -> str:
    from guerdon.web.accounts.models import PasskeyChallenge  # noqa: PLC0415

    asked = passkeys.asked_to_use()
    PasskeyChallenge.objects.update(purpose="add")
    return device.use(asked)


def an_answer_about_making(passkeys: Passkeys, device: Device) -> str:
    return device.use(passkeys.asked_to_use(), type="webauthn.create")


def a_passkey_of_nobody(passkeys: Passkeys, device: Device) -> str:
    return Device(handle=device.handle).use(passkeys.asked_to_use())


REFUSED = {
    "another origin": spoil("origin", "http://localhost:8711"),
    "an origin that is like it": spoil("origin", "http://localhost:8710.example.com"),
    "another place": spoil("rp_id", "example.com"),
    "the owner was not checked": spoil("flags", PRESENT),
    "nobody was there": spoil("flags", WHOLE - PRESENT),
    "flags that cannot be": spoil("flags", WHOLE | COPIED),
    "a frame in another page": spoil("cross_origin", value=True),
    "another owner": spoil("handle", b"somebody else"),
    "no owner": spoil("handle", b""),
    "another key": another_key,
    "a challenge of nobody": a_challenge_of_nobody,
    "a challenge of another session": a_challenge_of_another_session,
    "a challenge without its session": a_challenge_without_its_session,
    "a challenge that is late": a_challenge_that_is_late,
    "a challenge to add": a_challenge_to_add,
    "an answer about making": an_answer_about_making,
    "a passkey of nobody": a_passkey_of_nobody,
}


@pytest.mark.parametrize("signed", REFUSED.values(), ids=REFUSED)
def test_it_is_refused(passkeys: Passkeys, device: Device, signed: Callable[[Passkeys, Device], str]) -> None:
    assert passkeys.send(signed(passkeys, device)) == 403
    assert not passkeys.inside()
    assert "This passkey was not taken." in passkeys.console.last
    assert attempts() == 1
    assert passkeys.kept() == [("phone", 0, False, False)]


def test_all_refusals_look_alike(passkeys: Passkeys, device: Device) -> None:
    for spoiled in (spoil("flags", PRESENT), a_passkey_of_nobody, a_challenge_of_nobody):
        assert passkeys.send(spoiled(passkeys, device)) == 403
        assert EMAIL not in passkeys.console.last


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 20_000,
        '{"id":"a","rawId":"a","type":"public-key","response":{}}',
        '{"id":"a","rawId":"é","type":"public-key","response":{"clientDataJSON":"a","authenticatorData":"a","signature":"a"}}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"_w","authenticatorData":"","signature":""}}',
        "x" * 40_000,
        "\0",
    ],
    ids=["nothing", "null", "list", "object", "deep", "parts", "letters", "bytes", "long", "zero"],
)
def test_what_is_no_answer_is_refused(passkeys: Passkeys, text: str) -> None:
    assert passkeys.send(text) == 403
    assert attempts() == 1


@pytest.mark.usefixtures("device")
def test_an_answer_of_a_known_passkey_with_garbled_parts_is_refused(
    passkeys: Passkeys, device: Device
) -> None:
    for said in ({"challenge": 5}, {"challenge": None}, {"origin": ["http://localhost:8710"]}):
        assert passkeys.send(device.use(passkeys.asked_to_use(), **said)) == 403


def test_a_challenge_is_answered_once(passkeys: Passkeys, device: Device) -> None:
    asked = passkeys.asked_to_use()
    device.flags = PRESENT
    assert passkeys.send(device.use(asked)) == 403
    device.flags = WHOLE
    # The same session, in time, and now all else is right.
    assert passkeys.send(device.use(asked)) == 403
    assert passkeys.sign_in(device) == 302


def test_what_was_sent_once_opens_nothing_again(passkeys: Passkeys, device: Device) -> None:
    signed = device.use(passkeys.asked_to_use())
    before = passkeys.console.client.cookies["staff"].value
    assert passkeys.send(signed) == 302
    for cookie in (None, before):
        passkeys.sign_out()
        if cookie:
            passkeys.console.client.cookies["staff"] = cookie
        assert passkeys.send(signed) == 403
        assert not passkeys.inside()


@pytest.mark.parametrize("again", [0, 3, 5], ids=["none", "fewer", "as many"])
def test_a_count_that_does_not_rise_is_refused_and_noted(
    passkeys: Passkeys, device: Device, again: int
) -> None:
    device.count = 4
    assert passkeys.sign_in(device) == 302
    passkeys.sign_out()
    device.count, device.rises = again, False
    assert passkeys.sign_in(device) == 403
    assert not passkeys.inside()
    assert passkeys.noted()[1:] == [("passkey.count_fell", True, {"told": again, "known": 5})]
    assert passkeys.kept() == [("phone", 5, False, True)]


def test_a_count_without_a_right_signature_says_nothing(passkeys: Passkeys, device: Device) -> None:
    device.count = 4
    assert passkeys.sign_in(device) == 302
    passkeys.sign_out()
    assert passkeys.send(another_key(passkeys, device)) == 403
    assert [action for action, *_ in passkeys.noted()] == ["passkey.added"]


def test_of_two_with_one_count_at_the_same_moment_one_is_taken(passkeys: Passkeys, device: Device) -> None:
    from guerdon.web.accounts.models import Passkey  # noqa: PLC0415
    from guerdon.web.accounts.passkeys.ceremonies import CountFell, Used  # noqa: PLC0415
    from guerdon.web.accounts.passkeys.entrance import _count  # noqa: PLC0415  the moment in between

    first, second = Passkey.objects.get(), Passkey.objects.get()
    _count(first, Used(sign_count=1, backed_up=False))
    with pytest.raises(CountFell):
        _count(second, Used(sign_count=1, backed_up=False))
    assert passkeys.sign_in(device) == 403


def test_what_a_stranger_sent_makes_no_line_of_its_own_in_the_log(
    passkeys: Passkeys, device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    device.origin = "http://x\nall is well" + "x" * 5000
    assert passkeys.sign_in(device) == 403
    [said] = [each.getMessage() for each in caplog.records if "passkey was refused" in each.getMessage()]
    assert "origin" in said
    assert "\n" not in said
    assert len(said) < 300


def test_a_passkey_in_a_keychain_does_not_count(passkeys: Passkeys, device: Device) -> None:
    device.rises, device.flags = False, WHOLE | MAY_BE_COPIED | COPIED
    for _ in range(2):
        passkeys.sign_out()
        assert passkeys.sign_in(device) == 302
    assert passkeys.kept() == [("phone", 0, True, True)]


@pytest.mark.parametrize("how", ["dismissed", "left"])
def test_who_may_not_sign_in_may_not_by_passkey_either(passkeys: Passkeys, device: Device, how: str) -> None:
    from guerdon.web.accounts.people import dismiss_staff  # noqa: PLC0415

    if how == "dismissed":
        assert dismiss_staff(EMAIL)
    else:
        program_id = passkeys.console.house.program_id
        with room().reading(program_id) as tx:
            assert record_leaving(tx, program_id, EMAIL, "test", utc_now())
    assert passkeys.sign_in(device) == 403
    assert not passkeys.inside()
    assert passkeys.kept() == [("phone", 0, False, False)]


def test_failed_passkeys_count_with_failed_passwords(passkeys: Passkeys, device: Device) -> None:
    for _ in range(3):
        assert passkeys.send(another_key(passkeys, device)) == 403
    for _ in range(2):
        assert passkeys.console.sign_in(password="not the password") == 403
    assert passkeys.sign_in(device) == 429
    assert passkeys.console.sign_in() == 429
    from guerdon.web.accounts.models import SignInAttempt  # noqa: PLC0415

    SignInAttempt.objects.update(at=utc_now() - timedelta(minutes=16))
    assert passkeys.sign_in(device) == 302


def test_strange_passkeys_stop_nobody_but_their_network(passkeys: Passkeys, device: Device) -> None:
    for _ in range(20):
        assert passkeys.send(a_passkey_of_nobody(passkeys, device)) == 403
    assert passkeys.post(f"{USE}/challenge").status_code == 429
    from guerdon.web.accounts.models import SignInAttempt  # noqa: PLC0415

    SignInAttempt.objects.update(at=utc_now() - timedelta(minutes=2))
    assert passkeys.sign_in(device) == 302


def test_a_password_opens_no_way_around_the_passkey(passkeys: Passkeys, device: Device) -> None:
    assert passkeys.console.sign_in() == 403
    for path in ("/account/second-factor", "/account/second-factor/new"):
        assert passkeys.console.client.get(path)["Location"] == "/account/sign-in"
    assert not passkeys.inside()
    assert passkeys.sign_in(device) == 302


def test_the_forms_come_from_our_own_pages_alone(passkeys: Passkeys, device: Device) -> None:
    client, signed = passkeys.console.client, device.use(passkeys.asked_to_use())
    for path in (f"{USE}/challenge", USE):
        assert client.post(path, {"credential": signed}).status_code == 403
        assert client.get(path).status_code == 405
    assert not passkeys.inside()


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://rewards.example.com", PasskeyPlace("rewards.example.com", "https://rewards.example.com")),
        ("https://Rewards.Example.com:443/x", PasskeyPlace("rewards.example.com", "https://rewards.example.com")),
        ("https://rewards.example.com:8443", PasskeyPlace("rewards.example.com", "https://rewards.example.com:8443")),
        ("http://localhost:8710", PasskeyPlace("localhost", "http://localhost:8710")),
        ("http://console.localhost", PasskeyPlace("console.localhost", "http://console.localhost")),
        ("http://rewards.example.com", "plain"),
        ("http://notlocalhost", "plain"),
        ("http://127.0.0.1:8710", "number"),
        ("https://192.0.2.7", "number"),
        ("https://[2001:db8::7]:8443", "number"),
    ],
)  # fmt: skip
def test_where_passkeys_can_be(address: str, place: object) -> None:
    assert passkey_place(address) == place


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://127.0.0.1:8710", "is a bare number"),
        ("http://rewards.example.com", "for an address with https"),
    ],
)
def test_where_they_cannot_be_no_button_offers_them_and_the_page_says_why(
    staff: Console, address: str, why: str
) -> None:
    with at_a_name(staff, address) as passkeys:
        page = staff.client.get("/account/passkeys").content.decode()
        assert why in page
        assert address in page
        assert "data-passkey" not in page
        assert passkeys.post("/account/passkeys/challenge").status_code == 403
        assert passkeys.post("/account/passkeys", act="add", name="x").status_code == 403
        assert passkeys.post(f"{USE}/challenge").status_code == 404
        assert passkeys.post(USE, credential="{}")["Location"] == "/account/sign-in"
        passkeys.sign_out()
        assert "passkey" not in staff.client.get("/account/sign-in").content.decode()


def test_where_they_can_be_the_button_waits_for_its_script(passkeys: Passkeys) -> None:
    page = passkeys.console.client.get("/account/sign-in").content.decode()
    form = page.partition('action="/account/sign-in/passkey"')[2].partition(">")[0]
    assert form.endswith(" hidden")
    assert 'data-origin="http://localhost:8710"' in form
    assert "js/passkeys.js" in page


def test_challenges_are_given_out_so_many_a_minute(
    passkeys: Passkeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guerdon.web.accounts.passkeys import entrance  # noqa: PLC0415  Django is prepared by then

    monkeypatch.setattr(entrance, "ASKED", Guesses(3, 60.0))
    asked = [passkeys.post(f"{USE}/challenge").status_code for _ in range(5)]
    assert asked == [200, 200, 200, 429, 429]
