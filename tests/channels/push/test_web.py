"""Web Push: what goes out, what each answer means, and a push service of other people's."""

import json
import socket
import subprocess
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import http_ece  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from tests.channels.parcels import REF, Clock, Provider, parcel
from tests.channels.push.test_vapid import verified
from tests.peers.npm import HERE

from guerdon.channels.push.encryption import TEXT_MAX, point
from guerdon.channels.push.tokens import coded
from guerdon.channels.push.vapid import Vapid, vapid_key
from guerdon.channels.push.web import WebPush, read_subscription
from guerdon.engine.messages.port import (
    Accepted,
    Outcome,
    Push,
    Rejected,
    Retry,
    Subscription,
    Unsure,
)
from guerdon.http import Answer, Client, Unreachable
from guerdon.values.clock import utc_now
from guerdon.values.destinations import read_networks

LOCAL = read_networks("127.0.0.0/8") or ()
BROWSER, SECRET = generate_private_key(SECP256R1()), b"sixteen byte key"
ENDPOINT = "https://push.example:8443/send/abc"
THERE = Subscription(ENDPOINT, point(BROWSER.public_key()), SECRET)
SAID = Push("Your reward is here", "200 €, until 3 August", "https://brand.example/r/abc", "reward-7")
VAPID = Vapid(vapid_key(bytes(32)), "mailto:ops@brand.example")


def sent(*answers: Answer | Unreachable, **changed: Any) -> tuple[Outcome, Provider]:
    service = Provider(list(answers))
    given: dict[str, Any] = {"address": THERE, "content": SAID} | changed
    return WebPush(service, VAPID, Clock()).send(parcel(**given)), service


def answered(status: int, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


def test_a_notification_goes_to_its_browser_alone() -> None:
    outcome, service = sent(answered(201, location="https://push.example/m/1"), urgent=True, language="ar")
    assert outcome == Accepted("https://push.example/m/1")
    (asked,) = service.asked
    assert (asked.method, asked.url) == ("POST", ENDPOINT)
    assert asked.headers["TTL"] == "3600"
    assert asked.headers["Urgency"] == "high"
    assert asked.headers["Content-Encoding"] == "aes128gcm"
    # At most 32 letters of base64url (RFC 8030, 5.4), the same for the same attempt.
    assert asked.headers["Topic"] == coded(REF.bytes)
    assert verified(asked.headers["Authorization"])["aud"] == "https://push.example:8443"
    text = http_ece.decrypt(asked.body, private_key=BROWSER, auth_secret=SECRET, version="aes128gcm")
    assert json.loads(text) == {
        "title": "Your reward is here",
        "body": "200 €, until 3 August",
        "url": "https://brand.example/r/abc",
        "tag": "reward-7",
        "lang": "ar",
        "dir": "rtl",
    }


def test_what_is_not_urgent_wakes_nobody_and_a_repetition_replaces_the_first() -> None:
    _, service = sent(answered(201), content=Push("a", "b"), ttl=timedelta(seconds=-5))
    (asked,) = service.asked
    assert (asked.headers["Urgency"], asked.headers["TTL"]) == ("normal", "0")
    text = http_ece.decrypt(asked.body, private_key=BROWSER, auth_secret=SECRET, version="aes128gcm")
    assert json.loads(text)["tag"] == str(REF)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (answered(201), Accepted(str(REF))),
        (answered(200), Accepted(str(REF))),
        (answered(404), Rejected("push:404", retires=True)),
        (answered(410), Rejected("push:410", retires=True)),
        (answered(413), Rejected("push:large")),
        (answered(400), Rejected("push:400")),
        # Anybody may subscribe with an address that answers so: it says nothing of the others.
        (answered(401), Rejected("push:401")),
        (answered(403), Rejected("push:403")),
        (answered(301, location="http://127.0.0.1/"), Rejected("push:301")),
        (answered(429, retry_after="120"), Retry("push:429", timedelta(seconds=120), alone=True)),
        (
            answered(429, retry_after="Mon, 23 Nov 2026 12:01:00 GMT"),
            Retry("push:429", timedelta(minutes=1), alone=True),
        ),
        (answered(429, retry_after="Mon, 23 Nov 2026 11:00:00 GMT"), Retry("push:429", alone=True)),
        (answered(429, retry_after="99999999999"), Retry("push:429", timedelta(hours=24), alone=True)),
        (answered(429, retry_after="soon"), Retry("push:429", alone=True)),
        (answered(429), Retry("push:429", alone=True)),
        (answered(500), Retry("push:500", alone=True)),
        (answered(503, retry_after="7"), Retry("push:503", timedelta(seconds=7), alone=True)),
        (Unreachable("timeout"), Retry("http:timeout", alone=True)),
        (Unreachable("timeout", sent=True), Unsure("http:timeout", alone=True)),
        (Unreachable("name"), Retry("http:name", alone=True)),
        (Unreachable("inside"), Rejected("http:inside")),
        (Unreachable("url"), Rejected("http:url", retires=True)),
    ],
    ids=str,
)
def test_what_answers_mean(answer: Answer | Unreachable, outcome: Outcome) -> None:
    assert sent(answer)[0] == outcome


@pytest.mark.parametrize(
    ("there", "content", "outcome"),
    [
        (Subscription(ENDPOINT, bytes(65), SECRET), SAID, Rejected("address:unusable", retires=True)),
        (Subscription(ENDPOINT, THERE.key, b""), SAID, Rejected("address:unusable", retires=True)),
        (
            Subscription("ftp://push.example", THERE.key, SECRET),
            SAID,
            Rejected("address:unusable", retires=True),
        ),
        (THERE, Push("a", "x" * TEXT_MAX), Rejected("push:large")),
        (THERE, Push("a", "é" * (TEXT_MAX // 2)), Rejected("push:large")),
    ],
)
def test_what_cannot_arrive_is_not_sent(there: Subscription, content: Push, outcome: Outcome) -> None:
    said, service = sent(address=there, content=content)
    assert said == outcome
    assert service.asked == []


def test_an_address_of_ours_is_not_pushed_to() -> None:
    channel = WebPush(Client(), VAPID, Clock())
    inner = Subscription("https://127.0.0.1/x", THERE.key, SECRET)
    assert channel.send(parcel(inner, SAID)) == Rejected("http:inside")
    channel.close()


def test_a_subscription_is_read_as_browsers_write_it() -> None:
    key, secret = coded(THERE.key), coded(SECRET)
    read = read_subscription("https://push.example/send/abc", key, secret)
    assert read == Subscription("https://push.example/send/abc", THERE.key, SECRET)
    assert secret not in repr(read)
    for endpoint, p256dh, auth in (
        ("http://push.example/x", key, secret),
        ("https://10.0.0.1/x", key, secret),
        ("https://push.example:22/x", key, secret),
        (f"https://push.example/{'x' * 2_000}", key, secret),
        ("https://push.example/x", key[:-4], secret),
        ("https://push.example/x", coded(bytes(65)), secret),
        ("https://push.example/x", key, coded(bytes(15))),
        ("https://push.example/x", key, "not base64 !"),
        ("", key, secret),
    ):
        assert read_subscription(endpoint, p256dh, auth) is None


def asked_of(port: int, path: str, **said: str) -> Any:
    body = json.dumps(said).encode()
    answer = Client(LOCAL).ask(
        "POST", f"http://127.0.0.1:{port}/{path}", {"Content-Type": "application/json"}, body, 10
    )
    assert answer.status == 200, answer.body
    return json.loads(answer.body)["data"] if answer.body != b"OK" else None


@pytest.fixture
def service(peers: Path) -> Iterator[int]:
    """The port of npm's web-push-testing, which decrypts what it is handed as a browser would."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = peers / "push.js"
    script.write_text((HERE / "push.js").read_text())
    words = ["node", str(script), str(port)]
    with subprocess.Popen(words, cwd=peers, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert "ready\n" in running.stdout
        yield port
        running.terminate()


def test_a_push_service_of_others_believes_and_reads_it(service: int) -> None:
    subscribed = asked_of(service, "subscribe", userVisibleOnly="true", applicationServerKey=VAPID.public)
    keys = subscribed["keys"]
    there = Subscription(subscribed["endpoint"], b64(keys["p256dh"]), b64(keys["auth"]))
    # It names itself so, and is not to be looked for elsewhere.
    client = Client(LOCAL, resolve=lambda _, __: ["127.0.0.1"])
    channel = WebPush(client, VAPID, utc_now)
    assert channel.send(parcel(there, SAID)) == Accepted(str(REF))
    shown = asked_of(service, "get-notifications", clientHash=subscribed["clientHash"])["messages"]
    assert [json.loads(each)["body"] for each in shown] == ["200 €, until 3 August"]
    # Another installation's key is not the one it subscribed for.
    stranger = WebPush(client, Vapid(vapid_key(bytes(31) + b"x"), "mailto:a@b.example"), utc_now)
    assert stranger.send(parcel(there, SAID)) == Rejected("push:400")
    # A token that ended is not believed.
    late = WebPush(client, Vapid(VAPID.key, VAPID.contact), Clock(utc_now() - timedelta(days=2)))
    assert late.send(parcel(there, SAID)) == Rejected("push:400")
    asked_of(service, f"expire-subscription/{subscribed['clientHash']}")
    assert channel.send(parcel(there, SAID)) == Rejected("push:410", retires=True)


def b64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
