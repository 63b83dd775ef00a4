"""The door for webhooks: who is believed, and what becomes of every odd thing that someone believed sends."""

import json
import struct
from collections import Counter
from typing import Any

import pytest
from tests.web.intake.house import (
    CLIENT_SECRET,
    HOOK,
    PORTAL,
    PREVIOUS_SECRET,
    House,
    change,
    packed,
    signed,
)

ONE = {"accepted": 1, "duplicates": 0, "quarantined": 0}
SIGNATURE, TIMESTAMP = "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"
I64 = 2**63 - 1


def check_open(house: House, contact: int = 1) -> None:
    """A good event sent now is kept, and the worker gets past everything before it."""
    good = change(contact, "booking_status", "canceled")
    assert house.hook(packed(good)).body == ONE
    house.decide()
    decided = house.rows("select outcome from events where external_id like %s", f"%-{good['eventId']}-%")
    assert len(decided) == 1
    assert house.rows("select count(*) from inbox") == [(0,)]


def test_a_signed_event_is_kept_and_decided(house: House) -> None:
    event = change(3)
    answer = house.hook(packed(event))
    assert (answer.status, answer.body) == (200, ONE)
    house.decide()
    found = house.rows(
        "select type, outcome, source from events where external_id = %s",
        f"{PORTAL}-700-{event['eventId']}-3-{event['occurredAt']}",
    )
    assert found == [("booking.confirmed", "earned", "hubspot_eu")]


def test_the_secret_that_is_being_replaced_still_opens(house: House) -> None:
    assert house.hook(packed(change()), secret=PREVIOUS_SECRET).body == ONE


@pytest.mark.parametrize("query", ["?a=1&b=2", "?b=%20&a", "?x=%25&y=%C3%A9", "??", "?a=1?b", "?%zz"])
def test_the_query_is_signed_as_it_was_sent(house: House, query: str) -> None:
    assert house.hook(packed(change()), path=HOOK + query).body == ONE


def test_escapes_on_the_list_are_signed_decoded(house: House) -> None:
    body = packed(change())
    headers = signed(body, path=HOOK + "?to=a:b/c,d;e*!$'(@)?")
    sent = HOOK + "?to=a%3Ab%2Fc%2cd%3be%2A%21%24%27%28%40%29%3f"
    assert house.ask("POST", sent, body, headers).body == ONE


def test_a_replay_within_its_five_minutes_is_a_duplicate(house: House) -> None:
    body = packed(change(), change())
    headers = signed(body)
    first, again = (house.ask("POST", HOOK, body, headers) for _ in range(2))
    assert first.body == {"accepted": 2, "duplicates": 0, "quarantined": 0}
    assert (again.status, again.body) == (200, {"accepted": 0, "duplicates": 2, "quarantined": 0})


def test_another_attempt_at_delivering_is_a_duplicate(house: House) -> None:
    event = change()
    assert house.hook(packed(event)).body == ONE
    again = house.hook(packed({**event, "attemptNumber": 3}, {**event, "changeSource": "API"}))
    assert again.body == {"accepted": 0, "duplicates": 2, "quarantined": 0}


def test_an_id_used_again_for_something_else_is_set_apart(house: House) -> None:
    event = change()
    assert house.hook(packed(event)).body == ONE
    again = house.hook(packed({**event, "propertyValue": "canceled"}))
    assert (again.status, again.body) == (200, {"accepted": 0, "duplicates": 0, "quarantined": 1})
    assert house.quarantined()[-1][1] == "reused_id"
    check_open(house)


def test_a_request_may_hold_its_own_duplicates_and_contradictions(house: House) -> None:
    event = change()
    answer = house.hook(packed(event, event, {**event, "propertyValue": "canceled"}))
    assert answer.body == {"accepted": 1, "duplicates": 1, "quarantined": 1}


FORGERIES: list[tuple[str, dict[str, str | None]]] = [
    ("missing", {SIGNATURE: None}),
    ("missing", {TIMESTAMP: None}),
    ("missing", {SIGNATURE: None, TIMESTAMP: None}),
    ("forged", {SIGNATURE: ""}),
    ("forged", {SIGNATURE: "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="}),
    ("forged", {SIGNATURE: "A" * 30_000}),
    ("forged", {SIGNATURE: "Ünïcödé"}),
    ("forged", {SIGNATURE: "=" * 44}),
    ("forged", {TIMESTAMP: ""}),
    ("forged", {TIMESTAMP: "0"}),
    ("forged", {TIMESTAMP: "-1"}),
    ("forged", {TIMESTAMP: "NaN"}),
    ("forged", {TIMESTAMP: "9" * 16}),
    ("forged", {TIMESTAMP: "9" * 30_000}),
    ("forged", {TIMESTAMP: "²³"}),
]


def test_of_a_request_that_is_not_believed_only_a_counter_remembers(house: House) -> None:
    expected = Counter(f"rejected_{reason}" for reason, _ in FORGERIES)
    # What earlier tests brought about is counted within a second or so.
    counted = {what: house.settled_count(what) for what in expected}
    before = house.tally()
    for _, changed in FORGERIES:
        body = packed(change())
        headers = {k: v.encode("latin-1") for k, v in (signed(body) | changed).items() if v is not None}
        answer = house.ask("POST", HOOK, body, headers)
        assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json"), changed
        assert answer.body["status"] == 401
    for what, n in expected.items():
        house.await_counted(what, counted[what] + n)
        assert house.counted(what) == counted[what] + n
    assert house.tally() | {"intake_counts": 0} == before | {"intake_counts": 0}


def test_what_is_signed_for_another_moment_is_refused(house: House) -> None:
    counted = {reason: house.counted(f"rejected_{reason}") for reason in ("stale", "future")}
    for age_s in (305, 86_400, -305, -86_400):
        assert house.hook(packed(change()), age_s=age_s).status == 401
    for reason, n in counted.items():
        house.await_counted(f"rejected_{reason}", n + 2)


@pytest.mark.parametrize("age_s", [290, -290])
def test_a_clock_that_is_minutes_off_does_no_harm(house: House, age_s: float) -> None:
    assert house.hook(packed(change()), age_s=age_s).body == ONE


def test_headers_that_stand_twice_are_not_believed(house: House) -> None:
    body = packed(change())
    headers = signed(body)
    for name in (SIGNATURE, TIMESTAMP):
        lines = [f"{k}: {v}\r\n" for k, v in headers.items()] + [f"{name}: {headers[name]}\r\n"]
        head = f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{''.join(lines)}\r\n"
        assert house.raw(head.encode() + body).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    "changed",
    [
        {"path": HOOK + "?x=1"},
        {"secret": "another-secret"},
        {"secret": ""},
        {"method": "GET"},
    ],
)
def test_a_signature_over_something_else_is_not_believed(house: House, changed: dict[str, str]) -> None:
    body = packed(change())
    assert house.ask("POST", HOOK, body, signed(body, **changed)).status == 401  # type: ignore[arg-type]


def test_what_forwarded_headers_say_changes_nothing(house: House) -> None:
    body = packed(change())
    claims = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "Forwarded": "host=evil.example",
    }
    assert house.ask("POST", HOOK, body, signed(body) | claims).body == ONE


def test_an_unknown_connection_and_another_method_are_told_apart(house: House) -> None:
    body = packed(change())
    before = house.tally()
    for path in (
        "/hooks/hubspot/nobody",
        "/hooks/hubspot/",
        "/hooks/hubspot/hubspot_eu/",
        "/hooks/hubspot/%00",
    ):
        assert house.ask("POST", path, body, signed(body, path=path)).status == 404
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = house.ask(method, HOOK)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert house.tally() == before


# What someone believed sends, and the reason under which it is found again.
UNREADABLE: list[tuple[str, bytes, str]] = [
    ("empty", b"", "malformed_body"),
    ("no JSON", b"hello", "malformed_body"),
    ("an object", b"{}", "malformed_body"),
    ("null", b"null", "malformed_body"),
    ("a number", b"1e999", "malformed_body"),
    ("a form", b"a=1&b=2", "malformed_body"),
    ("XML", b"<?xml version='1.0'?><a/>", "malformed_body"),
    ("cut off", packed(change())[:-9], "malformed_body"),
    ("two of them", packed(change()) + packed(change()), "malformed_body"),
    ("a byte order mark", b"\xef\xbb\xbf" + packed(change()), "malformed_body"),
    ("UTF-16", packed(change()).decode().encode("utf-16"), "malformed_body"),
    ("NUL bytes", b"\0" * 1000, "malformed_body"),
    ("gzip", b"\x1f\x8b\x08" + bytes(range(256)), "malformed_body"),
    ("100,000 deep", b"[" * 100_000 + b"]" * 100_000, "malformed_event"),
    ("100,000 open", b"[" * 100_000, "malformed_body"),
    ("quotes", b'["' + b'\\"' * 100_000, "malformed_body"),
    ("too many", packed(*[{}] * 1001), "too_many"),
    ("far too many", b"[" + b"[]," * 300_000 + b"[]]", "too_many"),
]


@pytest.mark.parametrize(("body", "reason"), [u[1:] for u in UNREADABLE], ids=[u[0] for u in UNREADABLE])
def test_an_authentic_body_that_cannot_be_read_is_set_apart_whole(
    house: House, body: bytes, reason: str
) -> None:
    before = house.quarantined()
    answer = house.hook(body)
    assert (answer.status, answer.body) == (200, {"accepted": 0, "duplicates": 0, "quarantined": 1})
    new = house.quarantined()[len(before) :]
    assert [row[1] for row in new] == [reason]
    assert len(new[0][2]) > 20
    check_open(house)


def test_an_empty_array_is_nothing_at_all(house: House) -> None:
    before = house.tally()
    assert house.hook(b"[]").body == {"accepted": 0, "duplicates": 0, "quarantined": 0}
    assert house.tally() == before


NAMES = ("eventId", "subscriptionId", "portalId", "objectId", "occurredAt")


def without(name: str) -> dict[str, object]:
    return {k: v for k, v in change().items() if k != name}


def literal(name: str, value: str) -> bytes:
    """An element whose field is written like this, whatever a JSON library would think of it."""
    return json.dumps(change() | {name: "@"}).replace('"@"', value).encode()


# One element, and the reason under which it alone is found again.
BAD_ELEMENTS: list[tuple[str, bytes, str]] = [
    *(
        (f"no {name}", json.dumps(without(name)).encode(), "malformed_event")
        for name in (*NAMES, "subscriptionType")
    ),
    *(
        (f"{name} {words}", literal(name, value), "malformed_event")
        for name in NAMES
        for words, value in (
            ("beyond 64 bits", str(I64 + 1)),
            ("of 3,000 digits", "9" * 3000),
            ("of 5,000 digits", "9" * 5000),
            ("negative", "-1"),
            ("a fraction", "1.5"),
            ("a float", "1e3"),
            ("a text", '"1"'),
            ("a truth", "true"),
            ("null", "null"),
            ("a list", "[1]"),
        )
    ),
    ("a text", b'"x"', "malformed_event"),
    ("a list", b"[]", "malformed_event"),
    ("null", b"null", "malformed_event"),
    ("NaN", literal("eventId", "NaN"), "malformed_event"),
    ("50 deep", b"[" * 50 + b"]" * 50, "malformed_event"),
    ("50 deep in a field", literal("propertyValue", "[" * 50 + "]" * 50), "malformed_event"),
    ("100,000 deep in a field", literal("propertyValue", "[" * 100_000 + "]" * 100_000), "malformed_event"),
    ("a lone surrogate", literal("propertyValue", r'"\ud83d"'), "malformed_event"),
    (
        "surrogates in bytes",
        literal("propertyValue", '"@@"').replace(b"@@", b"\xed\xa0\x80"),
        "malformed_event",
    ),
    ("no UTF-8", literal("propertyValue", '"@@"').replace(b"@@", b"\xff\xfe"), "malformed_event"),
    ("a raw NUL", literal("propertyValue", '"@@"').replace(b"@@", b"\0"), "malformed_event"),
    ("a value that is a number", literal("propertyValue", "1"), "malformed_event"),
    ("a name that is null", literal("propertyName", "null"), "malformed_event"),
]


@pytest.mark.parametrize(("bad", "reason"), [b[1:] for b in BAD_ELEMENTS], ids=[b[0] for b in BAD_ELEMENTS])
def test_one_bad_element_is_set_apart_alone(house: House, bad: bytes, reason: str) -> None:
    before = house.quarantined()
    first, last = change(2), change(2, "booking_status", "canceled")
    body = b"[" + json.dumps(first).encode() + b", " + bad + b" ,\n" + json.dumps(last).encode() + b"]"
    answer = house.hook(body)
    assert (answer.status, answer.body) == (200, {"accepted": 2, "duplicates": 0, "quarantined": 1})
    new = house.quarantined()[len(before) :]
    assert [row[1] for row in new] == [reason]
    assert new[0][2].startswith("Element 2 is not a HubSpot event: ")
    house.decide()
    for event in (first, last):
        assert house.rows("select 1 from events where external_id like %s", f"%-{event['eventId']}-%") == [
            (1,)
        ]


# Elements that can be kept but mean nothing: the worker sets them apart, with what to do about it.
MEANINGLESS: list[tuple[str, dict[str, object], str, str]] = [
    ("the year 1600", {"occurredAt": 1}, "impossible_time", "between 2000 and 2100"),
    ("the year 2600", {"occurredAt": 19_880_899_200_000}, "impossible_time", "between 2000 and 2100"),
    ("the end of 64 bits", {"occurredAt": I64}, "impossible_time", "between 2000 and 2100"),
    ("tomorrow week", {"occurredAt": 4_000_000_000_000}, "in_the_future", "had not come when it arrived"),
    ("another portal", {"portalId": 7}, "other_portal", "Portal 7 is not 4471209"),
    (
        "an unknown property",
        {"propertyName": "booking_state"},
        "unmapped_property",
        "did you mean booking_status",
    ),
    ("an unknown value", {"propertyValue": "maybe"}, "unmapped_value", "mapped are: confirmed, canceled"),
    ("no value", {"propertyValue": ""}, "unmapped_value", "mapped are: confirmed, canceled"),
    ("null", {"propertyValue": None}, "unmapped_value", "mapped are: confirmed, canceled"),
    ("an escaped NUL", {"propertyValue": "confirmed\0"}, "unmapped_value", "mapped are"),
    ("a NUL in a name", {"propertyName": "booking\0status"}, "unmapped_property", "ignore"),
    ("a long name", {"propertyName": "b" * 900_000}, "unmapped_property", "Nothing maps"),
    ("every plane", {"propertyValue": "\U0010ffff\ufffe\u202e🚗"}, "unmapped_value", "mapped are"),
    ("a merge of companies", {"subscriptionType": "company.merge"}, "unknown_type", "company.merge"),
    (
        "a creation",
        {"subscriptionType": "company.creation", "propertyName": "", "propertyValue": None},
        "unknown_type",
        "company.creation",
    ),
    ("a ticket", {"subscriptionType": "object.propertyChange", "objectTypeId": "0-5"}, "unknown_type", "0-5"),
    (
        "a date that is none",
        {"propertyName": "vehicle_delivered_on", "propertyValue": "1600-02-30"},
        "wrong_value",
        "between 1900 and 2100",
    ),
    (
        "a date of 2600",
        {"propertyName": "vehicle_delivered_on", "propertyValue": "2600-01-01"},
        "wrong_value",
        "between 1900 and 2100",
    ),
    (
        "a date beyond all numbers",
        {"propertyName": "vehicle_delivered_on", "propertyValue": "9" * 15},
        "wrong_value",
        "between 1900 and 2100",
    ),
    (
        "a text beyond measure",
        {"propertyName": "referral_converted", "propertyValue": "9" * 100_000},
        "wrong_value",
        "longer than 1000",
    ),
    (
        "a NUL in a text",
        {"propertyName": "referral_converted", "propertyValue": "a\0b"},
        "wrong_value",
        "NUL",
    ),
]


@pytest.mark.parametrize(
    ("changed", "reason", "hint"), [m[1:] for m in MEANINGLESS], ids=[m[0] for m in MEANINGLESS]
)
def test_what_means_nothing_is_set_apart_by_the_worker_with_a_hint(
    house: House, changed: dict[str, object], reason: str, hint: str
) -> None:
    before = house.quarantined()
    assert house.hook(packed(change(4) | changed)).body == ONE
    house.decide()
    new = house.quarantined()[len(before) :]
    assert [row[1] for row in new] == [reason]
    assert hint in new[0][2]
    check_open(house)


def test_a_contacts_change_in_the_generic_form_counts(house: House) -> None:
    generic: dict[str, Any] = {"subscriptionType": "object.propertyChange", "objectTypeId": "0-1"}
    event = change(5, "test_drive_status", "no_show", **generic)
    assert house.hook(packed(event)).body == ONE
    house.decide()
    found = house.rows("select type from events where external_id like %s", f"%-{event['eventId']}-%")
    assert found == [("test_drive.no_show",)]


def test_of_a_key_that_stands_twice_the_last_one_counts(house: House) -> None:
    event = change(5, "test_drive_status", "no_show")
    doubled = json.dumps(event).replace('"propertyName"', '"propertyName": "nonsense", "propertyName"', 1)
    assert house.hook(f"[{doubled}]".encode()).body == ONE
    house.decide()
    assert house.rows("select 1 from events where external_id like %s", f"%-{event['eventId']}-%") == [(1,)]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "image/png", "multipart/form-data", ""]
)
def test_a_content_type_that_lies_changes_nothing(house: House, kind: str) -> None:
    body = packed(change())
    assert house.ask("POST", HOOK, body, signed(body) | {"Content-Type": kind}).body == ONE


def test_a_thousand_events_fit_a_request(house: House) -> None:
    body = packed(*(change(100 + n, "booking_status", "canceled") for n in range(1000)))
    assert house.hook(body).body == {"accepted": 1000, "duplicates": 0, "quarantined": 0}
    assert house.decide() >= 1000
    assert house.rows("select count(*) from waiting where external_id::int >= 100")[0][0] == 1000


def test_a_thousand_bad_elements_keep_one_copy_of_their_body(house: House) -> None:
    before = house.rows("select coalesce(sum(length(body)), 0) from deliveries")[0][0]
    noise = struct.pack("<125000I", *((n * 2654435761) % 2**32 for n in range(125_000))).hex()[:900_000]
    body = packed(noise, *["x"] * 999)
    assert house.hook(body).body == {"accepted": 0, "duplicates": 0, "quarantined": 1000}
    after = house.rows("select coalesce(sum(length(body)), 0) from deliveries")[0][0]
    assert after - before < 2 * len(body)


def test_the_secret_is_nowhere_in_what_is_kept_or_said(house: House) -> None:
    house.hook(b"x" + CLIENT_SECRET.encode())
    told = json.dumps(house.quarantined(), default=str)
    assert CLIENT_SECRET not in told
