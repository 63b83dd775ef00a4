"""FCM: what is posted, by which token, and what the answers mean."""

import json
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.channels.parcels import NOW, REF, Clock, Provider, parcel
from tests.http.receiver import Receiver, Request, receiving
from tests.http.receiver import answered as wire_answer

from guerdon.channels.push.fcm.account import TOKEN_URL, Bearer, read_account
from guerdon.channels.push.fcm.wire import Fcm
from guerdon.channels.push.tokens import decoded
from guerdon.engine.messages.port import (
    Accepted,
    Device,
    Outcome,
    Push,
    Rejected,
    Retry,
    Shut,
    Unsure,
)
from guerdon.http import Answer, Client, Unreachable
from guerdon.values.destinations import read_networks

DEVICE = Device("fMc0:APA91bHun4-token_of-the-device")
SAID = Push("Your reward is here", "200 €, until 3 August", "https://brand.example/r/abc", "reward-7")
SEND = "https://fcm.googleapis.com/v1/projects/nordlys-1/messages:send"
NAME = "projects/nordlys-1/messages/0:1500415314455276%31bd1c9631bd1c96"
GIVEN = Answer(200, {}, b'{"access_token": "ya29.one", "expires_in": 3599, "token_type": "Bearer"}')
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


@cache
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def account_file(**changed: Any) -> str:
    held = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    given = {
        "type": "service_account",
        "project_id": "nordlys-1",
        "private_key_id": "4f1",
        "private_key": held,
        "client_email": "push@nordlys-1.iam.gserviceaccount.com",
        "token_uri": TOKEN_URL,
    }
    return json.dumps(given | changed)


def opened(*answers: Answer | Unreachable) -> tuple[Fcm, Provider, Clock]:
    provider, clock = Provider(list(answers)), Clock()
    return Fcm(provider, Bearer(provider, read_account(account_file()), clock), clock), provider, clock


def sent(*answers: Answer | Unreachable, **changed: Any) -> Outcome:
    channel, _, _ = opened(GIVEN, *answers)
    given: dict[str, Any] = {"address": DEVICE, "content": SAID} | changed
    return channel.send(parcel(**given))


def done(name: str = NAME) -> Answer:
    return Answer(200, {}, json.dumps({"name": name}).encode())


def error(status: int, canonical: str, *details: object, message: str = "No.", **headers: str) -> Answer:
    said = {"error": {"code": status, "message": message, "status": canonical, "details": list(details)}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, json.dumps(said).encode())


def coded(code: str) -> dict[str, str]:
    return {"@type": FCM_ERROR, "errorCode": code}


def violated(field: str) -> dict[str, object]:
    return {"@type": BAD_REQUEST, "fieldViolations": [{"field": field, "description": "Invalid"}]}


# The fields that Google's description of the interface (discovery, fcm v1) has, as far as they matter here.
DESCRIBED: dict[str, Any] = {
    "message": {
        "token": str,
        "notification": {"title": str, "body": str, "image": str},
        "data": dict,
        "android": {
            "collapse_key": str,
            "priority": ("NORMAL", "HIGH"),
            "ttl": str,
            "restricted_package_name": str,
            "notification": {"title": str, "body": str, "tag": str, "click_action": str, "channel_id": str},
        },
        "apns": {"headers": dict, "payload": dict},
    },
    "validate_only": bool,
}


def assert_described(said: Any, described: Any, where: str = "") -> None:
    if isinstance(described, dict):
        assert set(said) <= set(described), f"{where}: {set(said) - set(described)}"
        for name, inner in said.items():
            assert_described(inner, described[name], f"{where}.{name}")
    elif isinstance(described, tuple):
        assert said in described, where
    elif described is dict:
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in said.items()), where
    else:
        assert isinstance(said, described), where


def test_a_notification_is_posted_as_google_describes_it() -> None:
    channel, provider, _ = opened(GIVEN, done())
    assert channel.send(parcel(DEVICE, SAID, urgent=True, language="ar")) == Accepted(NAME)
    asked = provider.asked[1]
    assert (asked.method, asked.url) == ("POST", SEND)
    assert asked.headers == {"Authorization": "Bearer ya29.one", "Content-Type": "application/json"}
    said = json.loads(asked.body or b"")
    assert_described(said, DESCRIBED)
    assert said == {
        "message": {
            "token": DEVICE.token,
            "notification": {"title": "Your reward is here", "body": "200 €, until 3 August"},
            "data": {"url": "https://brand.example/r/abc", "tag": "reward-7", "lang": "ar", "dir": "rtl"},
            "android": {"priority": "HIGH", "ttl": "3600s", "notification": {"tag": "reward-7"}},
            "apns": {
                "headers": {
                    "apns-priority": "10",
                    "apns-expiration": str(int(NOW.timestamp()) + 3600),
                    "apns-collapse-id": REF.hex,
                }
            },
        }
    }
    channel.close()


@pytest.mark.parametrize(("ttl", "said"), [(timedelta(days=90), "2419200s"), (timedelta(seconds=-1), "0s")])
def test_it_is_kept_no_longer_than_google_keeps_it(ttl: timedelta, said: str) -> None:
    channel, provider, _ = opened(GIVEN, done())
    channel.send(parcel(DEVICE, Push("a", "b"), ttl=ttl))
    message = json.loads(provider.asked[1].body or b"")["message"]
    assert message["android"] == {"priority": "NORMAL", "ttl": said, "notification": {"tag": str(REF)}}
    assert message["apns"]["headers"]["apns-priority"] == "5"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (error(404, "NOT_FOUND", coded("UNREGISTERED")), Rejected("fcm:UNREGISTERED", retires=True)),
        (
            error(400, "INVALID_ARGUMENT", coded("INVALID_ARGUMENT"), violated("message.token")),
            Rejected("fcm:INVALID_ARGUMENT", retires=True),
        ),
        # As their page shows it: no field is named.
        (
            error(
                400,
                "INVALID_ARGUMENT",
                coded("INVALID_ARGUMENT"),
                message="The registration token is not a valid FCM registration token",
            ),
            Rejected("fcm:INVALID_ARGUMENT", retires=True),
        ),
        # What is wrong is ours; were it taken for the token's fault, a mistake would retire every one.
        (error(400, "INVALID_ARGUMENT", coded("INVALID_ARGUMENT")), Rejected("fcm:INVALID_ARGUMENT")),
        (
            error(400, "INVALID_ARGUMENT", violated("message.data[0].value")),
            Rejected("fcm:INVALID_ARGUMENT"),
        ),
        (
            error(400, "INVALID_ARGUMENT", violated("message.token"), violated("message.android.ttl")),
            Rejected("fcm:INVALID_ARGUMENT"),
        ),
        (error(403, "PERMISSION_DENIED", coded("SENDER_ID_MISMATCH")), Rejected("fcm:SENDER_ID_MISMATCH")),
        (
            error(401, "UNAUTHENTICATED", coded("THIRD_PARTY_AUTH_ERROR")),
            Rejected("fcm:THIRD_PARTY_AUTH_ERROR"),
        ),
        (error(403, "PERMISSION_DENIED"), Shut("fcm:PERMISSION_DENIED")),
        (error(404, "NOT_FOUND"), Shut("fcm:NOT_FOUND")),
        (
            error(429, "RESOURCE_EXHAUSTED", coded("QUOTA_EXCEEDED"), retry_after="90"),
            Retry("fcm:QUOTA_EXCEEDED", timedelta(seconds=90)),
        ),
        (
            error(429, "RESOURCE_EXHAUSTED", coded("QUOTA_EXCEEDED")),
            Retry("fcm:QUOTA_EXCEEDED", timedelta(seconds=60)),
        ),
        (Answer(429, {}, b"busy"), Retry("fcm:429", timedelta(seconds=60))),
        (
            error(503, "UNAVAILABLE", coded("UNAVAILABLE"), retry_after="7"),
            Retry("fcm:UNAVAILABLE", timedelta(seconds=7)),
        ),
        (error(500, "INTERNAL", coded("INTERNAL")), Retry("fcm:INTERNAL")),
        (Answer(502, {}, b"<!DOCTYPE html>"), Retry("fcm:502")),
        (error(400, "<script>", coded("x" * 99)), Rejected("fcm:400")),
        (Answer(400, {}, b'{"error": "odd"}'), Rejected("fcm:400")),
        (Answer(400, {}, b'{"error": {"details": [1, {"fieldViolations": 2}]}}'), Rejected("fcm:400")),
        (Answer(200, {}, b"{}"), Unsure("fcm:unreadable")),
        (Answer(200, {}, b"\xff"), Unsure("fcm:unreadable")),
        (Unreachable("timeout", sent=True), Unsure("http:timeout")),
        (Unreachable("refused"), Retry("http:refused")),
    ],
    ids=str,
)
def test_what_answers_mean(answer: Answer | Unreachable, outcome: Outcome) -> None:
    assert sent(answer) == outcome


def test_what_is_too_large_is_not_sent() -> None:
    channel, provider, _ = opened()
    assert channel.send(parcel(DEVICE, Push("a", "é" * 2_048))) == Rejected("push:large")
    assert provider.asked == []


def test_the_token_is_asked_for_as_google_describes_it() -> None:
    channel, provider, _ = opened(GIVEN, done())
    channel.send(parcel(DEVICE, SAID))
    asked = provider.asked[0]
    assert (asked.method, asked.url) == ("POST", TOKEN_URL)
    form = parse_qs((asked.body or b"").decode(), strict_parsing=True)
    assert form.pop("grant_type") == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    ((assertion,),) = form.values()
    head, claims, signature = assertion.split(".")
    signed = decoded(signature)
    assert signed is not None
    key().public_key().verify(signed, f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
    assert json.loads(decoded(head) or b"") == {"alg": "RS256", "typ": "JWT", "kid": "4f1"}
    assert json.loads(decoded(claims) or b"") == {
        "iss": "push@nordlys-1.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": TOKEN_URL,
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
    }


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    renewed = Answer(200, {}, b'{"access_token": "ya29.two", "expires_in": 3599}')
    channel, provider, clock = opened(GIVEN, done(), done(), renewed, done())
    first = clock.now
    channel.send(parcel(DEVICE, SAID))
    clock.now = first + timedelta(seconds=3599 - 301)
    channel.send(parcel(DEVICE, SAID))
    assert len(provider.asked) == 3
    clock.now += timedelta(seconds=1)
    assert channel.send(parcel(DEVICE, SAID)) == Accepted(NAME)
    assert [each.url for each in provider.asked[3:]] == [TOKEN_URL, SEND]
    assert provider.asked[4].headers["Authorization"] == "Bearer ya29.two"


def test_a_token_that_is_turned_down_is_renewed_once() -> None:
    renewed = Answer(200, {}, b'{"access_token": "ya29.two", "expires_in": 3599}')
    turned_down = error(401, "UNAUTHENTICATED")
    channel, provider, _ = opened(GIVEN, turned_down, renewed, done())
    assert channel.send(parcel(DEVICE, SAID)) == Accepted(NAME)
    assert provider.asked[3].headers["Authorization"] == "Bearer ya29.two"
    channel, provider, _ = opened(GIVEN, turned_down, renewed, turned_down)
    assert channel.send(parcel(DEVICE, SAID)) == Shut("fcm:UNAUTHENTICATED")
    assert len(provider.asked) == 4


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(400, {}, b'{"error": "invalid_grant"}'), Shut("fcm:token invalid_grant")),
        (Answer(401, {}, b'{"error": "<script>"}'), Shut("fcm:token 401")),
        (Answer(403, {}, b""), Shut("fcm:token 403")),
        (Answer(200, {}, b"{}"), Retry("fcm:token unreadable")),
        (Answer(200, {}, b'{"access_token": "a\\nb", "expires_in": 9}'), Retry("fcm:token unreadable")),
        (Answer(503, {"retry-after": "5"}, b""), Retry("fcm:token 503", timedelta(seconds=5))),
        # Even where the question for a token went out, the message did not.
        (Unreachable("timeout", sent=True), Retry("fcm:token timeout")),
    ],
    ids=str,
)
def test_without_a_token_nothing_is_handed_over(answer: Answer | Unreachable, outcome: Outcome) -> None:
    channel, provider, _ = opened(answer)
    assert channel.send(parcel(DEVICE, SAID)) == outcome
    assert len(provider.asked) == 1


def test_it_goes_over_a_real_wire() -> None:
    def answer(request: Request) -> list[bytes]:
        held = GIVEN.body if request.path == "/token" else json.dumps({"name": NAME}).encode()
        return [wire_answer(200, held)]

    with receiving(Receiver(answer)) as receiver:
        there = f"http://127.0.0.1:{receiver.port}"
        client, clock = Client(read_networks("127.0.0.0/8") or ()), Clock()
        account = read_account(account_file(token_uri=f"{there}/token"))
        assert Fcm(client, Bearer(client, account, clock), clock, there).send(
            parcel(DEVICE, SAID)
        ) == Accepted(NAME)
    assert [request.path for request in receiver.requests] == [
        "/token",
        "/v1/projects/nordlys-1/messages:send",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no service account"),
        ("[]", "no service account"),
        ("{}", "no service account"),
        (account_file(client_email=7), "no service account"),
        (account_file(private_key=None), "no service account"),
        (account_file(private_key="none"), "cannot be read"),
        (account_file(project_id="a/../b"), "no project"),
        (account_file(project_id=None), "no project"),
        (account_file(token_uri="file:///etc/passwd"), "no address"),
        (
            account_file(
                private_key=ec.generate_private_key(ec.SECP256R1())
                .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                .decode()
            ),
            "cannot be read",
        ),
    ],
    ids=lambda each: each[:20],
)
def test_what_is_no_account_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        read_account(text)
    assert "PRIVATE" not in str(refused.value)


def test_an_account_shows_nothing_of_its_key() -> None:
    account = read_account(account_file())
    assert (account.project, account.token_url, account.key_id) == ("nordlys-1", TOKEN_URL, "4f1")
    assert "key=" not in repr(account)
    assert "ya29" not in repr(Bearer(Provider([]), account, Clock(), "ya29.secret"))
