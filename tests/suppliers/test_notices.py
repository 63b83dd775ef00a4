"""Callbacks: believed only under their signature over the raw bytes, and only for where to look."""

import base64
import hmac
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from tests.suppliers.desk import HOOK_SECRET, NOW, opened

from guerdon.engine.orders.port import Notice

ORDER = b'{"event":"ORDERS.CREATED","uuid":"5ccc7bb1","payload":{"resource":{"id":"ORDER1","type":"orders"}}}'
REWARD = ORDER.replace(b'"orders"', b'"rewards"')
COMPLETED = b'{"id":"O-01H5WQ","status":"COMPLETED","description":"ord_7k2m9q","total_price":"10"}'
FAILED = b'{"id":"O-01H5WQ","status":"FAILED"}'


def of_tremendous(body: bytes, secret: str = HOOK_SECRET) -> Mapping[str, str]:
    return {"Tremendous-Webhook-Signature": "sha256=" + hmac.digest(secret.encode(), body, sha256).hex()}


def of_runa(body: bytes, secret: str = HOOK_SECRET, off: timedelta = timedelta()) -> Mapping[str, str]:
    """As the library signs that their documents name."""
    at = NOW + off
    signature = Webhook(secret).sign("msg_1", at, body.decode("latin-1"))
    return {"Svix-Id": "msg_1", "Svix-Timestamp": str(int(at.timestamp())), "Svix-Signature": signature}


def test_a_callback_names_an_order_and_says_no_more() -> None:
    supplier, http = opened("tremendous")
    assert supplier.read_notice(of_tremendous(ORDER), ORDER, NOW) == Notice("ORDER1", "", "5ccc7bb1")
    # Of a reward's number nobody here knows whose it is.
    assert supplier.read_notice(of_tremendous(REWARD), REWARD, NOW) == Notice("", "", "5ccc7bb1")
    supplier, _ = opened("runa")
    assert supplier.read_notice(of_runa(COMPLETED), COMPLETED, NOW) == Notice(
        "O-01H5WQ", "ord_7k2m9q", "msg_1"
    )
    assert supplier.read_notice(of_runa(FAILED), FAILED, NOW) == Notice("O-01H5WQ", "", "msg_1")
    assert http.asked == []


def test_the_example_of_their_documents_is_believed() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = {"svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "svix-timestamp": "1614265330"}
    headers["svix-signature"] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    from guerdon.suppliers.runa.notice import read_notice  # noqa: PLC0415  with a secret of its own

    at = NOW.fromtimestamp(1614265330, NOW.tzinfo)
    assert read_notice(headers, body, secret, at) == Notice("", "", "msg_p5jXN8AQM9LWM0D4loKWxJek")
    assert read_notice(headers, body + b" ", secret, at) is None


@pytest.mark.parametrize("off", [-301, 301])
def test_one_of_another_time_is_not_believed(off: int) -> None:
    supplier, _ = opened("runa")
    assert supplier.read_notice(of_runa(FAILED, off=timedelta(seconds=off)), FAILED, NOW) is None
    assert supplier.read_notice(of_runa(FAILED, off=timedelta(seconds=off // 2)), FAILED, NOW) is not None


SIGNED = of_runa(ORDER)["Svix-Signature"]
WRONG: list[tuple[str, str, Mapping[str, str]]] = [
    ("tremendous", "none", {}),
    ("tremendous", "another secret", of_tremendous(ORDER, "other")),
    ("tremendous", "another body", of_tremendous(REWARD)),
    ("tremendous", "half", {"tremendous-webhook-signature": "sha256=" + "0" * 63}),
    ("tremendous", "another way", {"tremendous-webhook-signature": "md5=" + "0" * 64}),
    ("tremendous", "no letters", {"tremendous-webhook-signature": "sha256=\u0661" * 8}),
    ("runa", "none", {}),
    ("runa", "another secret", of_runa(ORDER, "whsec_b3RoZXI=")),
    ("runa", "another name", {**of_runa(ORDER), "Svix-Id": "msg_2"}),
    ("runa", "another time", {**of_runa(ORDER), "Svix-Timestamp": "1795348801"}),
    ("runa", "a time that is none", {**of_runa(ORDER), "Svix-Timestamp": "+1"}),
    ("runa", "another version", {**of_runa(ORDER), "Svix-Signature": "v2" + SIGNED[2:]}),
    ("runa", "no base64", {**of_runa(ORDER), "Svix-Signature": "v1,\u00fc v1 ,, v1,="}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "headers"),
    [(kind, headers) for kind, _, headers in WRONG],
    ids=[row[0] + ": " + row[1] for row in WRONG],
)
def test_without_a_right_signature_it_is_not_believed(kind: str, headers: Mapping[str, str]) -> None:
    supplier, _ = opened(kind)
    assert supplier.read_notice(headers, ORDER, NOW) is None


def test_a_right_signature_beside_wrong_ones_is_enough() -> None:
    supplier, _ = opened("runa")
    headers = dict(of_runa(FAILED))
    headers["Svix-Signature"] = "v1a,zz v1,AAAA " + headers["Svix-Signature"]
    assert supplier.read_notice(headers, FAILED, NOW) is not None


@given(
    st.sampled_from(["tremendous", "runa"]), st.binary(max_size=200), st.dictionaries(st.text(), st.text())
)
def test_whatever_comes_is_read_without_a_fault(kind: str, body: bytes, headers: Mapping[str, str]) -> None:
    supplier, _ = opened(kind)
    assert supplier.read_notice(headers, body, NOW) is None
    key = base64.b64decode(HOOK_SECRET.removeprefix("whsec_"))
    at = str(int(NOW.timestamp()))
    signed = base64.b64encode(hmac.digest(key, f"n.{at}.".encode() + body, sha256)).decode()
    real = {"svix-id": "n", "svix-timestamp": at, "svix-signature": "v1," + signed} | dict(
        of_tremendous(body)
    )
    assert supplier.read_notice(real, body, NOW) is not None
