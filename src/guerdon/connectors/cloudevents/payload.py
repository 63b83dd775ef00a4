"""CloudEvents in: read, checked against the program, and answered field by field when something is wrong.

Nothing of a request is kept when one of its events is wrong: its sender is a program that can mend and
send again.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import msgspec

from guerdon.engine.arrivals import OWN_API, Arrival, Element, Meaning, Unusable, arrival
from guerdon.program.fields import Read, read_field, read_instant
from guerdon.program.model import Program
from guerdon.values.problems import did_you_mean

CONNECTION = OWN_API
EVENTS_MAX = 1000
WRONG_MAX = 50
TEXT_MAX = 200
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
ATTRIBUTES = ("id", "source", "type", "subject", "specversion", "time", "data")
# What data in base64 may be, when it is to be read here.
_JSON_TYPE = re.compile(r"\s*(application/([a-z0-9!#$&^_.+-]+\+)?json|text/json)\s*(;.*)?", re.IGNORECASE)
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a request, by JSON pointer: `/3/data/model`."""

    pointer: str
    detail: str


def read_events(body: bytes) -> list[object] | Wrong:
    """The events of a body: one object, or an array of them."""
    try:
        given = _decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        return Wrong("", f"the body is not JSON: {fault}")
    events = given if isinstance(given, list) else [given]
    if not events:
        return Wrong("", "the batch is empty")
    if len(events) > EVENTS_MAX:
        return Wrong("", f"{len(events)} events; at most {EVENTS_MAX} fit a request")
    if b"data_base64" in body:
        return [_opened(event) for event in events]
    return events


def _opened(event: object) -> object:
    """An event with its data in the open, where it came as JSON in base64; else as it came."""
    if not isinstance(event, dict) or "data_base64" not in event or "data" in event:
        return event
    given, kind = event["data_base64"], event.get("datacontenttype", "application/json")
    if not isinstance(given, str) or not isinstance(kind, str) or not _JSON_TYPE.fullmatch(kind):
        return event
    try:
        data = _decode(b64decode(given, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return event
    return {key: value for key, value in event.items() if key != "data_base64"} | {"data": data}


def check_events(program: Program, source_prefix: str, events: Sequence[object]) -> list[Wrong]:
    """What is wrong with the events of a request: everything, up to `WRONG_MAX` mistakes."""
    batch = len(events) > 1
    found = (
        Wrong(f"/{n}{wrong.pointer}" if batch else wrong.pointer, wrong.detail)
        for n, event in enumerate(events)
        for wrong in _check_event(program, source_prefix, event)
    )
    return list(islice(found, WRONG_MAX))


def _check_event(program: Program, source_prefix: str, event: object) -> list[Wrong]:
    if not isinstance(event, dict):
        return [Wrong("", "an event is a JSON object")]
    unfit = {name: w for name in ("id", "source", "type", "subject") if (w := _check_text(event, name))}
    wrong = list(unfit.values())
    if event.get("specversion") != "1.0":
        wrong.append(Wrong("/specversion", 'must be "1.0"'))
    if "source" not in unfit and not event["source"].startswith(source_prefix):
        wrong.append(Wrong("/source", f"this key sends for {source_prefix} only"))
    if "subject" not in unfit and _subject(program, event["subject"]) is None:
        known = ", ".join(program.sources)
        wrong.append(Wrong("/subject", f"write it as source:id, where source is one of {known}"))
    if read_instant(event.get("time")) is None or not isinstance(event.get("time"), str):
        wrong.append(Wrong("/time", "must be an RFC 3339 time between 2000 and 2100"))
    if "data_base64" in event:
        wrong.append(Wrong("/data_base64", _unopened(event)))
    nested = (k for k, v in event.items() if k not in ATTRIBUTES and isinstance(v, dict | list))
    wrong += [Wrong(_pointer(k), "an attribute is a text, a number or a truth value") for k in _some(nested)]
    return wrong + (_check_data(program, event) if isinstance(event.get("type"), str) else [])


def _unopened(event: Mapping[str, object]) -> str:
    if "data" in event:
        return "stands beside data; send one of them"
    return "is no JSON in base64; send a JSON object as data"


def _check_text(event: Mapping[str, object], name: str) -> Wrong | None:
    given = event.get(name)
    if not isinstance(given, str) or not given.strip():
        return Wrong(f"/{name}", "is missing" if given is None else "must be a text that is not empty")
    if len(given) > TEXT_MAX or not given.isprintable():
        return Wrong(f"/{name}", f"must be at most {TEXT_MAX} printable characters")
    return None


def _check_data(program: Program, event: Mapping[str, object]) -> list[Wrong]:
    kind = program.events.get(str(event["type"]))
    if kind is None:
        name = str(event["type"])
        return [Wrong("/type", f"unknown event {name[:60]!r}; {did_you_mean(name, program.events)}")]
    data = event.get("data", {})
    if not isinstance(data, dict):
        return [Wrong("/data", "must be a JSON object")]
    wrong = [
        Wrong(f"/data{_pointer(k)}", f"unknown field; {did_you_mean(k[:TEXT_MAX], kind.fields)}")
        for k in _some(k for k in data if k not in kind.fields)
    ]
    for key, field in kind.fields.items():
        if data.get(key) is None:
            wrong += [Wrong(f"/data/{key}", "is missing")] if field.required else []
        elif isinstance(read := read_field(field, data[key]), str):
            wrong.append(Wrong(f"/data/{key}", read))
    return wrong


def _some(names: Iterable[str]) -> Iterable[str]:
    """No more names than will be told: a body may hold a hundred thousand."""
    return islice(names, WRONG_MAX)


def _pointer(name: str) -> str:
    return "/" + name[:60].replace("~", "~0").replace("/", "~1")


def read_arrivals(events: Sequence[object]) -> list[Arrival]:
    """What the door keeps of checked events."""
    kept = []
    for position, event in enumerate(events):
        assert isinstance(event, dict)
        payload = msgspec.json.encode(
            [event.get(k) for k in ("type", "subject", "time", "data")], order="deterministic"
        ).decode()
        kept.append(arrival(position, str(event["source"]), str(event["id"]), str(event["subject"]), payload))
    return kept


def map_body(program: Program, _connection: str, body: bytes) -> Sequence[Element]:
    """An element for each position of a body that was checked at the door."""
    events = read_events(body)
    if isinstance(events, Wrong):
        return [Unusable(0, "malformed_body", events.detail)]
    return [_map_event(program, position, event) for position, event in enumerate(events)]


def _map_event(program: Program, position: int, event: object) -> Element:
    # The program may have changed since the door looked: then the event is set apart, with the reason.
    wrong = _check_event(program, "", event)
    if wrong or not isinstance(event, dict):
        said = "; ".join(f"{w.pointer}: {w.detail}" for w in wrong)
        return Unusable(
            position,
            "no_longer_fits",
            said[:500],
            str(event.get("id", "")) if isinstance(event, dict) else "",
        )
    kind = program.events[event["type"]]
    data = event.get("data") or {}
    fields = {}
    for key, field in kind.fields.items():
        if data.get(key) is not None:
            read = read_field(field, data[key])
            assert isinstance(read, Read)
            fields[key] = read.value
    subject = _subject(program, event["subject"])
    happened_at = read_instant(event["time"])
    assert subject is not None
    assert isinstance(happened_at, datetime)
    return Meaning(position, event["type"], event["id"], subject[0], subject[1], happened_at, fields)


def _subject(program: Program, text: str) -> tuple[str, str] | None:
    source, _, external_id = text.partition(":")
    return (source, external_id) if source in program.sources and external_id else None
