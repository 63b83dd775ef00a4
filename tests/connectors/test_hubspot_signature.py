"""HubSpot's signatures: fixed vectors, their own library, and everything that is odd about a request."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hubspot.utils.signature import Signature  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from guerdon.connectors.hubspot.signature import (
    OLD_SIGNATURE_HEADER,
    OLD_VERSION_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    OldVersion,
    Rejected,
    Request,
    Verified,
    sign,
    sign_old,
    signed_uri,
    verify,
    verify_old,
)

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
PREVIOUS = "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"
URL = "https://www.example.com/webhook_uri"
BODY = b"{'example_field':'example_value'}"
TIMESTAMP = "1693657560000"
SIGNATURE = b"K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="
NOW = datetime.fromtimestamp(int(TIMESTAMP) / 1000, UTC)


def request(
    signature: bytes = SIGNATURE,
    timestamp: bytes = TIMESTAMP.encode(),
    *,
    method: str = "POST",
    url: str = URL,
    body: bytes = BODY,
) -> Request:
    headers = [(SIGNATURE_HEADER, signature), (TIMESTAMP_HEADER, timestamp), (b"host", b"elsewhere.example")]
    return Request(method, url, headers, body)


def judged(asked: Request, at: datetime = NOW, secrets: tuple[str, ...] = (SECRET,)) -> Verified | Rejected:
    return verify(asked, secrets, at)


def test_hubspots_own_example_is_believed() -> None:
    assert judged(request()) == Verified()
    assert sign(request(), SECRET, TIMESTAMP).encode() == SIGNATURE


def test_the_fixed_vector_of_their_second_version_is_not_ours() -> None:
    old = b"eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"
    assert judged(request(old)) == Rejected("forged")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", '[{"name": "Zoë 🚗"}]'.encode(), b" [ ] \n", b'{"a":"%3A"}', b"x" * 100_000],
    ids=["empty", "array", "beyond ASCII", "white space", "an escape that is none", "long"],
)
def test_what_hubspots_library_signs_is_believed(body: bytes) -> None:
    made = Signature.get_signature(
        SECRET, body.decode(), "v3", http_uri=URL, http_method="POST", timestamp=TIMESTAMP
    )
    assert judged(request(made.encode(), body=body)) == Verified()


@settings(max_examples=200, deadline=None)
@given(
    body=st.text(max_size=200),
    query=st.text("abc=&019-._~", max_size=20),
    secret=st.text("aZ09-", min_size=1),
)
def test_what_we_sign_hubspots_library_believes(body: str, query: str, secret: str) -> None:
    url = f"{URL}?{query}"
    ours = sign(request(url=url, body=body.encode()), secret, TIMESTAMP)
    theirs = Signature.get_signature(
        secret, body, "v3", http_uri=url, http_method="POST", timestamp=TIMESTAMP
    )
    assert ours == theirs


def test_both_secrets_open_while_one_replaces_the_other() -> None:
    asked = request()
    assert judged(asked, secrets=(PREVIOUS, SECRET)) == Verified()
    assert judged(asked, secrets=(SECRET, PREVIOUS)) == Verified()
    assert judged(asked, secrets=(PREVIOUS,)) == Rejected("forged")
    assert judged(asked, secrets=()) == Rejected("forged")


@pytest.mark.parametrize("age_s", [-300, -299, 0, 299, 300])
def test_within_five_minutes_on_either_side_is_fresh(age_s: int) -> None:
    assert judged(request(), NOW + timedelta(seconds=age_s)) == Verified()


@pytest.mark.parametrize(("age_ms", "reason"), [(300_001, "stale"), (-300_001, "future"), (10**12, "stale")])
def test_beyond_five_minutes_is_refused_on_either_side(age_ms: int, reason: str) -> None:
    assert judged(request(), NOW + timedelta(milliseconds=age_ms)) == Rejected(reason)


def test_what_is_forged_is_called_forged_however_old_it_is() -> None:
    assert judged(request(body=b"[]"), NOW + timedelta(days=1)) == Rejected("forged")


ESCAPES = ["%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B"]
PLAIN = [":", "/", "?", "@", "!", "$", "'", "(", ")", "*", ",", ";"]


@pytest.mark.parametrize(("escape", "plain"), list(zip(ESCAPES, PLAIN, strict=True)))
def test_the_listed_escapes_are_signed_decoded(escape: str, plain: str) -> None:
    sent = f"{URL}?to=a{escape}b"
    assert signed_uri(sent) == f"{URL}?to=a{plain}b"
    assert signed_uri(sent.replace(escape, escape.lower())) == f"{URL}?to=a{plain}b"
    made = sign(request(url=f"{URL}?to=a{plain}b"), SECRET, TIMESTAMP).encode()
    assert judged(request(made, url=sent)) == Verified()


@pytest.mark.parametrize(
    "escape", ["%20", "%25", "%253A", "%26", "%3D", "%23", "%2B", "%C3%A9", "%", "%zz", "%00"]
)
def test_every_other_escape_is_signed_as_it_was_sent(escape: str) -> None:
    assert signed_uri(f"{URL}?to=a{escape}b") == f"{URL}?to=a{escape}b"


def test_the_order_of_a_query_counts() -> None:
    made = sign(request(url=f"{URL}?b=2&a=1"), SECRET, TIMESTAMP).encode()
    assert judged(request(made, url=f"{URL}?b=2&a=1")) == Verified()
    assert judged(request(made, url=f"{URL}?a=1&b=2")) == Rejected("forged")


@pytest.mark.parametrize(
    "asked",
    [
        request(body=BODY + b" "),
        request(body=json.dumps({"example_field": "example_value"}).encode()),
        request(method="PUT"),
        request(method="post"),
        request(url="http://www.example.com/webhook_uri"),
        request(url=URL + "/"),
        request(url=URL + "?"),
        request(timestamp=b"1693657560001"),
        request(SIGNATURE.swapcase()),
        request(SIGNATURE.rstrip(b"=")),
        request(SIGNATURE + b"\n"),
        request(b" " + SIGNATURE),
        request(base64.urlsafe_b64encode(base64.b64decode(SIGNATURE))),
        request(base64.b64decode(SIGNATURE)),
        request(base64.b64decode(SIGNATURE).hex().encode()),
        request(SIGNATURE + b"," + SIGNATURE),
        request(b"v3=" + SIGNATURE),
        request(b""),
        request(b"===="),
        request("Ünïcödé".encode()),
        request(b"\xff\xfe"),
        request(b"A" * 1_000_000),
        request(base64.b64encode(b"\0" * 32)),
        request(base64.b64encode(b"\0" * 31)),
        request(timestamp=b""),
        request(timestamp=b"-1693657560000"),
        request(timestamp=b"+1693657560000"),
        request(timestamp=b"1693657560000.0"),
        request(timestamp=b" 1693657560000"),
        request(timestamp=b"1693657560"),
        request(timestamp="١٦٩٣".encode()),
        request(timestamp="²".encode("latin-1")),
        request(timestamp=b"9" * 17),
        request(timestamp=b"9" * 100_000),
        request(timestamp=b"0x18a5"),
        request(timestamp=b"1e12"),
    ],
)
def test_anything_odd_is_forged(asked: Request) -> None:
    assert judged(asked) == Rejected("forged")


@pytest.mark.parametrize("name", [SIGNATURE_HEADER, TIMESTAMP_HEADER])
def test_a_header_that_is_missing_or_repeated_is_as_good_as_none(name: bytes) -> None:
    whole = request()
    without = [h for h in whole.headers if h[0] != name]
    twice = [*whole.headers, next(h for h in whole.headers if h[0] == name)]
    for headers in (without, twice):
        assert judged(Request("POST", URL, headers, BODY)) == Rejected("missing")


@settings(max_examples=200, deadline=None)
@given(
    signature=st.binary(max_size=80) | st.just(SIGNATURE),
    timestamp=st.binary(max_size=30) | st.from_regex(rb"[0-9]{1,20}", fullmatch=True),
    body=st.binary(max_size=200),
    url=st.text(st.characters(), max_size=50),
    method=st.text(st.characters(), max_size=8),
    secrets=st.lists(st.text(st.characters(), max_size=20), max_size=3),
)
def test_nothing_makes_the_verifier_raise(
    signature: bytes, timestamp: bytes, body: bytes, url: str, method: str, secrets: list[str]
) -> None:
    asked = request(signature, timestamp, method=method, url=url, body=body)
    assert isinstance(verify(asked, secrets, NOW), Rejected)


OLD_VERSIONS: tuple[OldVersion, ...] = ("v1", "v2")
V2_OF_AN_EMPTY_GET = b"eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"


def old_request(signature: bytes, version: bytes = b"v2", body: bytes = b"", method: str = "GET") -> Request:
    return Request(method, URL, [(OLD_SIGNATURE_HEADER, signature), (OLD_VERSION_HEADER, version)], body)


def test_hubspots_own_example_of_v2_is_believed() -> None:
    asked = old_request(V2_OF_AN_EMPTY_GET)
    assert verify_old(asked, [SECRET], "v2") == Verified()
    assert verify_old(asked, [PREVIOUS, SECRET], "v2") == Verified()
    assert verify_old(asked, [PREVIOUS], "v2") == Rejected("forged")
    assert verify_old(asked, [], "v2") == Rejected("forged")
    assert sign_old(asked, SECRET, "v2").encode() == V2_OF_AN_EMPTY_GET


@settings(max_examples=100, deadline=None)
@given(
    body=st.text(max_size=200),
    query=st.text("abc=&%019-._~", max_size=20),
    secret=st.text("aZ09-", min_size=1),
    version=st.sampled_from(OLD_VERSIONS),
)
def test_hubspots_library_and_we_sign_the_same_by_v2_and_v1(
    body: str, query: str, secret: str, version: OldVersion
) -> None:
    url = f"{URL}?{query}"
    theirs = Signature.get_signature(secret, body, version, http_uri=url, http_method="POST")
    headers = [(OLD_SIGNATURE_HEADER, theirs.encode()), (OLD_VERSION_HEADER, version.encode())]
    asked = Request("POST", url, headers, body.encode())
    assert verify_old(asked, [secret], version) == Verified()
    assert verify_old(asked, [secret + "x"], version) == Rejected("forged")
    other: OldVersion = "v1" if version == "v2" else "v2"
    assert verify_old(asked, [secret], other) == Rejected("forged")


@pytest.mark.parametrize(
    "asked",
    [
        old_request(V2_OF_AN_EMPTY_GET, body=b" "),
        old_request(V2_OF_AN_EMPTY_GET, method="POST"),
        old_request(V2_OF_AN_EMPTY_GET.upper()),
        old_request(V2_OF_AN_EMPTY_GET[:-1]),
        old_request(V2_OF_AN_EMPTY_GET + b"\n"),
        old_request(V2_OF_AN_EMPTY_GET, b"v1"),
        old_request(V2_OF_AN_EMPTY_GET, b"V2"),
        old_request(V2_OF_AN_EMPTY_GET, b"v3"),
        old_request(SIGNATURE),
        old_request(b""),
        old_request(b"\xff" * 64),
    ],
)
def test_anything_odd_is_forged_by_v2_too(asked: Request) -> None:
    assert verify_old(asked, [SECRET], "v2") == Rejected("forged")


@pytest.mark.parametrize("name", [OLD_SIGNATURE_HEADER, OLD_VERSION_HEADER])
def test_an_old_header_that_is_missing_or_repeated_is_as_good_as_none(name: bytes) -> None:
    whole = old_request(V2_OF_AN_EMPTY_GET)
    without = [h for h in whole.headers if h[0] != name]
    twice = [*whole.headers, next(h for h in whole.headers if h[0] == name)]
    for headers in (without, twice):
        assert verify_old(Request("GET", URL, headers, b""), [SECRET], "v2") == Rejected("missing")


@settings(max_examples=100, deadline=None)
@given(
    signature=st.binary(max_size=80) | st.just(V2_OF_AN_EMPTY_GET),
    version=st.binary(max_size=4) | st.sampled_from([b"v1", b"v2"]),
    body=st.binary(min_size=1, max_size=200),
    url=st.text(st.characters(), max_size=50),
    method=st.text(st.characters(), max_size=8),
    secrets=st.lists(st.text(st.characters(), max_size=20), max_size=3),
)
def test_nothing_makes_the_old_verifier_raise(
    signature: bytes, version: bytes, body: bytes, url: str, method: str, secrets: list[str]
) -> None:
    headers = [(OLD_SIGNATURE_HEADER, signature), (OLD_VERSION_HEADER, version)]
    asked = Request(method, url, headers, body)
    for each in OLD_VERSIONS:
        assert isinstance(verify_old(asked, secrets, each), Rejected)
