"""Whatever is wrong with a request is said, field by field, as a problem; and nothing of it is done."""

import json
from http.client import HTTPConnection
from typing import Any

import pytest
from tests.api.house import API, Answer, ApiHouse
from tests.api.walk import served

HEADERS = {"Idempotency-Key": "k"}
GOOD = {"unit": "PTS", "amount": 5, "purpose": "x"}


def holds(house: ApiHouse, body: object, **headers: str) -> Answer:
    path = f"{API}/members/{house.member()}/holds"
    return house.ask("POST", path, body, headers={**HEADERS, **headers})


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"unit":"PTS","amount":NaN}',
        b'{"unit":"PTS"} {"amount":1}',
        b"\xff\xfe",
        b'{"unit":"\\ud800"}',
        b'{"unit":"\xc3\x28"}',
        b"[" * 10_000,
        b"{'unit':'PTS'}",
        b"\x00",
    ],
)
def test_what_is_no_json_is_unreadable(shown: ApiHouse, body: bytes) -> None:
    answer = holds(shown, body)
    assert (answer.status, answer.kind) == (400, "unreadable")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"", {""}),
        ([], {""}),
        ("text", {""}),
        (None, {""}),
        ({}, {"/unit", "/amount", "/purpose"}),
        ({**GOOD, "more": 1}, {"/more"}),
        ({**GOOD, "member": "mem_0000000000002"}, {"/member"}),
        ({**GOOD, "amount": 0}, {"/amount"}),
        ({**GOOD, "amount": -1}, {"/amount"}),
        ({**GOOD, "amount": "5"}, {"/amount"}),
        ({**GOOD, "amount": 5.5}, {"/amount"}),
        ({**GOOD, "amount": True}, {"/amount"}),
        ({**GOOD, "amount": 2**63}, {"/amount"}),
        ({**GOOD, "amount": 10**30}, {"/amount"}),
        ({**GOOD, "amount": None}, {"/amount"}),
        ({**GOOD, "unit": "PT S"}, {"/unit"}),
        ({**GOOD, "unit": "\u202e"}, {"/unit"}),
        ({**GOOD, "unit": ["PTS"]}, {"/unit"}),
        ({**GOOD, "purpose": ""}, {"/purpose"}),
        ({**GOOD, "purpose": "a\0b"}, {"/purpose"}),
        ({**GOOD, "purpose": "x" * 201}, {"/purpose"}),
        ({**GOOD, "expires_at": "tomorrow"}, {"/expires_at"}),
        ({**GOOD, "expires_at": 1_800_000_000}, {"/expires_at"}),
        ({**GOOD, "expires_at": "2027-02-30T00:00:00Z"}, {"/expires_at"}),
        ({**GOOD, "expires_at": "2027-02-03T00:00:00"}, {"/expires_at"}),
        ({"unit": 1, "amount": "x", "purpose": {}, "a/b~c": 1}, {"/unit", "/amount", "/purpose", "/a~1b~0c"}),
    ],
)
def test_every_wrong_field_is_named_by_its_pointer(shown: ApiHouse, body: object, pointers: set[str]) -> None:
    answer = holds(shown, body)
    assert (answer.status, answer.kind) == (422, "wrong"), answer.body
    assert {error["pointer"] for error in answer.body["errors"]} == pointers
    assert answer.body["status"] == 422
    assert set(answer.body) == {"type", "title", "status", "detail", "errors"}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_of_another_kind_is_refused(shown: ApiHouse, kind: str) -> None:
    answer = holds(shown, GOOD, **{"Content-Type": kind})
    assert (answer.status, answer.kind) == (415, "media-type")


def test_a_kind_may_name_its_charset(house: ApiHouse) -> None:
    house.earn()
    assert holds(house, GOOD, **{"Content-Type": "Application/JSON; charset=utf-8"}).status == 201


def test_a_body_may_have_64_kib_and_not_a_byte_more(shown: ApiHouse) -> None:
    room = 64 * 1024 - len(json.dumps({"unit": ""}))
    assert holds(shown, {"unit": "x" * room}).status == 422
    answer = holds(shown, {"unit": "x" * (room + 1)})
    assert (answer.status, answer.kind) == (413, "too-large")


def test_a_body_in_pieces_is_counted_too(shown: ApiHouse) -> None:
    """Nobody says how long it will be, so it is read as far as it may go."""
    from django.core.handlers.asgi import ASGIHandler  # noqa: PLC0415  Django is prepared by then

    with served(ASGIHandler()) as address:
        wire = HTTPConnection(address.removeprefix("http://"), timeout=30)
        headers = {**HEADERS, "Authorization": f"Bearer {shown.key}", "Content-Type": "application/json"}
        pieces = [b'{"unit":"', *[b"x" * 1024] * 64, b'"}']
        path = f"{API}/members/{shown.member()}/holds"
        wire.request("POST", path, iter(pieces), headers, encode_chunked=True)
        answer = wire.getresponse()
        assert answer.status == 413
        assert json.loads(answer.read())["type"] == "urn:guerdon:too-large"
        wire.close()


@pytest.mark.parametrize("body", [{"x": 1}, [1], "text"])
def test_where_no_body_is_expected_none_is_taken(shown: ApiHouse, body: object) -> None:
    path = f"{API}/members/{shown.member()}/holds/hld_0000000000001/release"
    answer = shown.ask("POST", path, body, headers=HEADERS)
    assert (answer.status, answer.kind) == (422, "wrong")


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/members", {"source", "external_id"}),
        ("/members?source=crm&external_id=", {"external_id"}),
        ("/members?source=crm&external_id=a%00b", {"external_id"}),
        ("/members?source=crm&external_id=a&limit=1", {"limit"}),
        ("/members?source=crm&source=erp&external_id=a", {"source"}),
        ("/ledger/transfers?limit=0", {"limit"}),
        ("/ledger/transfers?limit=201", {"limit"}),
        ("/ledger/transfers?limit=1_0", {"limit"}),
        ("/ledger/transfers?limit=5.0", {"limit"}),
        ("/ledger/transfers?limit=%2B5", {"limit"}),
        ("/ledger/transfers?limit=٣", {"limit"}),
        ("/ledger/transfers?after=", {"after"}),
        ("/ledger/transfers?after=xx", {"after"}),
        ("/ledger/transfers?after=WzEsMiwzXQ", {"after"}),
        ("/ledger/transfers?after=Wy0xLDJd", {"after"}),
        ("/ledger/transfers?after=WzFlMzAsMl0", {"after"}),
        ("/ledger/transfers?member=1", {"member"}),
        ("/ledger/transfers?since=yesterday&until=1", {"since", "until"}),
        ("/ledger/transfers?since=2026-13-01T00:00:00Z", {"since"}),
        ("/ledger/transfers?unit=%F0%9F%92%B6", {"unit"}),
        ("/ledger/rates?base=EUR&quote=NOK&day=2026-02-30", {"day"}),
        ("/ledger/rates?base=EUR&quote=NOK&day=1", {"day"}),
        ("/budgets/alarms?state=closed", {"state"}),
        ("/requests?state=OPEN", {"state"}),
        ("/audit?about=x&abuot=y", {"abuot"}),
        ("/ledger/trial-balance?unit=EUR", {"unit"}),
    ],
)
def test_every_wrong_parameter_is_named(shown: ApiHouse, path: str, parameters: set[str]) -> None:
    answer = shown.get(path)
    assert (answer.status, answer.kind) == (422, "wrong"), answer.body
    assert {error["parameter"] for error in answer.body["errors"]} == parameters


@pytest.mark.parametrize(
    "member",
    [
        "x",
        "mem_",
        "1",
        "mem_0000000000001x",
        "evt_0000000000001",
        "mem_000000000000l",
        "mem_ZZZZZZZZZZZZZ",
        "%00",
    ],
)
def test_what_is_no_id_is_not_there(shown: ApiHouse, member: str) -> None:
    nobody = shown.get("/members/mem_7ZZZZZZZZZZZZ")
    answer = shown.get(f"/members/{member}")
    assert (answer.status, answer.raw) == (404, nobody.raw)


@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "1969-01-01T00:00:00Z"]
)
def test_an_instant_before_or_after_everything_is_an_instant(shown: ApiHouse, instant: str) -> None:
    for path in (f"/ledger/transfers?until={instant}", f"/audit?since={instant}&until={instant}"):
        assert shown.get(path).status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
def test_another_method_is_answered_as_a_problem(shown: ApiHouse, method: str) -> None:
    answer = shown.ask(method, f"{API}/audit")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_problem_tells_nothing_of_what_is_inside(house: ApiHouse) -> None:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(house.inner.url, autocommit=True) as db:
        db.execute("alter table guerdon.seals rename column root to planted")
        answer: Any = house.get("/audit/seals")
        db.execute("alter table guerdon.seals rename column planted to root")
    assert (answer.status, answer.kind) == (500, "broken")
    assert "column" not in answer.raw.decode()
