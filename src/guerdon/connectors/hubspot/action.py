"""A step of a HubSpot workflow that asks us: what it posts, signed by v2, and what it takes for an answer.

The same `callback` comes again when HubSpot tries again: it is the key by which to do a thing once.
"""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from guerdon.connectors.hubspot.payload import UNREADABLE, Number

STATE, EXPIRES = "hs_execution_state", "hs_expiration_duration"
OUTPUTS_MAX = 100
VALUE_CHARS_MAX = 10_000


class _Origin(msgspec.Struct, frozen=True, rename="camel"):
    portal_id: Number
    action_definition_id: Number = 0
    action_definition_version: int = 0


class _Context(msgspec.Struct, frozen=True, rename="camel"):
    source: str = ""
    workflow_id: Number | None = None


class _Object(msgspec.Struct, frozen=True, rename="camel"):
    object_id: Number
    object_type: str = ""
    properties: dict[str, str | None] = {}


class ActionRequest(msgspec.Struct, frozen=True, rename="camel"):
    """What a workflow asks of us for one record. `input_fields` are as the marketer filled them in."""

    callback_id: str
    origin: _Origin
    object: _Object
    context: _Context = _Context()
    input_fields: dict[str, str | int | float | bool | None] = {}

    @property
    def portal(self) -> int:
        """The account it comes from: not to be believed before it is the connection's."""
        return self.origin.portal_id

    @property
    def contact(self) -> str | None:
        """The contact it is for; None for a record that is none."""
        return str(self.object.object_id) if self.object.object_type in ("CONTACT", "0-1") else None

    def text(self, name: str) -> str:
        """An input field as a text, empty where it is empty or not there."""
        value = self.input_fields.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value).strip()


_read = msgspec.json.Decoder(ActionRequest).decode


def read_action(body: bytes) -> ActionRequest | str:
    """The request in a body, or why there is none in it."""
    try:
        asked = _read(body)
    except UNREADABLE as fault:
        return f"The body is not a workflow action's request: {fault}"[:500]
    if not 0 < len(asked.callback_id) <= 200:
        return "The callbackId is empty or longer than 200 characters"
    return asked


def succeeded(outputs: Mapping[str, str]) -> bytes:
    """The answer that lets the workflow go on; branches after it see the outputs."""
    return _answer(outputs, "SUCCESS")


def failed(outputs: Mapping[str, str]) -> bytes:
    """The answer that it did not work: the workflow goes on and notes it."""
    return _answer(outputs, "FAIL_CONTINUE")


def waiting(at_most: timedelta) -> bytes:
    """The answer that has the workflow wait until the callback is completed, or for so long."""
    return _answer({EXPIRES: duration(at_most)}, "BLOCK")


def duration(length: timedelta) -> str:
    """A length of time as ISO 8601 writes it: `P1DT2H`."""
    seconds = max(int(length.total_seconds()), 1)
    parts = []
    for size, letter in ((3600, "H"), (60, "M"), (1, "S")):
        count = seconds % 86_400 // size if size == 3600 else seconds % (size * 60) // size
        parts.append(f"{count}{letter}" if count else "")
    days, time = seconds // 86_400, "".join(parts)
    return f"P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"


def _answer(outputs: Mapping[str, str], state: str) -> bytes:
    assert len(outputs) <= OUTPUTS_MAX, f"{len(outputs)} outputs of an action are too many"
    shown = {name: text[:VALUE_CHARS_MAX] for name, text in outputs.items()}
    # Both of HubSpot's own fields stand among the outputs, and nothing beside them.
    return msgspec.json.encode({"outputFields": {**shown, STATE: state}})
