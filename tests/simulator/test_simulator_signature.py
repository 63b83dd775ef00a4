"""The simulator signs as HubSpot does."""

from examples.ev_maker.simulator.wire import Address, headers_for, sign
from hubspot.utils.signature import Signature  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

SECRET = b"yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
ADDRESS = Address("http://127.0.0.1:1", "https://rewards.example", "/hooks/hubspot/eu", SECRET, 4471209)
NOW = 1_793_657_560_000


def test_signs_hubspots_own_example() -> None:
    url, body = "https://www.example.com/webhook_uri", b"{'example_field':'example_value'}"
    assert sign(SECRET, "POST", url, body, "1693657560000") == "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="


@given(st.text(max_size=200), st.integers(0, 2**45))
def test_signs_as_hubspots_library_does(body: str, timestamp: int) -> None:
    url = "https://rewards.example/hooks/hubspot/hubspot_eu"
    body = body.encode("utf-8", "ignore").decode()
    theirs = Signature.get_signature(SECRET.decode(), body, "v3", url, "POST", str(timestamp))
    assert sign(SECRET, "POST", url, body.encode(), str(timestamp)) == theirs


def test_seals_over_the_public_address() -> None:
    headers = headers_for(ADDRESS, b"[]", "right", NOW)
    signature = sign(SECRET, "POST", "https://rewards.example/hooks/hubspot/eu", b"[]", str(NOW))
    assert headers["X-HubSpot-Signature-v3"] == signature
    assert headers["X-HubSpot-Request-Timestamp"] == str(NOW)


def test_a_stale_and_a_future_seal_are_rightly_signed_outside_the_window() -> None:
    url = "https://rewards.example/hooks/hubspot/eu"
    stale, future = headers_for(ADDRESS, b"[]", "stale", NOW), headers_for(ADDRESS, b"[]", "future", NOW)
    for headers, timestamp in ((stale, str(NOW - 600_000)), (future, str(NOW + 600_000))):
        assert headers["X-HubSpot-Request-Timestamp"] == timestamp
        assert headers["X-HubSpot-Signature-v3"] == sign(SECRET, "POST", url, b"[]", timestamp)


def test_a_wrong_seal_is_signed_with_another_secret() -> None:
    wrong, right = (headers_for(ADDRESS, b"[]", seal, NOW) for seal in ("wrong", "right"))
    assert wrong["X-HubSpot-Signature-v3"] != right["X-HubSpot-Signature-v3"]


def test_an_unsigned_and_an_undated_seal_lack_their_header() -> None:
    assert "X-HubSpot-Signature-v3" not in headers_for(ADDRESS, b"[]", "unsigned", NOW)
    assert "X-HubSpot-Request-Timestamp" not in headers_for(ADDRESS, b"[]", "undated", NOW)
