"""The stand-in for Twilio signs as Twilio's own validator wants it, and counts segments as its documents do.

The vectors were made, and found valid, by `RequestValidator` of the package twilio 9.13.0 for Python. The
first is also in Twilio's documents, at twilio.com/docs/usage/security.
"""

import pytest
from standins.twilio.posts import json_post, retries
from standins.twilio.segments import encoding, segments
from standins.twilio.signatures import signature, with_body_hash

TOKEN = "12345"
ADDRESS = "https://hooks.example.com"
FORMS = [
    (
        TOKEN,
        "https://example.com/myapp.php?foo=1&bar=2",
        {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675310",
            "Digits": "1234",
            "From": "+14158675310",
            "To": "+18005551212",
        },
        "L/OH5YylLD5NRKLltdqwSvS0BnU=",
    ),
    (
        "8103a65974cb398eb4f16c270ac9e5b9",
        "http://127.0.0.1:8000/hooks/messages/twilio",
        {
            "AccountSid": "AC52a1850806116d13af96f0d4214d29a5",
            "From": "+447700900100",
            "MessageSid": "SM0123456789abcdef0123456789abcdef",
            "MessageStatus": "delivered",
            "RawDlrDoneDate": "2611231200",
            "SmsSid": "SM0123456789abcdef0123456789abcdef",
            "SmsStatus": "delivered",
            "To": "+447700900500",
        },
        "yGuFOKjQLzm5bm0pskqbf8wmBDI=",
    ),
    (
        "secret",
        f"{ADDRESS}:8443/in?program=nordlys&a=%20b",
        {"Body": "Stöpp bitte 🎁 \n", "From": "+4915228817386", "To": "Guerdon", "b": "lower", "A": ""},
        "n2j2JJC9xB8eAEzjO6aaTOE4168=",
    ),
    (
        "secret",
        f"{ADDRESS}/in",
        {"Zeta": "1", "alpha": "2", "Alpha": "3", "_": "4"},
        "cOc5n+W0GAxSyy6oIExDXa7iASE=",
    ),
]
BODIES = [
    (
        "secret",
        f"{ADDRESS}/events?x=1",
        '{"type":"sent","text":"é"}',
        f"{ADDRESS}/events?x=1&bodySHA256=da52309fbd1328144ad72b1dbdec92a6e0948e7bf0468188e88bb9a15a88f8fa",
        "NYQoFeuY3JlJZYJq9opqP8BYbUo=",
    ),
    (
        TOKEN,
        "http://127.0.0.1:8000/json",
        "[]",
        "http://127.0.0.1:8000/json?bodySHA256=4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
        "YWo90pw4mK1QfjTrd+r1ZIWuAoE=",
    ),
]


@pytest.mark.parametrize(("token", "url", "params", "wanted"), FORMS)
def test_a_form_is_signed_with_its_address_and_its_sorted_fields(
    token: str, url: str, params: dict[str, str], wanted: str
) -> None:
    assert signature(token, url, params) == wanted
    assert signature(token, url, dict(reversed(params.items()))) == wanted
    assert signature(token, url.replace("://", "://name:password@") + "#rc=2&rp=all", params) == wanted
    assert signature(token.swapcase() + "x", url, params) != wanted
    assert signature(token, url, {**params, "More": ""}) != wanted


@pytest.mark.parametrize(("token", "url", "body", "hashed", "wanted"), BODIES)
def test_what_is_no_form_is_signed_by_its_address_with_the_hash_of_the_body(
    token: str, url: str, body: str, hashed: str, wanted: str
) -> None:
    assert with_body_hash(url, body.encode()) == hashed
    assert signature(token, hashed, {}) == wanted
    assert with_body_hash(url, body.encode() + b" ") != hashed
    assert json_post(url, [], token, id="", repeat="").url.startswith(url)


@pytest.mark.parametrize(
    ("fragment", "status", "more"),
    [
        ("", 0, 1),
        ("", 500, 0),
        ("", 404, 0),
        ("#rc=3", 0, 3),
        ("#rc=3", 503, 0),
        ("#rc=3&rp=5xx", 503, 3),
        ("#rc=3&rp=5xx", 0, 0),
        ("#rc=9&rp=all", 404, 5),
        ("#rc=0&rp=all", 503, 0),
        ("#rc=3&rp=4xx,ct", 404, 3),
        ("#rc=3&rp=all", 204, 0),
    ],
)
def test_how_often_a_webhook_is_tried_again_stands_in_the_fragment(
    fragment: str, status: int, more: int
) -> None:
    assert retries(f"{ADDRESS}/in?a=1{fragment}", status) == more


@pytest.mark.parametrize(
    ("text", "alphabet", "count"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        # The escape and its character stay together: 76 of them fill a segment of 153.
        ("€" * 153, "GSM-7", 3),
        ("ç", "UCS-2", 1),
        ("я" * 70, "UCS-2", 1),
        ("я" * 71, "UCS-2", 2),
        ("я" * 134, "UCS-2", 2),
        ("🎁" * 35, "UCS-2", 1),
        ("🎁" * 36, "UCS-2", 2),
        ("🎁" * 67, "UCS-2", 3),
        ("أهلا", "UCS-2", 1),
    ],
)
def test_segments_are_counted_by_alphabet_and_no_character_is_cut(
    text: str, alphabet: str, count: int
) -> None:
    assert encoding(text) == alphabet
    assert segments(text) == count
