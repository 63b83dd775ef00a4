"""The door of our own API: a wrong request is answered field by field, and nothing of it is kept."""

import json
import time
from contextlib import closing
from http.client import HTTPConnection

import pytest
from tests.web.intake.house import House, cloud_event, made_key

from guerdon.web.rooms import WRONG_KEYS_MAX, WRONG_KEYS_S

NAMES = ("id", "source", "type", "subject", "time", "specversion")
LONG = "9" * 5000


def check_refused(
    house: House, key: str, sent: object, status: int, *pointers: str, kind: str | None = None
) -> None:
    """It is refused with these places named, and every table holds what it held."""
    before = house.tally()
    answer = house.send_events(sent, key, kind)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.body["status"] == status
    assert [e["pointer"] for e in answer.body.get("errors", [])] == list(pointers)
    assert all(e["detail"] for e in answer.body.get("errors", []))
    assert house.tally() == before


def check_open(house: House, key: str) -> None:
    good = cloud_event()
    answer = house.send_events(good, key)
    assert (answer.status, answer.body) == (202, {"accepted": 1, "duplicates": 0, "quarantined": 0})
    house.decide()
    assert house.rows("select source from events where external_id = %s", good["id"]) == [("api",)]


def test_an_event_comes_in_by_itself_or_in_a_batch(house: House, key: str) -> None:
    alone, some = cloud_event(2), [cloud_event(3, data={"deposit": 50_000}), cloud_event(3)]
    assert house.send_events(alone, key).body["accepted"] == 1
    assert house.send_events(some, key).body["accepted"] == 2
    house.decide()
    ids = [e["id"] for e in (alone, *some)]
    found = house.rows("select external_id, outcome from events where external_id = any(%s) order by id", ids)
    assert found == [(i, "earned") for i in ids]
    stored = house.rows("select data from events where external_id = %s", some[0]["id"])
    assert stored == [({"deposit": 50_000},)]


@pytest.mark.parametrize("kind", ["application/json", "Application/CloudEvents+JSON; charset=utf-8"])
def test_the_ways_to_say_json_are_understood(house: House, key: str, kind: str) -> None:
    assert house.send_events(cloud_event(), key, kind).status == 202


def test_a_duplicate_is_told_truthfully(house: House, key: str) -> None:
    event = cloud_event()
    assert house.send_events(event, key).body == {"accepted": 1, "duplicates": 0, "quarantined": 0}
    again = house.send_events(dict(reversed(event.items())), key)
    assert (again.status, again.body) == (202, {"accepted": 0, "duplicates": 1, "quarantined": 0})


@pytest.mark.parametrize(
    "changed",
    [
        {"data": {}},
        {"subject": "hubspot:2"},
        {"time": "2026-05-05T09:30:00+00:00"},
        {"type": "booking.canceled", "data": {}},
    ],
)
def test_an_id_used_again_for_something_else_is_set_apart(
    house: House, key: str, changed: dict[str, object]
) -> None:
    event = cloud_event()
    house.send_events(event, key)
    before = house.quarantined()
    answer = house.send_events(event | changed, key)
    assert (answer.status, answer.body) == (202, {"accepted": 0, "duplicates": 0, "quarantined": 1})
    assert [row[1] for row in house.quarantined()[len(before) :]] == ["reused_id"]


def test_one_id_from_two_sources_is_two_events(house: House, key: str) -> None:
    event = cloud_event()
    house.send_events(event, key)
    assert house.send_events({**event, "source": "/dms/berlin"}, key).body["accepted"] == 1


Case = tuple[str, dict[str, object], list[str]]


def each(what: str, value: object, *names: str) -> list[Case]:
    return [(f"{name} {what}", {name: value}, [f"/{name}"]) for name in names]


WRONG: list[Case] = [
    *each("is null", None, *NAMES),
    *each("is a number", 7, *NAMES),
    *each("is a list", ["1.0"], *NAMES),
    *each("is empty", " ", "id", "source", "subject", "time"),
    *each("holds NUL", "a\0b", "id", "source", "subject", "time"),
    *each("is long", "x" * 201, "id", "source", "subject", "time"),
    ("another version", {"specversion": "0.3"}, ["/specversion"]),
    ("another's source", {"source": "/crm/hamburg"}, ["/source"]),
    ("a subject without source", {"subject": "12"}, ["/subject"]),
    ("a subject without id", {"subject": "hubspot:"}, ["/subject"]),
    ("a subject of nobody", {"subject": "salesforce:12"}, ["/subject"]),
    ("the year 1600", {"time": "1600-01-01T00:00:00Z"}, ["/time"]),
    ("the year 2600", {"time": "2600-01-01T00:00:00Z"}, ["/time"]),
    ("the year 0", {"time": "0001-01-01T00:00:00+14:00"}, ["/time"]),
    ("the year 9999", {"time": "9999-12-31T23:59:59-14:00"}, ["/time"]),
    ("no such day", {"time": "2026-02-30T00:00:00Z"}, ["/time"]),
    ("no time", {"time": "yesterday"}, ["/time"]),
    ("milliseconds", {"time": 1_780_000_000_000}, ["/time"]),
    ("data that is a list", {"data": []}, ["/data"]),
    ("data that is null", {"data": None}, ["/data"]),
    ("data that is a text", {"data": "x"}, ["/data"]),
    ("data in base64", {"data_base64": "e30="}, ["/data_base64"]),
    ("an unknown field", {"data": {"ordertype": "retail"}}, ["/data/ordertype"]),
    ("a field with a slash", {"data": {"a/b~c": 1}}, ["/data/a~1b~0c"]),
    ("a NUL in a field's name", {"data": {"\0": 1}}, ["/data/\0"]),
    ("a value not on the list", {"data": {"order_type": "gift"}}, ["/data/order_type"]),
    ("a NUL in a text", {"type": "test_drive.completed", "data": {"model": "a\0b"}}, ["/data/model"]),
    ("a long text", {"type": "test_drive.completed", "data": {"model": "x" * 1001}}, ["/data/model"]),
    ("a truth for a text", {"type": "test_drive.completed", "data": {"model": True}}, ["/data/model"]),
    ("50 deep", {"data": {"order_type": json.loads("[" * 50 + "]" * 50)}}, ["/data/order_type"]),
    ("900 deep", {"data": {"order_type": json.loads("[" * 900 + "]" * 900)}}, ["/data/order_type"]),
    ("an attribute 50 deep", {"ext": json.loads("[" * 50 + "]" * 50)}, ["/ext"]),
    ("a fraction of money", {"data": {"deposit": 1.5}}, ["/data/deposit"]),
    ("money in words", {"data": {"deposit": "1.50 EUR"}}, ["/data/deposit"]),
    ("money with two signs", {"data": {"deposit": "--5"}}, ["/data/deposit"]),
    ("money that is a truth", {"data": {"deposit": True}}, ["/data/deposit"]),
    ("money beyond 64 bits", {"data": {"deposit": 2**63}}, ["/data/deposit"]),
    ("debt beyond 64 bits", {"data": {"deposit": -(2**63) - 1}}, ["/data/deposit"]),
    ("money of 4,000 digits", {"data": {"deposit": 10**4000}}, ["/data/deposit"]),
    (
        "a date of 1600",
        {"type": "vehicle.purchased", "data": {"delivered_on": "1600-01-01"}},
        ["/data/delivered_on"],
    ),
    (
        "a date of 2600",
        {"type": "vehicle.purchased", "data": {"delivered_on": "2600-01-01"}},
        ["/data/delivered_on"],
    ),
    (
        "a date beyond 64 bits",
        {"type": "vehicle.purchased", "data": {"delivered_on": 10**30}},
        ["/data/delivered_on"],
    ),
    ("a field that must be there", {"type": "referral.succeeded", "data": {}}, ["/data/referred_contact"]),
    ("two things", {"time": "no", "data": {"deposit": "no"}}, ["/time", "/data/deposit"]),
]


@pytest.mark.parametrize(("changed", "pointers"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_wrong_event_is_answered_by_the_name_of_the_field(
    house: House, key: str, changed: dict[str, object], pointers: list[str]
) -> None:
    check_refused(house, key, cloud_event(1) | changed, 422, *pointers)


@pytest.mark.parametrize(
    "event",
    ["x", 1, None, True, [], [[]]],
    ids=["text", "number", "null", "truth", "nothing", "a list in a list"],
)
def test_what_is_no_event_is_refused(house: House, key: str, event: object) -> None:
    answer = house.send_events(event, key)
    assert answer.status in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_type_is_answered_with_what_may_be_meant(house: House, key: str) -> None:
    answer = house.send_events(cloud_event(type="bookin.confirmed"), key)
    assert answer.body["errors"] == [
        {"pointer": "/type", "detail": "unknown event 'bookin.confirmed'; did you mean booking.confirmed?"}
    ]


def test_one_wrong_event_keeps_a_whole_batch_out(house: House, key: str) -> None:
    good = [cloud_event() for _ in range(3)]
    check_refused(house, key, [*good[:2], cloud_event(type="x"), good[2]], 422, "/2/type")
    assert house.send_events(good, key).body["accepted"] == 3


def test_of_countless_mistakes_the_first_fifty_are_told(house: House, key: str) -> None:
    answer = house.send_events(cloud_event(data={f"k{n}": 0 for n in range(70_000)}), key)
    assert (answer.status, len(answer.body["errors"])) == (422, 50)
    answer = house.send_events([cloud_event(type="x" * 150) for _ in range(1000)], key)
    assert (answer.status, len(answer.body["errors"])) == (422, 50)


UNREADABLE: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("no JSON", b"hello"),
    ("a PNG", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    ("gzip", b"\x1f\x8b\x08\0\0\0\0\0"),
    ("NUL bytes", b"\0" * 10_000),
    ("no UTF-8", b'{"id": "\xff\xfe"}'),
    ("UTF-16", json.dumps(cloud_event()).encode("utf-16")),
    ("a lone surrogate", json.dumps(cloud_event(id="\ud800")).encode()),
    ("cut off", json.dumps(cloud_event()).encode()[:-1]),
    ("100,000 deep", b"[" * 100_000 + b"]" * 100_000),
    ("100,000 deep in an event", b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    (
        "a number of 5,000 digits",
        json.dumps(cloud_event(data={"deposit": "@"})).replace('"@"', LONG).encode(),
    ),
    ("infinity", json.dumps(cloud_event(data={"deposit": float("inf")})).encode()),
    ("an empty batch", b"[]"),
    ("too many", json.dumps([{}] * 1001).encode()),
]


@pytest.mark.parametrize("body", [u[1] for u in UNREADABLE], ids=[u[0] for u in UNREADABLE])
def test_a_body_that_cannot_be_read_is_refused_with_a_reason(house: House, key: str, body: bytes) -> None:
    before = house.tally()
    answer = house.send_events(body, key)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.body["detail"]
    assert house.tally() == before


def test_after_everything_odd_a_good_event_is_decided(house: House, key: str) -> None:
    for _, body in UNREADABLE:
        house.send_events(body, key)
    check_open(house, key)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json", ""]
)
def test_another_content_type_is_refused(house: House, key: str, kind: str) -> None:
    before = house.tally()
    body = json.dumps(cloud_event()).encode()
    answer = house.ask("POST", "/v1/events", body, {"Authorization": f"Bearer {key}", "Content-Type": kind})
    assert (answer.status, answer.headers["content-type"]) == (415, "application/problem+json")
    assert house.tally() == before


def test_a_key_that_is_not_good_opens_nothing(house: House, key: str) -> None:
    name, key_id, secret = key.split("_")
    bad = [
        made_key(house, revoked=True),
        made_key(house, days=-1),
        f"{name}_{key_id}_{secret[:-1]}",
        f"{name}_{key_id}_{secret}x",
        f"{name}_{key_id}_",
        f"{name}_{key_id}",
        f"{name}__{secret}",
        f"{name}_{key_id[:-1]}{'1' if key_id.endswith('0') else '0'}_{secret}",
        f"gdx_{key_id}_{secret}",
        f"{key}_",
        f"gdn_{'a' * 60_000}_{secret}",
        "gdn_ünïcödé_é",
        "gdn_%00_%00",
        "",
        "null",
    ]
    before = house.tally()
    body = json.dumps(cloud_event()).encode()
    tried = [f"Bearer {k}" for k in bad] + [
        key,
        f"Basic {key}",
        f"Token {key}",
        "Bearer",
        " ",
        f"Bearer {key} x",
    ]
    for authorization in tried:
        headers = {"Authorization": authorization.encode("latin-1"), "Content-Type": "application/json"}
        answer = house.ask("POST", "/v1/events", body, headers)  # type: ignore[arg-type]
        assert answer.status == 401, authorization[:80]
        assert answer.headers["www-authenticate"] == "Bearer"
    assert house.ask("POST", "/v1/events", body, {"Content-Type": "application/json"}).status == 401
    assert house.ask("POST", f"/v1/events?access_token={key}", body).status == 401
    assert house.tally() == before


def test_the_name_of_the_scheme_may_be_written_as_one_likes(house: House, key: str) -> None:
    body = json.dumps(cloud_event()).encode()
    headers = {"Authorization": f"bEARER {key}", "Content-Type": "application/json"}
    assert house.ask("POST", "/v1/events", body, headers).status == 202


def test_a_key_that_is_withdrawn_closes_within_seconds(house: House) -> None:
    key = made_key(house)
    assert house.send_events(cloud_event(), key).status == 202
    key_id = key.split("_")[1]
    withdrawn = house.start("key", "revoke", house.program.key, key_id)
    assert withdrawn.wait(timeout=60) == 0
    until = time.monotonic() + 20
    while house.send_events(cloud_event(), key).status != 401:
        assert time.monotonic() < until, "a key that was withdrawn still opens"
        time.sleep(0.1)


def test_only_posting_is_understood(house: House) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
        answer = house.ask(method, "/v1/events")
        assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_a_network_that_guesses_keys_has_to_wait(house: House, key: str) -> None:
    """From an address of its own on this machine, so that the tests beside it are not in its way."""

    def send(with_key: str, address: str) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {with_key}", "Content-Type": "application/json"}
        with closing(HTTPConnection("127.0.0.1", house.port, 30, (address, 0))) as connection:
            connection.request("POST", "/v1/events", json.dumps(cloud_event()).encode(), headers)
            answer = connection.getresponse()
            assert answer.read()
            return answer.status, answer.headers.get("Retry-After", "")

    assert send(key, "127.0.0.3")[0] == 202
    guesses = [send(f"{key[:-6]}{number:06}", "127.0.0.3") for number in range(WRONG_KEYS_MAX)]
    assert {status for status, _ in guesses} == {401}
    status, wait = send(f"{key[:-6]}999999", "127.0.0.3")
    assert status == 429
    assert 0 < int(wait) <= WRONG_KEYS_S
    # What opened before goes on; what is new may be the next guess, and is none elsewhere.
    fresh = made_key(house)
    assert send(key, "127.0.0.3")[0] == 202
    assert send(fresh, "127.0.0.3")[0] == 429
    assert send(fresh, "127.0.0.4")[0] == 202
