"""Members sign in by passkey: who gets in, and everything that does not."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.app.conftest import App, Counted
from tests.app.passkeys import Keychain, keychain_of
from tests.lending import looking
from tests.web.console.authenticator import COPIED, MAY_BE_COPIED, PRESENT, Device, to_bytes, to_text
from tests.web.member.conftest import Door

from guerdon.engine.privacy.forgetting import forget
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.engine.sessions.passkeys import ASKED_FOR, PASSKEYS_MAX
from guerdon.values.clock import utc_now
from guerdon.web.guesses import Guesses
from guerdon.web.rooms import room


@pytest.fixture
def keychain(app: App, door: Door) -> Keychain:
    """A member who is signed in by a code, at an address with a name."""
    made = keychain_of(app, door)
    app.house.enroll(7)
    app.house.enroll(8)
    app.tell(7)
    app.tell(8)
    app.enter(door, 7)
    return made


@pytest.fixture
def device(keychain: Keychain) -> Device:
    """A passkey of the member, who is signed out."""
    made = Device()
    assert keychain.add(made) == 303
    keychain.leave()
    return made


def test_a_passkey_alone_signs_in_and_is_counted(
    keychain: Keychain, device: Device, counted: Counted
) -> None:
    assert not keychain.inside()
    assert keychain.sign_in(device) == 303
    assert keychain.inside()
    assert keychain.kept() == [(7, 1, True)]
    keychain.leave()
    assert keychain.sign_in(device) == 303
    assert keychain.kept() == [(7, 2, True)]
    assert counted("session.begun") == 3
    assert keychain.app.house.rows("select detail ->> 'by' from audit where action = 'session.begun'") == [
        ("code",),
        ("passkey",),
        ("passkey",),
    ]


def test_it_leads_where_one_wanted_to_go_and_nowhere_else(keychain: Keychain, device: Device) -> None:
    base = keychain.app.base
    for wanted, led in (("passkeys", f"{base}/you/passkeys"), ("//elsewhere.example", base)):
        keychain.leave()
        signed = device.use(keychain.asked_to_use())
        assert keychain.send(signed, to=wanted)["Location"] == led


def test_the_browser_is_asked_for_nobody_and_for_its_owners_check(keychain: Keychain) -> None:
    asked = keychain.asked_to_use()
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")
    assert not asked.get("allowCredentials")
    assert asked["challenge"] != keychain.asked_to_use()["challenge"]


def test_a_device_is_told_who_it_is_for_and_what_it_has_already(keychain: Keychain) -> None:
    first = Device()
    assert keychain.add(first) == 303
    asked = keychain.asked_to_add()
    assert asked["user"]["name"] == "ann7@example.com"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert [each["id"] for each in asked["excludeCredentials"]] == [to_text(first.credential_id)]
    # By nothing that could be read.
    assert len(to_bytes(asked["user"]["id"])) == 32


def test_its_name_is_sealed_and_its_member_sees_it(keychain: Keychain) -> None:
    assert keychain.add(Device(), "<b>my ring</b>") == 303
    page = keychain.door.client.get(f"{keychain.app.base}/you/passkeys").content.decode()
    assert "&lt;b&gt;my ring&lt;/b&gt;" in page
    assert "Not used yet" in page
    ((sealed,),) = keychain.app.house.rows("select name from member_passkeys")
    assert isinstance(sealed, bytes)
    assert b"my ring" not in sealed
    assert "You have 1 passkey" in keychain.door.client.get(f"{keychain.app.base}/you").content.decode()
    assert keychain.noted() == [("passkey.added", True, {})]
    mine = keychain.post("/you/data", act="download").content.decode()
    assert "<b>my ring</b>" in mine
    assert "public_key" not in mine


def test_what_was_typed_is_kept_when_it_is_not_taken(keychain: Keychain) -> None:
    made = Device(flags=PRESENT).make(keychain.asked_to_add())
    answer = keychain.post("/you/passkeys", act="add", name="my  ring", credential=made)
    assert answer.status_code == 403
    assert 'value="my ring"' in answer.content.decode()
    assert keychain.kept() == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u202eb", "\x00"])
def test_a_name_is_short_and_can_be_read(keychain: Keychain, name: str) -> None:
    assert keychain.add(Device(), name) == 422
    assert keychain.kept() == []


def test_ten_are_enough_and_one_device_is_there_once(keychain: Keychain) -> None:
    device = Device()
    assert keychain.add(device) == 303
    again = Device(credential_id=device.credential_id)
    assert keychain.add(again) == 403
    for _ in range(PASSKEYS_MAX - 1):
        assert keychain.add(Device()) == 303
    assert keychain.add(Device()) == 409
    assert len(keychain.kept()) == PASSKEYS_MAX


def test_what_somebody_else_has_is_not_added(keychain: Keychain, device: Device) -> None:
    keychain.app.enter(keychain.door, 8)
    assert keychain.add(Device(credential_id=device.credential_id)) == 403
    assert keychain.kept() == [(7, 0, False)]


def test_a_removed_one_opens_nothing_and_another_members_stays(
    keychain: Keychain, device: Device, counted: Counted
) -> None:
    ((number,),) = keychain.app.house.rows("select encode(passkey_hash, 'hex') from member_passkeys")
    keychain.app.enter(keychain.door, 8)
    for wrong in (str(number), "0" * 64, "x", "Z" * 64):
        assert keychain.post("/you/passkeys", act="remove", passkey=wrong).status_code == 303
    assert keychain.kept() == [(7, 0, False)]
    keychain.leave()
    assert keychain.sign_in(device) == 303
    assert keychain.post("/you/passkeys", act="remove", passkey=str(number)).status_code == 303
    assert keychain.kept() == []
    assert counted("passkey.removed") == 1
    keychain.leave()
    assert keychain.sign_in(device) == 403


def test_who_signed_in_long_ago_changes_nothing_of_how_they_sign_in(
    keychain: Keychain, device: Device
) -> None:
    assert keychain.sign_in(device) == 303
    asked, house = keychain.asked_to_add(), keychain.app.house
    keychain.set_back("member_sessions", "begun_at", timedelta(minutes=16))
    assert keychain.post("/you/passkeys/challenge").status_code == 403
    made = Device().make(asked)
    assert keychain.post("/you/passkeys", act="add", name="theirs", credential=made).status_code == 403
    ((number,),) = house.rows("select encode(passkey_hash, 'hex') from member_passkeys")
    assert keychain.post("/you/passkeys", act="remove", passkey=str(number)).status_code == 403
    assert len(keychain.kept()) == 1
    page = keychain.door.client.get(f"{keychain.app.base}/you/passkeys").content.decode()
    assert "Sign in again" in page
    assert "data-passkey" not in page
    # One touch more, and they are back where they were.
    left = keychain.post("/sign-out", act="here", to="passkeys")
    assert left["Location"] == f"{keychain.app.base}/sign-in?to=passkeys"
    assert keychain.send(device.use(keychain.asked_to_use()), to="passkeys").status_code == 303
    assert keychain.add(Device()) == 303


def test_nobody_adds_one_without_being_signed_in(keychain: Keychain) -> None:
    keychain.leave()
    for path in ("/you/passkeys", "/you/passkeys/challenge"):
        answer = keychain.post(path, act="add", name="x", credential="{}")
        assert answer["Location"] == f"{keychain.app.base}/sign-in"


def spoiled(name: str, value: object) -> Callable[[Keychain, Device], str]:
    """A device that does one thing otherwise."""

    def signed(keychain: Keychain, device: Device) -> str:
        setattr(device, name, value)
        return device.use(keychain.asked_to_use())

    return signed


def another_key(keychain: Keychain, device: Device) -> str:
    return Device(credential_id=device.credential_id, handle=device.handle).use(keychain.asked_to_use())


def a_challenge_of_nobody(keychain: Keychain, device: Device) -> str:
    return device.use(keychain.asked_to_use(), challenge=to_text(secrets.token_bytes(32)))


def a_challenge_of_another_browser(keychain: Keychain, device: Device) -> str:
    asked = keychain.asked_to_use()
    keychain.leave()
    keychain.asked_to_use()
    return device.use(asked)


def a_challenge_of_before(keychain: Keychain, device: Device) -> str:
    asked = keychain.asked_to_use()
    keychain.set_back("passkey_challenges", "asked_at", ASKED_FOR)
    return device.use(asked)


def a_challenge_for_adding(keychain: Keychain, device: Device) -> str:
    asked = keychain.asked_to_use()
    with looking(keychain.app.house.url) as connection:
        connection.execute("update passkey_challenges set purpose = 'add'")
    return device.use(asked)


def answered_before(keychain: Keychain, device: Device) -> str:
    signed = device.use(keychain.asked_to_use())
    assert keychain.send(signed).status_code == 303
    keychain.door.client.cookies.pop(next(each for each in keychain.door.client.cookies if "member-" in each))
    return signed


def answered_wrongly_before(keychain: Keychain, device: Device) -> str:
    asked = keychain.asked_to_use()
    device.flags = PRESENT
    assert keychain.send(device.use(asked)).status_code == 403
    device.flags = PRESENT | 0x04
    return device.use(asked)


def altered(keychain: Keychain, device: Device) -> str:
    signed = device.use(keychain.asked_to_use())
    return signed.replace('"signature": "', '"signature": "AA')


FORGED: dict[str, Callable[[Keychain, Device], str]] = {
    "another origin": spoiled("origin", "https://evil.example"),
    "another host": spoiled("rp_id", "evil.example"),
    "a frame of another page": spoiled("cross_origin", value=True),
    "nobody was checked": spoiled("flags", PRESENT),
    "nobody was there": spoiled("flags", 0x04),
    "another owner": spoiled("handle", b"somebody"),
    "no owner": spoiled("handle", b""),
    "an unknown passkey": spoiled("credential_id", b"x" * 32),
    "another key": another_key,
    "a challenge of nobody": a_challenge_of_nobody,
    "a challenge of another browser": a_challenge_of_another_browser,
    "a challenge that is over": a_challenge_of_before,
    "a challenge for adding": a_challenge_for_adding,
    "a replay": answered_before,
    "a second try": answered_wrongly_before,
    "a broken signature": altered,
    "an answer to adding": lambda keychain, device: device.make(
        {"user": {"id": to_text(device.handle)}, **keychain.asked_to_use()}
    ),
    "no JSON": lambda *_: "{",
    "nothing": lambda *_: "",
    "a list": lambda *_: "[]",
    "too long": lambda *_: "x" * 40_000,
}


@pytest.mark.parametrize("how", list(FORGED))
def test_what_is_forged_opens_nothing_and_is_answered_alike(
    keychain: Keychain, device: Device, how: str
) -> None:
    answer = keychain.send(FORGED[how](keychain, device))
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "This passkey was not taken." in page
    assert not keychain.inside()
    stranger = keychain.send(Device().use(keychain.asked_to_use())).content.decode()
    assert _without_tokens(page) == _without_tokens(stranger)


def _without_tokens(page: str) -> str:
    head, *rest = page.split('name="csrfmiddlewaretoken" value="')
    return head.split("<main", 1)[1] + "".join(each.partition('"')[2] for each in rest)


def test_a_passkey_of_another_program_is_nobodys_here(
    keychain: Keychain, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    from guerdon.web.member.passkeys.owners import handle_of  # noqa: PLC0415  Django is prepared by then

    programs = room().programs()
    (number, program), *_ = programs.items()
    other = number + 1
    monkeypatch.setattr(room(), "programs", lambda: {other: program})
    assert handle_of(number, 7) != handle_of(other, 7)
    signed = device.use(keychain.asked_to_use())
    assert keychain.send(signed).status_code == 403
    # Nor where it names the owner that a member of that number would have there.
    device.handle = handle_of(other, 7)
    assert keychain.sign_in(device) == 403
    assert keychain.kept() == [(7, 0, False)]


@pytest.mark.parametrize("again", [3, 4])
def test_a_count_that_does_not_rise_is_refused_and_told(
    keychain: Keychain, device: Device, again: int
) -> None:
    device.count = 4
    assert keychain.sign_in(device) == 303
    keychain.leave()
    device.count, device.rises = again, False
    assert keychain.sign_in(device) == 403
    assert not keychain.inside()
    assert keychain.noted()[1:] == [("passkey.count_fell", True, {"told": again, "known": 5})]
    assert keychain.kept() == [(7, 5, True)]


def test_of_two_with_one_count_at_the_same_moment_one_is_taken(keychain: Keychain, device: Device) -> None:
    from guerdon.engine.sessions.passkeys import (  # noqa: PLC0415  the moment in between
        note_signature,
        passkeys_of_credential,
    )

    house, now = keychain.app.house, utc_now()
    with room().reading(house.program_id) as tx:
        (row,) = passkeys_of_credential(tx, house.program_id, device.credential_id)
        assert note_signature(tx, row, 1, now)
        assert not note_signature(tx, row, 1, now)


def test_a_passkey_in_a_keychain_does_not_count(keychain: Keychain, device: Device) -> None:
    device.rises, device.flags = False, PRESENT | 0x04 | MAY_BE_COPIED | COPIED
    for _ in range(2):
        keychain.leave()
        assert keychain.sign_in(device) == 303
    assert keychain.kept() == [(7, 0, True)]


def test_whoever_is_forgotten_signs_in_by_it_no_more(
    keychain: Keychain, device: Device, tmp_path: Path
) -> None:
    house = keychain.app.house
    with house.working() as tx:
        assert forget(tx, Graveyard(tmp_path, house.vault), house.program_id, [7], utc_now()) == 1
    assert keychain.kept() == []
    assert keychain.sign_in(device) == 403


def test_forms_are_paced_as_those_with_codes_are(keychain: Keychain, device: Device) -> None:
    room().sign_ins = Guesses(2, 60.0)
    signed = device.use(keychain.asked_to_use())
    bad = signed.replace('"signature": "', '"signature": "AA')
    assert [keychain.send(bad).status_code for _ in range(2)] == [403, 403]
    answer = keychain.send(bad)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_challenges_are_paced_and_let_go_of(keychain: Keychain) -> None:
    from guerdon.web.member.passkeys import entrance  # noqa: PLC0415  Django is prepared by then

    entrance.ASKED_OF_ALL = Guesses(2, 60.0)
    assert [keychain.post("/sign-in/passkey/challenge").status_code for _ in range(3)] == [200, 200, 429]
    keychain.set_back("passkey_challenges", "asked_at", timedelta(minutes=6))
    entrance.ASKED_OF_ALL = Guesses(9, 60.0)
    keychain.asked_to_use()
    assert len(keychain.app.house.rows("select from passkey_challenges")) == 1


@pytest.mark.parametrize("address", ["http://192.0.2.7:8710", "http://plain.example"])
def test_where_browsers_make_none_there_is_the_code(keychain: Keychain, address: str) -> None:
    keychain_of(keychain.app, keychain.door, address)
    page = keychain.door.client.get(f"{keychain.app.base}/you/passkeys").content.decode()
    assert "This address does not allow passkeys." in page
    assert keychain.post("/you/passkeys/challenge").status_code == 403
    assert keychain.post("/sign-in/passkey/challenge").status_code == 404
    assert keychain.send("{}").status_code == 404
    keychain.leave()
    assert "passkey" not in keychain.door.client.get(f"{keychain.app.base}/sign-in").content.decode()


def test_old_ones_hold_as_long_as_they_are_there(keychain: Keychain, device: Device) -> None:
    keychain.set_back("member_passkeys", "added_at", timedelta(days=900))
    assert keychain.sign_in(device) == 303
