"""The stand-in for a push service opens and verifies by the RFCs, and its faults do as they are called."""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import http_ece  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standins.suppliers.table import TRUSTS
from standins.webpush.api import WebPush
from standins.webpush.reading import Keys, Unreadable, coded, decoded, read_pushed
from tests.standins.messengers import Messenger, Said, start, stop

SILENT = 0
NOON_S = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())
DAY_S = 86_400
SENDER = ec.generate_private_key(ec.SECP256R1())
STRANGER = ec.generate_private_key(ec.SECP256R1())


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def token(origin: str, key: ec.EllipticCurvePrivateKey = SENDER, **claims: object) -> str:
    said = {"aud": origin, "exp": NOON_S + 3600, "sub": "mailto:ops@nordlys.example", **claims}
    signed = ".".join(coded(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, said))
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = coded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={coded(point(key))}"


@pytest.fixture(scope="module")
def process() -> Iterator[Messenger]:
    messenger = start("webpush", "--checked")
    yield messenger
    assert stop(messenger) == 0


@pytest.fixture
def push(process: Messenger) -> Messenger:
    process.reset()
    return process


@pytest.fixture
def browser(push: Messenger) -> dict[str, object]:
    return dict(push.control("subscriptions", applicationServerKey=coded(point(SENDER))))


def sealed(browser: Mapping[str, object], text: bytes) -> bytes:
    keys = browser["keys"]
    assert isinstance(keys, dict)
    own = ec.generate_private_key(ec.SECP256R1())
    body: bytes = http_ece.encrypt(
        text,
        salt=os.urandom(16),
        private_key=own,
        dh=decoded(keys["p256dh"]),
        auth_secret=decoded(keys["auth"]),
        version="aes128gcm",
    )
    return body


def send(
    push: Messenger, browser: dict[str, object], body: bytes | None = None, **headers: str | None
) -> Said:
    sent: dict[str, str | None] = {
        "Authorization": token(push.address),
        "Content-Encoding": "aes128gcm",
        "TTL": "60",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    content = sealed(browser, b'{"title": "Ready", "body": "25 euros"}') if body is None else body
    path = str(browser["endpoint"]).removeprefix(push.address)
    said = {name: text for name, text in sent.items() if text is not None}
    return push.ask("POST", path, form=content, headers={**said, "Content-Type": "application/octet-stream"})


def test_the_example_of_rfc_8291() -> None:
    # Its appendix A.
    private = ec.derive_private_key(
        int.from_bytes(decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), ec.SECP256R1()
    )
    body = decoded(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    keys = Keys(private, decoded("BTBZMqHH6r4Tts7J_aSIgg"))
    assert read_pushed(keys, body) == b"When I grow up, I want to be a watermelon"


def test_what_is_not_for_a_browser_it_cannot_open() -> None:
    keys = Keys(ec.generate_private_key(ec.SECP256R1()), os.urandom(16))
    subscribed = {"keys": {"p256dh": coded(keys.point), "auth": coded(keys.secret)}}
    body = sealed(subscribed, b"a secret")
    assert read_pushed(keys, body) == b"a secret"
    others = Keys(keys.private, bytes(16)), Keys(SENDER, keys.secret)
    for reader in others:
        with pytest.raises(Unreadable, match="somebody else"):
            read_pushed(reader, body)
    with pytest.raises(Unreadable, match="somebody else"):
        read_pushed(keys, body[:-1] + bytes([body[-1] ^ 1]))
    with pytest.raises(Unreadable, match="within its header"):
        read_pushed(keys, body[:20])
    with pytest.raises(Unreadable, match="no point"):
        read_pushed(keys, body[:21] + bytes(65) + body[86:])
    with pytest.raises(Unreadable, match="more than one record"):
        read_pushed(keys, body[:16] + (18).to_bytes(4, "big") + body[20:])


def test_a_browser_shows_what_it_was_pushed(push: Messenger, browser: dict[str, object]) -> None:
    said = send(push, browser, Topic="abc", Urgency="high")
    assert said.status == 201
    assert said.headers["Location"].startswith(f"{push.address}/message/")
    (row,) = push.ledger()
    assert push.address + row["name"] == said.headers["Location"]
    assert push.address + row["place"] == browser["endpoint"]
    assert row["state"] == "shown"
    assert row["said"] == {"title": "Ready", "body": "25 euros"}
    assert (row["ttl_s"], row["urgency"], row["topic"]) == (60, "high", "abc")
    assert push.ask("GET", "/_control/ledger?after=1").body == {"issues": []}


def test_what_it_cannot_open_is_taken_and_shown_to_nobody(
    push: Messenger, browser: dict[str, object]
) -> None:
    other = dict(push.control("subscriptions", applicationServerKey=coded(point(SENDER))))
    assert send(push, browser, sealed(other, b"{}")).status == 201
    (row,) = push.ledger()
    assert (row["state"], row["said"], row["trouble"]) == (
        "unreadable",
        None,
        "it was sealed for somebody else",
    )


def test_who_pushes_must_be_who_the_browser_subscribed_for(
    push: Messenger, browser: dict[str, object]
) -> None:
    here = push.address
    signed_by_another = token(here, STRANGER).partition(", k=")[0] + f", k={coded(point(SENDER))}"
    for status, header in (
        (401, None),
        (401, "Bearer x"),
        (401, "vapid t=a.b.c, k=d"),
        (403, token(here, STRANGER)),
        (403, signed_by_another),
        (403, token("https://push.example")),
        (403, token(here, exp=NOON_S)),
        (403, token(here, exp=NOON_S + DAY_S + 1)),
        (403, token(here, exp="soon")),
        (403, token(here, sub="nobody")),
    ):
        assert send(push, browser, Authorization=header).status == status, header
    assert push.ledger() == []


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (400, {"TTL": None}),
        (400, {"TTL": "soon"}),
        (400, {"Urgency": "now"}),
        (400, {"Topic": "x" * 33}),
        (400, {"Topic": "a b"}),
        (400, {"Content_Encoding": "aesgcm"}),
        (400, {"X_Invented": "1"}),
    ],
)
def test_what_the_documents_do_not_have_is_refused(
    push: Messenger, browser: dict[str, object], status: int, headers: dict[str, str | None]
) -> None:
    assert send(push, browser, None, **headers).status == status
    assert push.ledger() == []


def test_too_much_is_refused_and_the_most_is_taken(push: Messenger, browser: dict[str, object]) -> None:
    assert send(push, browser, bytes(4097)).status == 413
    assert send(push, browser, bytes(4096)).status == 201


def test_browsers_come_and_go(push: Messenger, browser: dict[str, object]) -> None:
    there = browser["endpoint"]
    push.control("subscriptions/change", endpoint=there, online=False)
    for topic, text in (("a", b'{"n": 1}'), ("a", b'{"n": 2}'), ("b", b'{"n": 3}')):
        assert send(push, browser, sealed(browser, text), Topic=topic).status == 201
    assert [row["state"] for row in push.ledger()] == ["replaced", "waiting", "waiting"]
    assert send(push, browser, TTL="0").status == 201
    push.advance(59)
    push.control("subscriptions/change", endpoint=there, online=True)
    assert [row["state"] for row in push.ledger()] == ["replaced", "shown", "shown", "expired"]
    push.control("subscriptions/change", endpoint=there, gone=True)
    assert send(push, browser).status == 410
    assert send(push, {**browser, "endpoint": f"{push.address}/push/nobody"}).status == 404


def test_the_same_seed_and_order_give_the_same_browsers(push: Messenger, browser: dict[str, object]) -> None:
    push.reset()
    assert push.control("subscriptions", applicationServerKey=coded(point(SENDER))) == browser
    assert push.control("subscriptions", applicationServerKey=coded(point(SENDER))) != browser


def test_faults_do_as_they_are_called(push: Messenger, browser: dict[str, object]) -> None:
    kinds = ["limited", "overloaded", "cut", "lost", "slow", "gone"]
    push.control("faults", next=kinds, hold_s=0.01)
    assert [send(push, browser).status for _ in kinds] == [429, 503, SILENT, SILENT, 201, 410]
    assert [row["fault"] for row in push.ledger()] == ["cut", "slow"]


def test_its_table_is_whole() -> None:
    table = WebPush.table
    assert [row for row in table.rows if row.trust not in TRUSTS or not row.source] == []
    assert len({(row.shape, row.name) for row in table.rows}) == len(table.rows)
    assert base64.urlsafe_b64decode(coded(b"\xff\xfe") + "==") == b"\xff\xfe"
    assert {shape for route in WebPush.routes for shape in (route.query, *route.answers)} <= set(table.shapes)
