"""Who pushes: a token that push services verify, signed once for each of them and renewed in time."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from tests.channels.parcels import NOW

from guerdon.channels.push.encryption import read_point
from guerdon.channels.push.tokens import decoded
from guerdon.channels.push.vapid import LASTS, ORIGINS_MAX, RENEWED_BEFORE, Vapid, vapid_key

ORIGIN = "https://push.example"


def an_installation() -> Vapid:
    return Vapid(generate_private_key(SECP256R1()), "mailto:ops@brand.example")


def verified(authorization: str) -> dict[str, Any]:
    """The claims, as whoever verifies them reads them; raises InvalidSignature."""
    scheme, _, parameters = authorization.partition(" ")
    assert scheme == "vapid"
    said = dict(each.strip().split("=", 1) for each in parameters.split(","))
    head, claims, signature = said["t"].split(".")
    held, key = decoded(signature), read_point(decoded(said["k"]) or b"")
    assert held is not None
    assert key is not None
    assert len(held) == 64
    made = encode_dss_signature(int.from_bytes(held[:32], "big"), int.from_bytes(held[32:], "big"))
    key.verify(made, f"{head}.{claims}".encode(), ECDSA(SHA256()))
    assert json.loads(decoded(head) or b"") == {"typ": "JWT", "alg": "ES256"}
    read: dict[str, Any] = json.loads(decoded(claims) or b"")
    return read


# Of RFC 8292, 2.4.
EXAMPLE = (
    "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAi"
    "OjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCG"
    "SK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF"
    "6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
)


def test_our_reader_believes_the_example_of_the_rfc() -> None:
    assert verified(EXAMPLE) == {
        "aud": "https://push.example.net",
        "exp": 1453523768,
        "sub": "mailto:push@example.com",
    }
    with pytest.raises(InvalidSignature):
        verified(EXAMPLE.replace("i3CYb", "i3CYc"))


def test_a_token_says_to_whom_until_when_and_by_whom() -> None:
    vapid = an_installation()
    authorization = vapid.authorization(ORIGIN, NOW)
    assert verified(authorization) == {
        "aud": ORIGIN,
        "exp": int((NOW + LASTS).timestamp()),
        "sub": "mailto:ops@brand.example",
    }
    assert timedelta(hours=24) >= LASTS
    assert authorization.endswith(f", k={vapid.public}")
    # The header begins as that of the example does: the same words in the same order.
    assert authorization.split(".")[0] == EXAMPLE.split(".", maxsplit=1)[0]


def test_a_token_is_signed_once_for_a_service_and_renewed_before_its_end() -> None:
    vapid = an_installation()
    first = vapid.authorization(ORIGIN, NOW)
    assert vapid.authorization("https://other.example", NOW) != first
    almost = NOW + LASTS - RENEWED_BEFORE - timedelta(seconds=1)
    assert vapid.authorization(ORIGIN, almost) == first
    late = almost + timedelta(seconds=1)
    renewed = vapid.authorization(ORIGIN, late)
    assert verified(renewed)["exp"] == int((late + LASTS).timestamp())
    assert vapid.authorization(ORIGIN, late) == renewed


def test_strangers_cannot_fill_our_memory() -> None:
    vapid = an_installation()
    first = vapid.authorization(ORIGIN, NOW)
    for number in range(ORIGINS_MAX):
        vapid.authorization(f"https://{number}.example", NOW)
    assert len(vapid._kept) == ORIGINS_MAX  # noqa: SLF001  what is kept shows nowhere else
    assert vapid.authorization(ORIGIN, NOW) != first


def test_many_threads_share_a_token() -> None:
    vapid = an_installation()
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: vapid.authorization(ORIGIN, NOW), range(64)))) == 1


def test_a_key_follows_from_the_installation() -> None:
    keys = [Vapid(vapid_key(bytes([number]) * 32), "").public for number in (0, 0, 1, 255)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    # A browser that subscribed yesterday has to know us tomorrow.
    assert keys[0] == (
        "BHhVQhf46eEBptlVScAiC24QCxQlXv0u90QyMtoZy3HvvLbPqjv--52t-phLNsFnd02ANQ2et5xVUBkDcJ42lg0"
    )
    with pytest.raises(AssertionError):
        vapid_key(b"short")
