"""One's own passkeys: added, listed, removed, each only after showing again who one is."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from tests.web.console.authenticator import PRESENT, Device
from tests.web.console.conftest import EMAIL, PASSWORD, Console
from tests.web.console.passkeys import OWN, SET_UP, Passkeys, at_a_name

from guerdon.values.clock import utc_now


@pytest.fixture
def passkeys(console: Console) -> Iterator[Passkeys]:
    """Somebody who has just signed in, at an address with a name."""
    with at_a_name(console) as opened:
        assert console.sign_in() == 302
        yield opened


@pytest.fixture
def first_time(console: Console) -> Iterator[Passkeys]:
    """Somebody whose password was right, at their first sign-in."""
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415  Django is prepared by then

    Staff.objects.update(second_factor_waived=False)
    with at_a_name(console) as opened:
        assert console.sign_in() == 303
        yield opened


def grow_stale(passkeys: Passkeys) -> None:
    """As if the last proof of who it is were too old."""
    session = passkeys.console.client.session
    session["proved_at"] = (utc_now() - timedelta(minutes=5, seconds=1)).isoformat()
    session.save()


def shown(passkeys: Passkeys) -> str:
    page: str = passkeys.console.client.get(OWN, headers={"accept-language": "en"}).content.decode()
    return page


def number_of(passkeys: Passkeys) -> str:
    [(number,)] = passkeys.console.house.rows("select id from accounts.passkey")
    return str(number)


def test_a_passkey_is_added_listed_and_removed_and_all_of_it_is_noted(passkeys: Passkeys) -> None:
    assert "No passkeys yet." in shown(passkeys)
    assert passkeys.add(Device(), "  work   phone ") == 303
    assert "work phone" in shown(passkeys)
    assert "not used yet" in shown(passkeys)
    [(transports, key)] = passkeys.console.house.rows("select transports, public_key from accounts.passkey")
    assert (transports, bool(key)) == ("hybrid,internal", True)
    assert passkeys.post(OWN, act="remove", passkey=number_of(passkeys)).status_code == 303
    assert passkeys.kept() == []
    assert passkeys.noted() == [("passkey.added", True, {}), ("passkey.removed", True, {})]


def test_what_was_removed_opens_nothing(passkeys: Passkeys) -> None:
    device = Device()
    assert passkeys.add(device) == 303
    assert passkeys.post(OWN, act="remove", passkey=number_of(passkeys)).status_code == 303
    passkeys.sign_out()
    assert passkeys.sign_in(device) == 403


def test_the_device_is_asked_to_keep_it_to_check_its_owner_and_to_tell_nothing(passkeys: Passkeys) -> None:
    device = Device()
    assert passkeys.add(device) == 303
    asked = passkeys.asked_to_add()
    wanted = asked["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["requireResidentKey"]) == ("required", True)
    assert wanted["userVerification"] == "required"
    assert (asked["rp"]["id"], asked["attestation"]) == ("localhost", "none")
    assert [known["transports"] for known in asked["excludeCredentials"]] == [["hybrid", "internal"]]
    # How the device names the account can be read by whoever holds it.
    assert EMAIL.encode() not in device.handle
    assert len(device.handle) == 32


@pytest.mark.parametrize(
    ("device", "wrong"),
    [
        (Device(origin="http://localhost:8711"), {}),
        (Device(rp_id="example.com"), {}),
        (Device(flags=PRESENT), {}),
        (Device(cross_origin=True), {}),
        (Device(), {"challenge": "AAAA"}),
        (Device(), {"type": "webauthn.get"}),
    ],
    ids=["another origin", "another place", "unchecked", "a frame", "another challenge", "a signature"],
)
def test_a_new_passkey_is_refused(passkeys: Passkeys, device: Device, wrong: dict[str, str]) -> None:
    assert passkeys.add(device, **wrong) == 403
    assert "The passkey was not added." in passkeys.console.last
    assert passkeys.kept() == passkeys.noted() == []


def test_a_challenge_makes_one_passkey_and_none_when_it_is_late(passkeys: Passkeys) -> None:
    from guerdon.web.accounts.models import PasskeyChallenge  # noqa: PLC0415

    asked = passkeys.asked_to_add()
    for device, status in ((Device(), 303), (Device(), 403)):
        assert passkeys.post(OWN, act="add", name="x", credential=device.make(asked)).status_code == status
    late = passkeys.asked_to_add()
    PasskeyChallenge.objects.update(asked_at=utc_now() - timedelta(minutes=5, seconds=1))
    assert passkeys.post(OWN, act="add", name="x", credential=Device().make(late)).status_code == 403
    # What was asked at the sign-in makes none either.
    PasskeyChallenge.objects.update(asked_at=utc_now(), purpose="use")
    assert passkeys.post(OWN, act="add", name="x", credential=Device().make(late)).status_code == 403
    assert len(passkeys.kept()) == 1


def test_a_passkey_belongs_to_one_account_once(passkeys: Passkeys) -> None:
    device = Device()
    assert passkeys.add(device) == 303
    assert passkeys.add(device, "again") == 403
    assert [name for name, *_ in passkeys.kept()] == ["phone"]
    assert [action for action, *_ in passkeys.noted()] == ["passkey.added"]


@pytest.mark.parametrize(
    ("name", "status"), [("", 403), ("   ", 403), ("a" * 61, 403), ("a" * 60, 303), ("a\x07b", 403)]
)
def test_a_passkey_has_a_name(passkeys: Passkeys, name: str, status: int) -> None:
    assert passkeys.add(Device(), name) == status
    assert ("Give the passkey a name" in passkeys.console.last) is (status == 403)


def test_a_name_is_text_and_no_markup(passkeys: Passkeys) -> None:
    assert passkeys.add(Device(), "<b>mine</b>") == 303
    assert "&lt;b&gt;mine" in shown(passkeys)


def test_twenty_are_enough(passkeys: Passkeys) -> None:
    for number in range(20):
        assert passkeys.add(Device(), f"number {number}") == 303
    assert passkeys.add(Device()) == 403
    assert len(passkeys.kept()) == 20


def test_a_session_that_was_left_open_changes_nothing(passkeys: Passkeys) -> None:
    assert passkeys.add(Device()) == 303
    number, asked = number_of(passkeys), passkeys.asked_to_add()
    grow_stale(passkeys)
    assert passkeys.post(f"{OWN}/challenge").status_code == 403
    assert passkeys.post(OWN, act="add", name="x", credential=Device().make(asked)).status_code == 403
    assert passkeys.post(OWN, act="remove", passkey=number).status_code == 403
    assert len(passkeys.kept()) == 1
    page = shown(passkeys)
    assert 'value="prove"' in page
    assert 'value="remove"' not in page
    assert "data-passkey" not in page


def test_the_password_proves_it_and_wrong_ones_are_counted(passkeys: Passkeys) -> None:
    grow_stale(passkeys)
    assert passkeys.post(OWN, act="prove", password="not the password").status_code == 403
    assert passkeys.post(OWN, act="prove").status_code == 403
    assert passkeys.post(f"{OWN}/challenge").status_code == 403
    assert passkeys.post(OWN, act="prove", password=PASSWORD).status_code == 303
    assert passkeys.add(Device()) == 303
    grow_stale(passkeys)
    for _ in range(3):
        assert passkeys.post(OWN, act="prove", password="not the password").status_code == 403
    assert passkeys.post(OWN, act="prove", password=PASSWORD).status_code == 429


def test_a_code_proves_it_once_and_to_nobody_without_an_authenticator(first_time: Passkeys) -> None:
    console = first_time.console
    page = console.client.get("/account/second-factor/new").content.decode()
    spelled = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert spelled
    phone = pyotp.TOTP(spelled[1].replace(" ", ""))
    used = phone.now()
    assert first_time.post("/account/second-factor/new", code=used).status_code == 200
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415

    grow_stale(first_time)
    assert first_time.post(OWN, act="prove", code=used).status_code == 403
    Staff.objects.update(second_factor_step=0)
    assert first_time.post(OWN, act="prove", code=phone.now()).status_code == 303
    Staff.objects.update(second_factor=b"")
    grow_stale(first_time)
    assert first_time.post(OWN, act="prove", code=phone.now()).status_code == 403


def test_nobody_removes_the_passkey_of_another(passkeys: Passkeys) -> None:
    from guerdon.web.accounts.models import Passkey, Staff  # noqa: PLC0415

    assert passkeys.add(Device()) == 303
    another = Staff.objects.create(email="b@example.com", name="B", password="!", created_at=utc_now())
    Passkey.objects.update(staff=another)
    for number in (number_of(passkeys), "", "x", "-1", "9" * 30, "٣"):
        assert passkeys.post(OWN, act="remove", passkey=number).status_code == 303
    assert len(passkeys.kept()) == 1
    assert [action for action, *_ in passkeys.noted()] == ["passkey.added"]


def test_without_a_session_there_is_nothing_of_ones_own(passkeys: Passkeys) -> None:
    passkeys.sign_out()
    assert passkeys.console.client.get(OWN)["Location"] == f"/account/sign-in?next={OWN}"
    assert passkeys.post(OWN, act="add", name="x")["Location"].startswith("/account/sign-in")
    assert passkeys.post(f"{OWN}/challenge").status_code == 403
    assert passkeys.post(SET_UP, name="x")["Location"] == "/account/sign-in"


def test_who_is_known_to_no_program_can_change_nothing(passkeys: Passkeys) -> None:
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415

    # No audit could say that they did.
    Staff.objects.update(email="unknown@example.com")
    assert passkeys.add(Device()) == 403
    assert passkeys.kept() == []


def test_at_the_first_sign_in_a_passkey_does_instead_of_an_authenticator(first_time: Passkeys) -> None:
    assert (
        "Use a passkey instead"
        in first_time.console.client.get("/account/second-factor/new").content.decode()
    )
    device = Device()
    asked = first_time.asked_to_add()
    unchecked = Device(flags=PRESENT).make(asked)
    assert first_time.post(SET_UP, name="phone", credential=unchecked).status_code == 403
    assert "The passkey was not added." in first_time.console.last
    assert not first_time.inside()
    made = device.make(first_time.asked_to_add())
    assert first_time.post(SET_UP, name="phone", credential=made)["Location"] == first_time.console.home
    assert first_time.inside()
    first_time.sign_out()
    assert first_time.sign_in(device) == 302
    assert [action for action, *_ in first_time.noted()] == ["passkey.added"]


def test_a_password_adds_no_passkey_where_there_is_a_second_factor(first_time: Passkeys) -> None:
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415

    asked = first_time.asked_to_add()
    Staff.objects.update(second_factor=b"sealed")
    made = Device().make(asked)
    assert first_time.post(SET_UP, name="phone", credential=made)["Location"] == "/account/sign-in"
    assert first_time.post(f"{OWN}/challenge").status_code == 403
    assert first_time.kept() == []


def test_a_set_up_that_was_left_open_makes_no_second_way_in(first_time: Passkeys) -> None:
    from guerdon.web.accounts.models import Passkey, Staff  # noqa: PLC0415
    from guerdon.web.accounts.second_factor import _keep  # noqa: PLC0415

    page = first_time.console.client.get("/account/second-factor/new").content.decode()
    spelled = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert spelled
    Passkey.objects.create(
        staff=Staff.objects.get(), credential_id=b"i", public_key=b"k", sign_count=0, name="phone",
        created_at=utc_now(), backed_up=False,
    )  # fmt: skip
    assert first_time.console.client.get("/account/second-factor/new")["Location"] == "/account/sign-in"
    # Nor when the passkey is added after the page was looked up.
    assert _keep(Staff.objects.get(), b"s" * 20, 1) is None
    code = pyotp.TOTP(spelled[1].replace(" ", "")).now()
    again = first_time.post("/account/second-factor/new", code=code)
    assert again["Location"] == "/account/sign-in"
    assert not first_time.inside()
    assert bytes(Staff.objects.get().second_factor) == b""


def test_a_reset_forgets_passkeys_and_sessions(passkeys: Passkeys) -> None:
    from guerdon.web.accounts.people import forget_second_factor  # noqa: PLC0415

    device = Device()
    assert passkeys.add(device) == 303
    assert forget_second_factor(EMAIL)
    assert not passkeys.inside()
    assert passkeys.kept() == []
    assert passkeys.sign_in(device) == 403
