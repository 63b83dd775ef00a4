"""Accounts of channels as an installation opens them, and through them the stand-ins over HTTP."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tests.program.programs import SPOKEN, read_whole
from tests.standins.house import Receiver, wait_for
from tests.standins.messengers import Messenger, start, stop

from guerdon.channels.push.tokens import decoded
from guerdon.channels.wired import Channels, missing_of, wrong_addresses
from guerdon.cli.up import check_secrets
from guerdon.config import Settings, read_settings
from guerdon.engine.messages.port import (
    Accepted,
    Device,
    Parcel,
    Phone,
    Push,
    Receipt,
    Rejected,
    Shut,
    Sms,
    Subscription,
)
from guerdon.program.messages.accounts import PushAccounts
from guerdon.program.model import Program

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "0123456789abcdef" * 2
PROGRAM = read_whole(SPOKEN)
EMAIL = "sender@standin-project.iam.gserviceaccount.com"


def clock() -> datetime:
    return NOW


@cache
def key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def service_account(**changed: Any) -> str:
    pem = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    said = {"client_email": EMAIL, "project_id": "another-project", "private_key": pem, "token_uri": ""}
    return json.dumps({**said, "token_uri": "https://oauth2.googleapis.com/token", **changed})


def settings(tmp_path: Path, **given: str) -> Settings:
    read = read_settings({"GUERDON_HOME": str(tmp_path), "GUERDON_SECRET": SECRET, **given})
    assert isinstance(read, Settings), read
    return read


def parcel(address: Phone | Device | Subscription, content: Sms | Push, **changed: Any) -> Parcel:
    made = Parcel(
        UUID(int=7), 1, 1, 1, "sms" if isinstance(content, Sms) else "push", address, "en", content, NOW,
        timedelta(hours=4),
    )  # fmt: skip
    return replace(made, **changed)


def test_a_channel_is_open_where_its_secret_is_here(tmp_path: Path) -> None:
    bare = Channels(settings(tmp_path))
    assert bare.open(PROGRAM, "sms", 2, clock) == []
    assert bare.listener(PROGRAM, "twilio") is None
    assert not bare.takes_apps(PROGRAM)
    full = Channels(settings(tmp_path, TWILIO_TOKEN="t", FCM_ACCOUNT=service_account()))
    assert len(full.open(PROGRAM, "sms", 2, clock)) == 2
    assert len(full.open(PROGRAM, "push", 3, clock)) == 3
    assert full.open(PROGRAM, "email", 1, clock) == full.open(PROGRAM, "inapp", 1, clock) == []
    assert full.listener(PROGRAM, "twilio") is not None
    assert full.listener(PROGRAM, "vonage") is None
    assert full.takes_apps(PROGRAM)


def test_what_was_agreed_is_the_pace(tmp_path: Path) -> None:
    channels = Channels(settings(tmp_path, TWILIO_TOKEN="t"))
    assert channels.open(PROGRAM, "sms", 1, clock)[0].abilities.per_second == 10
    assert PROGRAM.channels.sms is not None
    loose = replace(PROGRAM, channels=replace(PROGRAM.channels, sms=replace(PROGRAM.channels.sms, pace=None)))
    assert channels.open(loose, "sms", 1, clock)[0].abilities.per_second is None


def test_of_push_what_is_there_is_open(tmp_path: Path) -> None:
    # Without an app's account browsers are pushed to, and the other way round.
    channels = Channels(settings(tmp_path))
    [browsers] = channels.open(PROGRAM, "push", 1, clock)
    assert browsers.send(parcel(Device("a"), Push("a", "b"))) == Rejected("channel:closed")
    apps_alone = replace(
        PROGRAM, channels=replace(PROGRAM.channels, push=PushAccounts(None, PROGRAM.channels.push.fcm))
    )
    assert channels.open(apps_alone, "push", 1, clock) == []
    assert channels.browser_key(apps_alone) is None
    none = replace(PROGRAM, channels=replace(PROGRAM.channels, sms=None, push=PushAccounts()))
    assert [channels.open(none, kind, 1, clock) for kind in ("sms", "push")] == [[], []]
    assert channels.callback_url(none, "sms") == ""


def test_the_key_of_browsers_stays_and_belongs_to_one_installation(tmp_path: Path) -> None:
    here, again = (Channels(settings(tmp_path)).browser_key(PROGRAM) for _ in range(2))
    other = Channels(settings(tmp_path, GUERDON_SECRET=SECRET[::-1])).browser_key(PROGRAM)
    assert here == again != other
    point = decoded(here or "")
    assert point is not None
    assert (len(point), point[0]) == (65, 4)


def test_callbacks_come_to_the_public_address(tmp_path: Path) -> None:
    channels = Channels(settings(tmp_path, GUERDON_PUBLIC_URL="https://rewards.example/g/"))
    assert (
        channels.callback_url(PROGRAM, "sms") == "https://rewards.example/g/hooks/messages/harbor_club/twilio"
    )
    assert channels.callback_url(PROGRAM, "push") == ""


def test_what_is_missing_is_named_and_nothing_is_repeated(tmp_path: Path) -> None:
    assert missing_of(PROGRAM, settings(tmp_path)) == [
        "TWILIO_TOKEN, which channel sms of harbor_club names",
        "FCM_ACCOUNT, which channel push of harbor_club names",
    ]
    wrong = settings(tmp_path, TWILIO_TOKEN="t", FCM_ACCOUNT="/etc/keys/hidden.json")
    assert missing_of(PROGRAM, wrong) == ["FCM_ACCOUNT of harbor_club is no service account's key as JSON"]
    assert missing_of(PROGRAM, settings(tmp_path, TWILIO_TOKEN="t", FCM_ACCOUNT=service_account())) == []


def test_up_starts_without_a_channel_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_secrets(PROGRAM, settings(tmp_path))
    said = capsys.readouterr().err
    assert "TWILIO_TOKEN, which channel sms of harbor_club names" in said
    assert "other channels" in said


def test_an_address_for_nobody_is_named(tmp_path: Path) -> None:
    read = settings(tmp_path, GUERDON_CHANNELS="twillio=http://127.0.0.1:9, fcm=https://fcm.example/")
    assert dict(read.channels) == {"twillio": "http://127.0.0.1:9", "fcm": "https://fcm.example"}
    assert [str(each) for each in wrong_addresses(read)] == [
        "GUERDON_CHANNELS: 'twillio' carries no messages  (did you mean twilio?)"
    ]


@pytest.mark.parametrize("text", ["twilio", "twilio=ftp://a.example", "twilio=http://10.0.0.1", "a=b=c, a=b"])
def test_a_wrong_address_is_refused_by_its_setting(text: str) -> None:
    problems = read_settings({"GUERDON_SECRET": SECRET, "GUERDON_CHANNELS": text})
    assert isinstance(problems, list)
    assert {problem.where for problem in problems} == {"GUERDON_CHANNELS"}


def test_a_browser_of_a_stranger_leads_to_no_network_of_ours(tmp_path: Path) -> None:
    # Whoever subscribes says where to: what the operator opened for others is not open for them.
    channels = Channels(settings(tmp_path, GUERDON_OUTBOUND_ALLOW="127.0.0.0/8"))
    assert channels.browsers_allow == ()
    [push] = channels.open(PROGRAM, "push", 1, clock)
    point = decoded(channels.browser_key(PROGRAM) or "") or b""
    there = Subscription("http://127.0.0.1:9/x", point, b"s" * 16)
    assert push.send(parcel(there, Push("a", "b"))) == Rejected("http:inside")


@pytest.fixture(scope="module")
def twilio_process() -> Iterator[Messenger]:
    messenger = start("twilio", "--checked")
    yield messenger
    assert stop(messenger) == 0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    there = Receiver()
    yield there
    there.close()


def of_account(sid: str, sender: str) -> Program:
    assert PROGRAM.channels.sms is not None
    account = replace(PROGRAM.channels.sms, account=sid, senders={"default": sender})
    return replace(PROGRAM, channels=replace(PROGRAM.channels, sms=account))


def test_a_text_message_goes_through_and_what_comes_back_is_believed(
    twilio_process: Messenger, receiver: Receiver, tmp_path: Path
) -> None:
    twilio_process.reset()
    keys = twilio_process.keys
    program = of_account(keys["account"], keys["from"])
    ours = settings(tmp_path, TWILIO_TOKEN=keys["token"], GUERDON_CHANNELS=f"twilio={twilio_process.address}")
    channels = Channels(ours)
    [texting] = channels.open(program, "sms", 1, clock)
    sent = texting.send(
        parcel(Phone("+447700900500", "GB"), Sms("Your code is 123"), callback_url=receiver.url)
    )
    assert isinstance(sent, Accepted)
    assert [row["status"] for row in twilio_process.ledger()] != []
    twilio_process.advance(600)
    wait_for(lambda: len(receiver.received) > 1)
    received = receiver.received[-1]
    listener = channels.listener(program, "twilio")
    assert listener is not None
    headers = {name.lower(): value for name, value in received.headers.items()}
    [told] = listener.read(receiver.url, headers, received.body, NOW) or ()
    assert isinstance(told, Receipt)
    assert told.provider_id == sent.provider_id
    # For another address the same words are signed by nobody.
    assert listener.read(f"{receiver.url}x", headers, received.body, NOW) is None


def test_a_token_that_is_changed_is_believed_beside_the_one_before(tmp_path: Path) -> None:
    before = Channels(settings(tmp_path, TWILIO_TOKEN="old")).listener(PROGRAM, "twilio")
    after = Channels(settings(tmp_path, TWILIO_TOKEN="new", TWILIO_TOKEN_PREVIOUS="old"))
    assert getattr(before, "secrets", None) == ("old", "")
    assert getattr(after.listener(PROGRAM, "twilio"), "secrets", None) == ("new", "old")


@pytest.fixture(scope="module")
def fcm_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Messenger]:
    path = tmp_path_factory.mktemp("fcm") / "public.pem"
    path.write_bytes(key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    messenger = start("fcm", "--checked", "--client-email", EMAIL, "--public-key", str(path))
    yield messenger
    assert stop(messenger) == 0


def test_an_app_is_pushed_to_by_the_project_of_the_program(fcm_process: Messenger, tmp_path: Path) -> None:
    fcm_process.reset()
    token = str(fcm_process.control("registrations", platform="android")["token"])
    assert PROGRAM.channels.push.fcm is not None
    fcm = replace(PROGRAM.channels.push.fcm, project="standin-project")
    program = replace(
        PROGRAM, channels=replace(PROGRAM.channels, push=replace(PROGRAM.channels.push, fcm=fcm))
    )
    ours = settings(
        tmp_path,
        FCM_ACCOUNT=service_account(token_uri=f"{fcm_process.address}/token"),
        GUERDON_CHANNELS=f"fcm={fcm_process.address}",
    )
    channels = Channels(ours)
    [push] = channels.open(program, "push", 1, clock)
    sent = push.send(parcel(Device(token), Push("Hello", "There is a reward")))
    assert isinstance(sent, Accepted), sent
    assert sent.provider_id.startswith("projects/standin-project/messages/")
    # Opened anew, it asks for no other token.
    assert isinstance(
        channels.open(program, "push", 1, clock)[0].send(parcel(Device(token), Push("a", "b"))), Accepted
    )
    gone = channels.open(PROGRAM, "push", 1, clock)[0].send(parcel(Device(token), Push("a", "b")))
    assert isinstance(gone, Shut | Rejected)
