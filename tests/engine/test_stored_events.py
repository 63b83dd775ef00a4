"""Stored events as rules see them: by what a version declares, whoever asks."""

from datetime import UTC, datetime

import pytest
from tests.engine.house import EV_MAKER

from guerdon.engine.approvals.announcements import GRANTED, INTERNAL
from guerdon.engine.stored_events import EventReader, read_fields
from guerdon.program.load import load_program
from guerdon.program.model import Field, Program
from guerdon.queries.replay.history import EventRow
from guerdon.rules.playbook import Playbook

AT = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def reader() -> EventReader:
    """A reader by the EV maker's program."""
    program = load_program(EV_MAKER)
    assert isinstance(program, Program), program
    return EventReader(Playbook(program, 1, 1))


def row(type_: str, source: str, data: str | None) -> EventRow:
    return EventRow(7, 1, type_, source, "x", "DE", None, 1, 0, AT, AT, AT, data, "")


def test_an_event_says_what_its_version_declares(reader: EventReader) -> None:
    said = '{"order_type":"retail","deposit":50000,"left_over":1}'
    event = reader.event(row("booking.confirmed", "crm", said), said)
    assert event.fields == {"order_type": "retail", "deposit": 50_000, "happened_at": AT}
    # What it really said is kept beside it; the day is the program's.
    assert event.data == {"order_type": "retail", "deposit": 50_000, "left_over": 1}
    assert (event.id, event.connection, f"{event.day}") == (7, "crm", "2026-03-02")
    assert reader.event(row("booking.confirmed", "crm", None), None).fields == {"happened_at": AT}
    assert reader.event(row("never.declared", "crm", said), said).fields == {"happened_at": AT}


def test_what_the_house_did_by_itself_is_read_whole(reader: EventReader) -> None:
    said = '{"approval":{"request":"apr_1"}}'
    event = reader.event(row(GRANTED, INTERNAL, said), said)
    assert event.fields == {"approval": {"request": "apr_1"}, "happened_at": AT}


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        (Field("x", "string"), "a", {"x": "a"}),
        (Field("x", "string", one_of=("a", "b")), "a", {"x": "a"}),
        # Another version knew more of them, or declared another type.
        (Field("x", "string", one_of=("a", "b")), "c", {}),
        (Field("x", "string"), 1, {}),
        (Field("x", "int"), 1, {"x": 1}),
        (Field("x", "int"), "12", {"x": 12}),
        (Field("x", "int"), True, {}),
        (Field("x", "bool"), True, {"x": True}),
        (Field("x", "bool"), "yes", {"x": True}),
        (Field("x", "bool"), 1, {}),
        (Field("x", "timestamp"), "2026-03-01T23:30:00Z", {"x": AT}),
        (Field("x", "int"), None, {}),
    ],
)
def test_a_value_that_does_not_fit_is_missing(field: Field, value: object, read: object) -> None:
    assert read_fields([("x", field)], {"x": value}) == read
