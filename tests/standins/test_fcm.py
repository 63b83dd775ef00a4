"""The stand-in for FCM does as the documents say, verifies for real, and its faults do as they are called."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from standins.fcm.documented import PLAIN_JSON, TABLE, Misread, checked, spelled
from tests.standins.messengers import Messenger, Said, start, stop

SEND = "/v1/projects/standin-project/messages:send"
EMAIL = "sender@standin-project.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
NOON_S = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())
SILENT = 0
DAY_S = 86_400
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Messenger]:
    path = tmp_path_factory.mktemp("fcm") / "public.pem"
    path.write_bytes(public_pem(KEY))
    messenger = start("fcm", "--checked", "--client-email", EMAIL, "--public-key", str(path))
    yield messenger
    assert stop(messenger) == 0


@pytest.fixture
def fresh(process: Messenger) -> Messenger:
    process.headers = {}
    process.reset()
    return process


@pytest.fixture
def fcm(fresh: Messenger) -> Messenger:
    token = ask_token(fresh, assertion()).body["access_token"]
    fresh.headers = {"Authorization": f"Bearer {token}"}
    return fresh


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def assertion(key: rsa.RSAPrivateKey = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
    head = {"alg": "RS256", "typ": "JWT"} if header is None else header
    told = {
        "iss": EMAIL,
        "scope": SCOPE,
        "aud": "https://oauth2.googleapis.com/token",
        "iat": NOON_S,
        "exp": NOON_S + 3600,
    }
    told = {name: claim for name, claim in {**told, **claims}.items() if claim is not None}
    signed = f"{part(json.dumps(head).encode())}.{part(json.dumps(told).encode())}"
    return f"{signed}.{part(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def ask_token(fcm: Messenger, text: str, **more: str) -> Said:
    return fcm.ask("POST", "/token", form={"grant_type": GRANT, "assertion": text, **more})


def register(fcm: Messenger, platform: str = "android", **more: str) -> str:
    return str(fcm.control("registrations", platform=platform, **more)["token"])


def send(fcm: Messenger, token: str, fault: str = "none", **more: Any) -> Said:
    fcm.control("faults", next=[fault])
    message = {"token": token, "notification": {"title": "Hello", "body": "There is a reward"}, **more}
    return fcm.ask("POST", SEND, {"message": message})


def code_of(said: Said) -> str | None:
    """FCM's own code in the details of an error."""
    for detail in said.body["error"].get("details", []):
        if detail["@type"].endswith("v1.FcmError"):
            return str(detail["errorCode"])
    return None


def test_a_signed_assertion_becomes_a_token_for_an_hour(fresh: Messenger) -> None:
    said = ask_token(fresh, assertion())
    assert said.status == 200
    assert (said.body["token_type"], said.body["expires_in"]) == ("Bearer", 3600)
    fresh.headers = {"Authorization": f"Bearer {said.body['access_token']}"}
    token = register(fresh)
    assert send(fresh, token).status == 200
    fresh.advance(3599)
    assert send(fresh, token).status == 200
    fresh.advance(1)
    late = send(fresh, token)
    assert (late.status, late.body["error"]["status"]) == (401, "UNAUTHENTICATED")
    own = assertion(aud=f"{fresh.address}/token", iat=NOON_S + 3600, exp=NOON_S + 7200)
    again = ask_token(fresh, own)
    fresh.headers = {"Authorization": f"Bearer {again.body['access_token']}"}
    assert send(fresh, token).status == 200
    fresh.control("tokens/revoke")
    assert send(fresh, token).status == 401


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"iss": "nobody@example.com"}, "invalid_grant"),
        ({"exp": NOON_S + 3601}, "invalid_grant"),
        ({"exp": NOON_S}, "invalid_grant"),
        ({"exp": NOON_S - 10, "iat": NOON_S - 100}, "invalid_grant"),
        ({"iat": NOON_S + 301, "exp": NOON_S + 900}, "invalid_grant"),
        ({"aud": "https://example.com/token"}, "invalid_grant"),
        ({"sub": "somebody@example.com"}, "unauthorized_client"),
        ({"scope": "messaging"}, "invalid_scope"),
        ({"scope": f"{SCOPE}  {SCOPE}"}, "invalid_scope"),
        ({"scope": None}, "invalid_grant"),
        ({"exp": "soon"}, "invalid_grant"),
        ({"invented": 1}, "invalid_grant"),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(
    fresh: Messenger, claims: dict[str, Any], error: str
) -> None:
    said = ask_token(fresh, assertion(**claims))
    assert (said.status, said.body["error"]) == (401 if error == "unauthorized_client" else 400, error)
    assert said.body["error_description"]


def test_a_token_sends_with_a_scope_that_allows_it(fresh: Messenger) -> None:
    token = register(fresh)
    google = "https://www.googleapis.com/auth/"
    for scope, status in (
        (f"{google}drive", 403),
        (f"{google}cloud-platform", 200),
        (f"{google}drive {SCOPE}", 200),
    ):
        access = ask_token(fresh, assertion(scope=scope)).body["access_token"]
        fresh.headers = {"Authorization": f"Bearer {access}"}
        assert send(fresh, token).status == status, scope


def test_a_signature_is_really_verified(fresh: Messenger) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    good = assertion()
    head, body, signature = good.split(".")
    forged = part(json.dumps({"iss": EMAIL, "scope": SCOPE}).encode())
    for text in (
        assertion(other),
        f"{head}.{body}.{part(b'0' * 256)}",
        f"{head}.{forged}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{good}=",
        f"{good}.more",
        assertion(header={"alg": "none", "typ": "JWT"}),
        assertion(header={"alg": "HS256", "typ": "JWT"}),
        assertion(header={"alg": "RS256"}),
        assertion(header={"alg": "RS256", "typ": "JWT", "jku": "http://127.0.0.1/"}),
        "",
    ):
        assert ask_token(fresh, text).status == 400, text
    assert ask_token(fresh, good).status == 200


def test_the_form_of_a_grant_is_as_documented(fresh: Messenger) -> None:
    def error(said: Said) -> str:
        return str(said.body["error"])

    good = assertion()
    assert error(ask_token(fresh, good, invented="1")) == "invalid_request"
    assert error(ask_token(fresh, good, grant_type="refresh_token")) == "unsupported_grant_type"
    assert error(fresh.ask("POST", "/token", {"grant_type": GRANT, "assertion": good})) == "invalid_request"
    assert error(fresh.ask("POST", "/token", form=b"grant_type=a&grant_type=b")) == "invalid_request"
    assert fresh.ask("GET", "/token").status == 405
    fresh.control("behaviour", token_status=503)
    assert ask_token(fresh, good).status == 503


def test_an_account_with_a_new_key_is_handed_out_as_a_file(fresh: Messenger) -> None:
    told = fresh.control("service_accounts", client_email="new@example.com")
    assert (told["type"], told["project_id"]) == ("service_account", "standin-project")
    key = serialization.load_pem_private_key(told["private_key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    header = {"alg": "RS256", "typ": "JWT", "kid": told["private_key_id"]}
    claims = {"iss": told["client_email"], "aud": told["token_uri"]}
    assert ask_token(fresh, assertion(key, header, **claims)).status == 200
    assert ask_token(fresh, assertion(key, {**header, "kid": "another"}, **claims)).status == 400
    assert ask_token(fresh, assertion(KEY, header, **claims)).status == 400
    pem = public_pem(KEY).decode()
    fresh.control("service_accounts", client_email="third@example.com", public_key=pem)
    assert ask_token(fresh, assertion(iss="third@example.com")).status == 200


def test_a_message_is_taken_and_shown_as_its_platform_gets_it(fcm: Messenger) -> None:
    more: dict[str, Any] = {
        "data": {"reward": "rwd_1"},
        "android": {"collapseKey": "ready", "ttl": "3600s", "notification": {"title": "Android"}},
        "webpush": {
            "headers": {"TTL": "60", "Urgency": "high", "Topic": "ready"},
            "notification": {"title": "Web", "requireInteraction": True},
            "fcm_options": {"link": "https://rewards.example.com/1"},
        },
        "apns": {"payload": {"aps": {"alert": {"title": "iOS"}, "badge": 1}, "reward": "rwd_2"}},
    }
    names = []
    for platform in ("android", "web", "ios"):
        said = send(fcm, register(fcm, platform), **more)
        assert set(said.body) == {"name"}
        names.append(said.body["name"])
    rows = fcm.ledger()
    assert [row["name"] for row in rows] == names
    assert len(set(names)) == 3
    assert all(name.startswith("projects/standin-project/messages/") for name in names)
    assert [row["title"] for row in rows] == ["Android", "Web", "iOS"]
    assert {row["text"] for row in rows} == {"There is a reward"}
    assert [row["link"] for row in rows] == [None, "https://rewards.example.com/1", None]
    assert [row["data"]["reward"] for row in rows] == ["rwd_1", "rwd_1", "rwd_2"]
    assert [row["collapse"] for row in rows] == ["ready", "ready", None]
    assert {row["state"] for row in rows} == {"delivered"}


def test_nothing_makes_a_repetition_the_same_message(fcm: Messenger) -> None:
    token = register(fcm)
    assert send(fcm, token).body["name"] != send(fcm, token).body["name"]
    assert len(fcm.ledger()) == 2
    assert (
        fcm.ask("POST", SEND, {"message": {"token": token}}, headers={"Idempotency-Key": "a"}).status == 400
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"invented": 1}, "message"),
        ({"notification": {"title": "a", "subtitle": "b"}}, "message.notification"),
        ({"android": {"time_to_live": 3}}, "message.android"),
        ({"android": {"priority": "urgent"}}, "message.android.priority"),
        ({"android": {"collapse_key": "a", "collapseKey": "b"}}, "message.android.collapseKey"),
        ({"android": {"ttl": "1h"}}, "message.android.ttl"),
        ({"android": {"notification": {"light_settings": {"color": {"hue": 1}}}}}, None),
        ({"webpush": {"notification": {"require_interaction": True}}}, "message.webpush.notification"),
        ({"webpush": {"notification": {"dir": "up"}}}, "message.webpush.notification.dir"),
        ({"apns": {"payload": {"aps": {"allert": "a"}}}}, "message.apns.payload.aps"),
        ({"data": {"a": "b", "number": 12}}, "message.data[1].value"),
        ({"notification": None}, "message.notification"),
    ],
)
def test_a_field_that_is_not_documented_is_refused_where_it_stands(
    fcm: Messenger, change: dict[str, Any], field: str | None
) -> None:
    said = send(fcm, register(fcm), **change)
    assert (said.status, said.body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    (detail,) = said.body["error"]["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    if field is not None:
        assert [one["field"] for one in detail["fieldViolations"]] == [field]
    assert fcm.ledger() == []


def test_every_shape_refuses_an_invented_field_and_knows_both_spellings() -> None:
    reached: dict[str, tuple[str, ...]] = {"SendMessageRequest": ()}
    for shape in list_shapes(reached):
        place = reached[shape]
        for name in ("invented", "inventedField"):
            with pytest.raises(Misread) as found:
                checked("SendMessageRequest", nested(place, {name: 1}))
            assert found.value.problem.place == (*place, name)
        for row in TABLE.shapes[shape].values():
            camel = re.sub(r"_([a-z])", lambda letter: letter[1].upper(), row.name)
            if shape not in PLAIN_JSON and camel != row.name:
                assert spelled(shape, {camel: "x"}) == {row.name: "x"}
                with pytest.raises(Misread, match="twice"):
                    spelled(shape, {camel: "x", row.name: "x"})
    assert {"AndroidNotification", "Color", "WebNotification", "ApnsConfig"} <= set(reached)


def list_shapes(reached: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """The shapes within those that were reached, with the place where each stands."""
    todo = list(reached)
    while todo:
        shape = todo.pop()
        for row in TABLE.shapes[shape].values():
            inner = row.kind.removeprefix("@")
            if row.kind.startswith("@") and inner not in reached:
                reached[inner] = (*reached[shape], row.name)
                todo.append(inner)
        yield shape


def nested(place: tuple[str, ...], value: dict[str, Any]) -> dict[str, Any]:
    for name in reversed(place):
        value = {name: value}
    return value


def test_the_example_of_the_documents_is_answered_as_it_is_there(fcm: Messenger) -> None:
    said = send(fcm, register(fcm), data={"a": 12}).body["error"]
    assert said["message"] == "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"
    said = send(fcm, "no-token").body["error"]
    assert said == {
        "code": 400,
        "message": "The registration token is not a valid FCM registration token",
        "status": "INVALID_ARGUMENT",
        "details": [
            {
                "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
                "errorCode": "INVALID_ARGUMENT",
            }
        ],
    }


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"from": "a"}},
        {"data": {"message_type": "a"}},
        {"android": {"data": {"google.sent": "a"}}},
        {"webpush": {"data": {"gcm.a": "a"}}},
        {"data": {"a": "ü" * 2048}},
        {"notification": {"title": "a", "body": "b" * 4090}},
        {"android": {"notification": {"body": "b" * 4097}}},
        {"apns": {"payload": {"aps": {"alert": "b" * 4090}}}},
        {"android": {"ttl": "2419201s"}},
        {"android": {"notification": {"color": "red"}}},
        {"android": {"restricted_package_name": "com.example.another"}},
        {"webpush": {"fcm_options": {"link": "http://rewards.example.com/"}}},
        {"webpush": {"headers": {"TTL": "soon"}}},
        {"webpush": {"headers": {"Urgency": "urgent"}}},
        {"webpush": {"headers": {"Topic": "a" * 33}}},
        {"webpush": {"headers": {"Authorization": "a"}}},
        {"apns": {"headers": {"apns-priority": "7"}}},
        {"apns": {"headers": {"apns-collapse-id": "a" * 65}}},
        {"apns": {"headers": {"authorization": "a"}}},
        {"fcm_options": {"analytics_label": "has blanks"}},
        {"token": None, "topic": "news"},
        {"topic": "news"},
        {"fid": "a"},
    ],
)
def test_what_is_well_formed_and_still_wrong_is_refused(fcm: Messenger, change: dict[str, Any]) -> None:
    message = {"token": register(fcm), "notification": {"title": "a"}, **change}
    said = fcm.ask("POST", SEND, {"message": {key: one for key, one in message.items() if one is not None}})
    assert (said.status, code_of(said)) == (400, "INVALID_ARGUMENT")
    assert fcm.ledger() == []


def test_what_just_fits_is_taken(fcm: Messenger) -> None:
    token = register(fcm)
    for more in (
        {"notification": {"body": "b" * 4092}},
        {"data": {"a": "ü" * 2047 + "a"}, "notification": {}},
        {"android": {"ttl": "2419200s", "priority": "high"}},
        {"android": {"ttl": "0.5s", "directBootOk": True, "bandwidth_constrained_ok": True}},
    ):
        assert send(fcm, token, **more).status == 200, more
    before = len(fcm.ledger())
    said = fcm.ask("POST", SEND, {"message": {"token": token}, "validateOnly": True})
    assert said.body["name"].endswith("/fake_message_id")
    assert len(fcm.ledger()) == before


def test_token_project_header_address_and_body_are_looked_at(fcm: Messenger) -> None:
    token = register(fcm)
    good = {"message": {"token": token}}
    for headers in ({"Authorization": "Bearer another"}, {"Authorization": ""}, {"Authorization": "Basic a"}):
        assert fcm.ask("POST", SEND, good, headers=headers).status == 401
    other = fcm.ask("POST", SEND.replace("standin-project", "another"), good)
    assert (other.status, other.body["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert fcm.ask("POST", f"{SEND}?alt=json", good).status == 400
    assert fcm.ask("POST", SEND, good, headers={"X-Invented": "1"}).status == 400
    assert fcm.ask("GET", SEND).status == 405
    assert fcm.ask("POST", SEND.replace("/v1/", "/v2/"), good).status == 404
    assert fcm.ask("POST", SEND, form=b"message=1").status == 400
    bodies: list[Any] = [
        [],
        {},
        {"message": {}},
        {"message": {"token": 1}},
        {**good, "validate_only": "yes"},
    ]
    for body in bodies:
        assert fcm.ask("POST", SEND, body).status == 400, body
    assert fcm.ask("POST", SEND, good).status == 200


def test_a_token_that_is_gone_of_nobody_or_of_another_project(fcm: Messenger) -> None:
    token = register(fcm)
    assert send(fcm, token).status == 200
    fcm.control("registrations/change", token=token, gone=True)
    for one in (token, token[:-1] + ("a" if token[-1] != "a" else "b")):
        said = send(fcm, one)
        assert (said.status, said.body["error"]["status"], code_of(said)) == (
            404,
            "NOT_FOUND",
            "UNREGISTERED",
        )
    said = send(fcm, register(fcm, project="another-project"))
    assert (said.status, code_of(said)) == (403, "SENDER_ID_MISMATCH")
    fcm.control("behaviour", apns_key=False)
    said = send(fcm, register(fcm, "ios"))
    assert (said.status, code_of(said)) == (401, "THIRD_PARTY_AUTH_ERROR")
    assert send(fcm, register(fcm, "web")).status == 200


def test_an_android_device_that_nobody_sees_for_long_is_forgotten(fresh: Messenger) -> None:
    kept = {platform: register(fresh, platform) for platform in ("android", "web")}
    for token in kept.values():
        fresh.control("registrations/change", token=token, online=False)
    statuses = {}
    for days in (270, 1):
        fresh.advance(days * DAY_S)
        now_s = fresh.ask("GET", "/_control/clock").body["now_ms"] // 1000
        access = ask_token(fresh, assertion(iat=now_s, exp=now_s + 60)).body["access_token"]
        fresh.headers = {"Authorization": f"Bearer {access}"}
        statuses[days] = [send(fresh, token).status for token in kept.values()]
    assert statuses == {270: [200, 200], 1: [404, 200]}


def test_what_waits_for_a_device_is_replaced_ends_or_is_shown(fcm: Messenger) -> None:
    token = register(fcm)
    fcm.control("registrations/change", token=token, online=False)
    send(fcm, token, android={"collapse_key": "points"}, data={"n": "1"})
    send(fcm, token, android={"collapse_key": "points"}, data={"n": "2"})
    send(fcm, token, android={"ttl": "60s"}, data={"n": "3"})
    send(fcm, token, android={"ttl": "0s"}, data={"n": "4"})
    states = {row["data"]["n"]: row["state"] for row in fcm.ledger()}
    assert states == {"1": "collapsed", "2": "waiting", "3": "waiting", "4": "expired"}
    fcm.advance(60)
    fcm.control("registrations/change", token=token, online=True)
    states = {row["data"]["n"]: row["state"] for row in fcm.ledger()}
    assert states == {"1": "collapsed", "2": "delivered", "3": "expired", "4": "expired"}


@pytest.mark.parametrize(
    ("fault", "status", "code", "sent"),
    [
        ("limited", 429, "QUOTA_EXCEEDED", 0),
        ("overloaded", 503, "UNAVAILABLE", 0),
        ("internal", 500, "INTERNAL", 0),
        ("after", 500, "INTERNAL", 1),
        ("third_party", 401, "THIRD_PARTY_AUTH_ERROR", 0),
        ("auth", 401, None, 0),
        ("unregistered", 404, "UNREGISTERED", 0),
        ("cut", SILENT, None, 1),
        ("lost", SILENT, None, 0),
        ("slow", 200, None, 1),
    ],
)
def test_each_fault_does_what_it_is_called(
    fcm: Messenger, fault: str, status: int, code: str | None, sent: int
) -> None:
    token = register(fcm)
    said = send(fcm, token, fault)
    assert said.status == status
    if status >= 400:
        assert code_of(said) == code
    assert len(fcm.ledger()) == sent
    again = {"auth": 401, "unregistered": 404}.get(fault, 200)
    assert send(fcm, token).status == again


def test_a_quota_says_when_to_come_again(fcm: Messenger) -> None:
    token = register(fcm)

    def told(fault: str = "limited") -> tuple[str | None, str | None]:
        said = send(fcm, token, fault)
        details = {one["@type"].rpartition(".")[2]: one for one in said.body["error"].get("details", [])}
        assert fault != "limited" or details["QuotaFailure"]["violations"][0]["subject"]
        return said.headers.get("Retry-After"), details.get("RetryInfo", {}).get("retryDelay")

    assert told() == ("30", "30s")
    fcm.control("behaviour", quota_tells="header", retry_after_s=5)
    assert told() == ("5", None)
    fcm.control("behaviour", quota_tells="info")
    assert told() == (None, "5s")
    fcm.control("behaviour", quota_tells="")
    assert told() == (None, None)
    assert told("overloaded") == ("5", None)
    fcm.control("behaviour", unavailable_tells=False)
    assert told("overloaded") == (None, None)


def test_a_project_and_a_device_have_a_pace(fcm: Messenger) -> None:
    one, two = register(fcm), register(fcm)
    statuses = [fcm.ask("POST", SEND, {"message": {"token": one}}).status for _ in range(241)]
    assert statuses == [200] * 240 + [429]
    assert send(fcm, two).status == 200
    fcm.advance(60)
    fcm.control("limits", on=True, most=2)
    # A refusal counts as well as a message.
    told = [send(fcm, token).status for token in ("no-token", one, one)]
    assert told == [400, 200, 429]
    fcm.advance(60)
    assert send(fcm, one).status == 200


def test_a_share_of_faults_is_the_same_for_the_same_seed_whatever_the_order(fresh: Messenger) -> None:
    def run(numbers: list[int]) -> dict[int, int]:
        fresh.headers = {}
        fresh.reset()
        access = ask_token(fresh, assertion()).body["access_token"]
        fresh.headers = {"Authorization": f"Bearer {access}"}
        token = register(fresh)
        shares = {"limited": 0.1, "overloaded": 0.1, "cut": 0.1}
        fresh.control("faults", shares=shares, seed=3, hold_s=0.001)
        return {
            number: fresh.ask("POST", SEND, {"message": {"token": token, "data": {"n": str(number)}}}).status
            for number in numbers
        }

    numbers = list(range(100))
    first = run(numbers)
    assert run(numbers[::-1]) == first
    assert 50 < sum(status == 200 for status in first.values()) < 90
    assert set(first.values()) == {200, 429, 503, SILENT}
