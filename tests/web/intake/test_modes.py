"""CloudEvents over HTTP in all their modes: binary, structured and batch, as npm's cloudevents sends them."""

import base64
import json
from typing import Any

import pytest
from tests.peers import npm
from tests.web.intake.house import House, cloud_event

from guerdon.connectors.cloudevents.binary import ATTRIBUTES_MAX, BYTES_MAX

NAMES = ("specversion", "id", "source", "type", "subject", "time")


def binary(event: dict[str, Any], **headers: str) -> tuple[bytes, dict[str, str]]:
    said = {f"ce-{name}": str(event[name]) for name in NAMES}
    return json.dumps(event["data"]).encode(), {**said, "content-type": "application/json", **headers}


def send(house: House, key: str, body: bytes, headers: dict[str, Any]) -> Any:
    return house.ask("POST", "/v1/events", body, {"Authorization": f"Bearer {key}", **headers})


def refused(house: House, key: str, sent: tuple[bytes, dict[str, Any]], status: int) -> list[dict[str, str]]:
    """What is named as wrong; nothing of it is kept."""
    before = house.tally()
    answer = send(house, key, *sent)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), (
        answer.body
    )
    assert house.tally() == before
    return list(answer.body.get("errors", []))


def test_what_npm_sends_in_either_mode_is_the_same_event(house: House, key: str) -> None:
    """The package of the standard's own makes the requests; both modes of one event are one event."""
    # Members of whom no other test of this house tells: they may earn three bookings in a month, not more.
    events = [
        cloud_event(
            19, partitionkey="p-1", sequence="00007", dataschema="https://schemas.example/booking/1",
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        for _ in range(3)
    ]  # fmt: skip
    said = npm.asked(npm.installed(), "cloudevents.js", {"send": events})
    for each in said:
        answers = [
            send(house, key, each[mode]["body"].encode(), each[mode]["headers"])
            for mode in ("binary", "structured")
        ]
        assert [(a.status, a.body["accepted"], a.body["duplicates"]) for a in answers] == [
            (202, 1, 0),
            (202, 0, 1),
        ]
    batch = [cloud_event(20) for _ in range(2)]
    (read,) = npm.asked(npm.installed(), "cloudevents.js", {"batch": [batch]})
    assert send(house, key, read["body"].encode(), read["headers"]).body["accepted"] == 2
    house.decide()
    for event in (*events, *batch):
        (found,) = house.rows(
            "select outcome, data, decision from events where external_id = %s", event["id"]
        )
        assert found[:2] == ("earned", {"order_type": "retail"}), found[2]


def test_percent_escapes_and_quotes_in_headers_are_read_once(house: House, key: str) -> None:
    event = cloud_event()
    body, headers = binary(event)
    number = event["id"]
    for written in (f"{number}%20%C3%A9%25", f'"{number} \\"%C3%A9"'):
        assert send(house, key, body, headers | {"ce-id": written}).body["accepted"] == 1
    house.decide()
    found = house.rows("select external_id from events where external_id like %s order by 1", f"{number} %")
    assert {row[0] for row in found} == {f"{number} é%", f'{number} "é'}


@pytest.mark.parametrize("kind", ["application/json", "application/vnd.dms+json; charset=UTF-8", None])
def test_data_is_json_or_there_is_none(house: House, key: str, kind: str | None) -> None:
    event = cloud_event(type="booking.canceled", data={})
    body, headers = binary(event)
    del headers["content-type"]
    if kind is None:
        assert send(house, key, b"", headers).body["accepted"] == 1
    else:
        assert send(house, key, body, headers | {"content-type": kind}).body["accepted"] == 1


WRONG: list[tuple[str, dict[str, Any], list[str]]] = [
    ("no id", {"ce-id": None}, ["ce-id"]),
    ("an empty source", {"ce-source": " "}, ["ce-source"]),
    ("another's source", {"ce-source": "/crm/x"}, ["ce-source"]),
    ("an unknown type", {"ce-type": "x.y"}, ["ce-type"]),
    ("no time", {"ce-time": "yesterday"}, ["ce-time"]),
    ("another version", {"ce-specversion": "0.3"}, ["ce-specversion"]),
    ("two things", {"ce-time": "no", "ce-subject": "nobody"}, ["ce-subject", "ce-time"]),
    ("letters beyond ASCII", {"ce-id": "é".encode()}, ["ce-id"]),
    ("half an escape", {"ce-id": "100%"}, ["ce-id"]),
    ("no escape", {"ce-partitionkey": "%zz"}, ["ce-partitionkey"]),
    ("escapes that are not UTF-8", {"ce-id": "%ff%fe"}, ["ce-id"]),
    ("NUL by an escape", {"ce-id": "a%00b"}, ["ce-id"]),
    ("the data in a header", {"ce-data": "{}"}, ["ce-data"]),
    ("the data's type in a header", {"ce-datacontenttype": "application/json"}, ["ce-datacontenttype"]),
    ("data in base64 in a header", {"ce-data_base64": "e30="}, ["ce-data_base64"]),
    ("a name with a dash", {"ce-my-key": "x"}, ["ce-my-key"]),
    ("no name", {"ce-": "x"}, ["ce-"]),
]


@pytest.mark.parametrize(("changed", "names"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_wrong_header_is_named(house: House, key: str, changed: dict[str, Any], names: list[str]) -> None:
    body, headers = binary(cloud_event())
    said = {name: value for name, value in (headers | changed).items() if value is not None}
    assert [each["header"] for each in refused(house, key, (body, said), 422)] == names


def test_a_wrong_field_of_the_data_is_named_by_its_place_in_the_body(house: House, key: str) -> None:
    body, headers = binary(cloud_event(data={"deposit": "x", "colour": 1}))
    found = refused(house, key, (body, headers), 422)
    assert [each["pointer"] for each in found] == ["/colour", "/deposit"]
    body, headers = binary(cloud_event())
    assert refused(house, key, (b"[1]", headers), 422) == [{"pointer": "", "detail": "must be a JSON object"}]
    # What would close the data and go on with an attribute is no JSON.
    for torn in (b'{}, "id": "other"', b"{", b"\xff", b"{}{}"):
        refused(house, key, (torn, headers), 400)


def test_a_header_that_stands_twice_is_refused(house: House, key: str) -> None:
    body, headers = binary(cloud_event())
    lines = [*headers.items(), ("Authorization", f"Bearer {key}"), ("Content-Length", str(len(body)))]
    for name, status in (("ce-id", 422), ("ce-partitionkey", 422), ("content-type", 415)):
        twice = [*lines, (name, "a"), (name, "b")]
        head = "".join(f"{one}: {value}\r\n" for one, value in twice).encode()
        before = house.tally()
        answer = house.raw(b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + body)
        assert answer.startswith(f"HTTP/1.1 {status}".encode()), answer[:300]
        assert f'"header":"{name}"'.encode() in answer
        assert house.tally() == before


def test_more_attributes_than_any_event_has_are_refused(house: House, key: str) -> None:
    body, headers = binary(cloud_event())
    refused(house, key, (body, headers | {f"ce-x{n}": "1" for n in range(ATTRIBUTES_MAX)}), 431)
    refused(house, key, (body, headers | {"ce-x": "a" * BYTES_MAX}), 431)
    # An event that only just fits a request does not fit once its attributes are with it.
    big = b'{"order_type":"retail"' + b" " * ((1 << 20) - 30) + b"}"
    refused(house, key, (big, headers), 413)


@pytest.mark.parametrize(
    "kind",
    [
        *("text/plain", "application/xml", "application/cloudevents", "application/cloudevents+avro"),
        *("application/json; charset=latin-1", "application/json;charset=utf-8;charset=utf-16"),
    ],
)
def test_content_of_another_kind_is_refused_by_its_header(house: House, key: str, kind: str) -> None:
    event = cloud_event()
    body, headers = binary(event)
    (found,) = refused(house, key, (body, headers | {"content-type": kind}), 415)
    assert found["header"] == "content-type"
    if "charset" in kind:
        structured = (json.dumps(event).encode(), {"content-type": kind})
        assert refused(house, key, structured, 415)[0]["header"] == "content-type"


def packed(data: object) -> str:
    return base64.b64encode(json.dumps(data).encode()).decode()


def test_json_in_base64_is_data_like_any_other(house: House, key: str) -> None:
    event = cloud_event()
    data = event.pop("data")
    for more in (
        {},
        {"datacontenttype": "application/json; charset=utf-8"},
        {"datacontenttype": "text/json"},
    ):
        answer = house.send_events({**event, **more, "data_base64": packed(data)}, key)
        assert answer.status == 202, answer.body
    # In the open it is the same event.
    assert house.send_events({**event, "data": data}, key).body["duplicates"] == 1
    house.decide()
    assert house.rows("select data from events where external_id = %s", event["id"]) == [(data,)]
    wrong: list[dict[str, Any]] = [
        {"data_base64": "e30"},
        {"data_base64": "!!"},
        {"data_base64": 7},
        {"data_base64": packed(data), "data": data},
        {"data_base64": packed(data), "datacontenttype": "application/xml"},
        {"data_base64": base64.b64encode(b"[" * 100_000).decode()},
    ]
    for each in wrong:
        before = house.tally()
        answer = house.send_events(event | each, key)
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/data_base64"), each
        assert house.tally() == before
    answer = house.send_events(event | {"data_base64": packed({"deposit": "x"})}, key)
    assert answer.body["errors"][0]["pointer"] == "/data/deposit"
