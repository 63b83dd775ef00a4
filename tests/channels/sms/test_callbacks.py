"""What Twilio calls us with: believed by its signature alone, and read without ever failing."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.channels.parcels import NOW

from guerdon.channels.sms.twilio.callbacks import TwilioListener, is_signed
from guerdon.engine.messages.port import Inbound, Receipt

# Of the tests of Twilio's own library.
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
TWICE = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")]

SID, SM = "AC" + "0123456789abcdef" * 2, "SM" + "fedcba9876543210" * 2
TOKEN = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
HERE = "https://brand.example/in/messages/nordlys/twilio"
DELIVERED = [
    ("AccountSid", SID),
    ("ApiVersion", "2010-04-01"),
    ("From", "NORDLYS"),
    ("MessageSid", SM),
    ("MessageStatus", "delivered"),
    ("SmsSid", SM),
    ("SmsStatus", "delivered"),
    ("To", "+4915112345678"),
]
WROTE = [
    ("AccountSid", SID),
    ("Body", "Bitte STOPP — danke 👋 + 50% & mehr\n"),
    ("From", "+4915112345678"),
    ("MessageSid", SM),
    ("NumMedia", "0"),
    ("OptOutType", ""),
    ("To", "+4930123456"),
]
UNDELIVERED = [
    ("AccountSid", SID),
    ("ErrorCode", "30005"),
    ("From", "+4930123456"),
    ("MessageSid", SM),
    ("MessageStatus", "undelivered"),
    ("To", "+4915112345678"),
]
FORM = "application/x-www-form-urlencoded"
SETTINGS = {"x-twilio-webhooks-signature-settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
# As twilio 9.13.0 (RequestValidator.compute_signature) signs them.
RECORDED: Sequence[tuple[str, Sequence[tuple[str, str]], Mapping[str, str], str]] = [
    (HERE, DELIVERED, {}, "dwJRKJya5I6FgVCZGnfpfjjKWv4="),
    (f"{HERE}?x=1&y=%C3%A4", WROTE, {}, "re66NveskL7UJ9idZJLQ75ZPLXg="),
    (
        "https://brand.example:8443/in/messages/nordlys/twilio",
        UNDELIVERED,
        SETTINGS,
        "tQwzyQDGsgm/jm3w/CL9vmS8VuBOvjhGTFyUk4Tw7LI=",
    ),
]


@pytest.mark.parametrize(
    ("url", "fields", "signature"),
    [
        (URL, FIELDS, SIGNATURE),
        (URL, TWICE, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        # Signed with the port, or without it, whichever we were called by.
        (URL.replace(".com", ".com:1234"), FIELDS, SIGNATURE),
        (URL, FIELDS, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (URL.replace("https", "http"), FIELDS, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (URL.replace("https", "http").replace(".com", ".com:1234"), FIELDS, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ],
)
def test_the_vectors_of_twilios_own_library(url: str, fields: list[tuple[str, str]], signature: str) -> None:
    headers = {"x-twilio-signature": signature}
    assert is_signed(url, headers, fields, ["12345"])
    assert is_signed(url, headers, fields[::-1], ["other", "12345"])
    assert not is_signed(url, headers, fields, ["12346"])
    assert not is_signed(url, headers, fields[1:], ["12345"])
    assert not is_signed(url, headers, [*fields, ("X", "")], ["12345"])
    assert not is_signed(url + "x", headers, fields, ["12345"])


@pytest.mark.parametrize(("url", "fields", "settings", "signature"), RECORDED)
def test_what_their_library_signs_is_believed(
    url: str, fields: list[tuple[str, str]], settings: dict[str, str], signature: str
) -> None:
    headers = {"x-twilio-signature": signature, **settings}
    assert is_signed(url, headers, fields, [TOKEN])
    # By the other algorithm it is not theirs.
    other = {} if settings else SETTINGS
    assert not is_signed(url, {"x-twilio-signature": signature, **other}, fields, [TOKEN])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-twilio-signature": ""},
        {"x-twilio-signature": SIGNATURE + " "},
        {"x-twilio-signature": SIGNATURE.lower()},
        {"x-twilio-signature": "ü€\udc80"},
        {"x-twilio-signature": SIGNATURE, "x-twilio-webhooks-signature-settings": "algorithm=none"},
    ],
    ids=str,
)
def test_another_signature_is_none(headers: dict[str, str]) -> None:
    assert not is_signed(URL, headers, FIELDS, ["12345"])


def test_nobody_signs_without_a_secret_or_for_no_address() -> None:
    # An HMAC of an empty key is one that anybody can make.
    empty = {"x-twilio-signature": signature_of(DELIVERED, "")}
    assert not is_signed(HERE, empty, DELIVERED, ["", TOKEN])
    assert not is_signed(URL, {"x-twilio-signature": SIGNATURE}, FIELDS, [])
    assert not is_signed("mycompany.com/myapp.php", {"x-twilio-signature": SIGNATURE}, FIELDS, ["12345"])


def heard(
    fields: Sequence[tuple[str, str]], sid: str = SID, **headers: str
) -> Sequence[Receipt | Inbound] | None:
    """What comes of a request that Twilio signed."""
    body = urlencode(fields).encode()
    signed = {"x-twilio-signature": signature_of(fields), "content-type": FORM} | headers
    return TwilioListener(sid, ["before", TOKEN]).read(HERE, signed, body, NOW)


def signature_of(fields: Sequence[tuple[str, str]], token: str = TOKEN) -> str:
    """Worked out as Twilio's pages describe it."""
    text = HERE + "".join(name + value for name, value in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), "sha1").digest()).decode()


def one(fields: Sequence[tuple[str, str]]) -> Any:
    found = heard(fields)
    assert found is not None
    (only,) = found
    return only


def with_(fields: Sequence[tuple[str, str]], **changed: str) -> list[tuple[str, str]]:
    return list((dict(fields) | changed).items())


@pytest.mark.parametrize(
    ("changed", "state", "reason", "retires", "stopped"),
    [
        ({"MessageStatus": "sent"}, "sent", "", False, False),
        ({"MessageStatus": "delivered"}, "delivered", "", False, False),
        ({"MessageStatus": "read"}, "read", "", False, False),
        ({"MessageStatus": "failed"}, "failed", "twilio:failed", False, False),
        ({"MessageStatus": "canceled"}, "failed", "twilio:canceled", False, False),
        ({"MessageStatus": "undelivered", "ErrorCode": "30005"}, "failed", "twilio:30005", True, False),
        # Switched off today, it may be on tomorrow.
        ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, "failed", "twilio:30003", False, False),
        ({"MessageStatus": "undelivered", "ErrorCode": "30006"}, "failed", "twilio:30006", True, False),
        (
            {"MessageStatus": "undelivered", "ErrorCode": "30006", "From": "38600"},
            "failed",
            "twilio:30006",
            False,
            False,
        ),
        ({"MessageStatus": "failed", "ErrorCode": "21610"}, "failed", "twilio:21610", False, True),
        ({"MessageStatus": "failed", "ErrorCode": "<b>"}, "failed", "twilio:failed", False, False),
        # A code beside a message that arrived says nothing of its address.
        ({"MessageStatus": "delivered", "ErrorCode": "30005"}, "delivered", "", False, False),
    ],
)
def test_a_status_is_read(
    changed: dict[str, str], state: str, reason: str, *, retires: bool, stopped: bool
) -> None:
    receipt = one(with_(DELIVERED, **changed))
    assert isinstance(receipt, Receipt)
    assert (receipt.provider_id, receipt.state, receipt.reason, receipt.at) == (SM, state, reason, NOW)
    assert (receipt.retires, receipt.stopped) == (retires, stopped)


def test_the_same_told_twice_is_the_same_and_another_status_is_not() -> None:
    first, again = one(DELIVERED), one(with_(DELIVERED, RawDlrDoneDate="2611231201"))
    assert first.digest == again.digest
    assert len({first.digest, one(with_(DELIVERED, MessageStatus="sent")).digest, one(WROTE).digest}) == 3


@pytest.mark.parametrize(
    "status", ["queued", "accepted", "scheduled", "sending", "", "SENT", "receiving", "newest"]
)
def test_a_status_that_says_nothing_is_of_no_use(status: str) -> None:
    assert heard(with_(DELIVERED, MessageStatus=status)) == ()


@pytest.mark.parametrize(
    ("changed", "keyword"),
    [
        ({"Body": "STOP"}, "stop"),
        ({"Body": "start"}, "start"),
        ({"Body": "Help"}, "help"),
        ({"Body": "thank you"}, "other"),
        ({"Body": ""}, "other"),
        # The account's own words for it, which Twilio understood.
        ({"Body": "Schluss jetzt", "OptOutType": "STOP"}, "stop"),
        ({"Body": "Los", "OptOutType": "START"}, "start"),
        ({"Body": "Was", "OptOutType": "HELP"}, "help"),
    ],
)
def test_what_somebody_wrote_back_is_read(changed: dict[str, str], keyword: str) -> None:
    wrote = one(with_(WROTE, **changed))
    assert wrote == Inbound("+4915112345678", "+4930123456", keyword, NOW, wrote.digest)  # type: ignore[arg-type]
    # Neither the number nor the words stand in a log.
    assert "4915112345678" not in repr(wrote)
    assert "Schluss" not in repr(wrote)


@pytest.mark.parametrize(
    "changed",
    [
        {"From": "whatsapp:+4915112345678"},
        {"From": "38600"},
        {"From": ""},
        {"MessageSid": "SM1"},
        {"AccountSid": "AC" + "f" * 32},
    ],
)
def test_what_is_of_no_use_is_nothing(changed: dict[str, str]) -> None:
    assert heard(with_(WROTE, **changed)) == ()


def test_what_is_not_signed_is_not_read() -> None:
    assert heard(DELIVERED, **{"x-twilio-signature": SIGNATURE}) is None
    assert heard(DELIVERED, **{"content-type": "application/json"}) is None
    assert heard(DELIVERED, **{"content-type": f"{FORM}; charset=UTF-8"}) == (one(DELIVERED),)
    assert heard([(f"f{number}", "") for number in range(201)]) is None


@given(
    some.binary(),
    some.text(),
    some.dictionaries(some.sampled_from(["x-twilio-signature", "content-type"]), some.text()),
)
def test_whatever_comes_unsigned_is_not_believed(body: bytes, url: str, headers: dict[str, str]) -> None:
    assert TwilioListener(SID, [TOKEN]).read(url, headers, body, NOW) is None


@given(
    some.lists(
        some.tuples(some.text(some.characters(codec="utf-8")), some.text(some.characters(codec="utf-8")))
    )
)
def test_whatever_is_signed_is_read_without_failing(fields: list[tuple[str, str]]) -> None:
    assert heard(list(dict(fields).items())) == ()
