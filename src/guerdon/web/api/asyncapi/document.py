"""The description of a program's events (AsyncAPI 3.0): those that may come in, and those that are told.

Made of what the doors themselves go by: the fields that the program declares, and the types of announcements.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from guerdon.connectors.cloudevents.payload import BATCH, SINGLE, TEXT_MAX
from guerdon.engine.announcements.shapes import TYPES, Cause, Member
from guerdon.program.fields import INT_MAX, INT_MIN, TEXT_LENGTH_MAX
from guerdon.program.model import Event, Field, Program
from guerdon.values.texts import text_in

VERSION = "3.0.0"
_SCHEMAS = "#/components/schemas/{name}"
_TEXT = {"type": "string", "minLength": 1, "maxLength": TEXT_MAX}
_INSTANT = {"type": "string", "format": "date-time"}
Schema = dict[str, Any]


def write_document(program: Program, public_url: str) -> bytes:
    """Write the description of a program's events."""
    address = urlsplit(public_url)
    came = {f"in.{key}": _event(program, event) for key, event in program.events.items()}
    told, schemas = _announcements()
    return msgspec.json.encode(
        {
            "asyncapi": VERSION,
            "info": {
                "title": f"Events of {program.key}",
                "version": program.sha[:12],
                "description": "Events that programs send to Guerdon, and those that Guerdon tells.",
            },
            "defaultContentType": "application/json",
            "servers": {"guerdon": {"host": address.netloc, "protocol": address.scheme, "security": [_KEY]}},
            "channels": {
                "events": {
                    "address": "/v1/events",
                    "description": f"By POST, with a key for write:events. {SINGLE}, {BATCH}, or binary.",
                    "servers": [{"$ref": "#/servers/guerdon"}],
                    "messages": _refs(came),
                },
                "webhooks": {
                    "address": None,
                    "description": "An endpoint of yours, signed as Standard Webhooks 1.0.0 says.",
                    "messages": _refs(told),
                },
            },
            "operations": {
                "takeEvent": _operation("receive", "events", "A program sends what happened."),
                "tell": _operation("send", "webhooks", "Guerdon tells what came of it."),
            },
            "components": {
                "messages": came | told,
                "schemas": schemas,
                "securitySchemes": {
                    "key": {"type": "http", "scheme": "bearer", "bearerFormat": "gdn_<id>_<secret>"}
                },
            },
        }
    )


_KEY = {"$ref": "#/components/securitySchemes/key"}


def _refs(messages: Mapping[str, Schema]) -> Schema:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in messages}


def _operation(action: str, channel: str, summary: str) -> Schema:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _event(program: Program, event: Event) -> Schema:
    """An event that may come in, as CloudEvents has it."""
    data: Schema = {
        "type": "object",
        "properties": {key: _field(field) for key, field in event.fields.items()},
        "required": [key for key, field in event.fields.items() if field.required],
        "additionalProperties": False,
    }
    sources = "|".join(program.sources)
    payload: Schema = {
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": _TEXT | {"description": "With the source it is the event's own, for ever."},
            "source": _TEXT | {"format": "uri-reference", "description": "One that the key sends for."},
            "type": {"const": event.key},
            "subject": _TEXT | {"pattern": f"^({sources}):.+$", "description": "Whose event it is."},
            "time": _INSTANT | {"description": "When it happened."},
            "datacontenttype": {"type": "string"},
            "dataschema": {"type": "string"},
            "partitionkey": {"type": "string"},
            "sequence": {"type": "string"},
            "traceparent": {"type": "string"},
            "data": data,
        },
        "required": [
            "specversion",
            "id",
            "source",
            "type",
            "subject",
            "time",
            *(["data"] if data["required"] else []),
        ],
    }
    return {
        "name": event.key,
        "title": text_in(event.name, "en"),
        "contentType": SINGLE,
        "payload": payload,
    }


def _field(field: Field) -> Schema:
    match field.type:
        case "bool":
            return {"type": "boolean"}
        case "int":
            return {"type": "integer", "minimum": INT_MIN, "maximum": INT_MAX}
        case "money":
            said = f"Minor units of {field.unit}."
            return {"type": "integer", "minimum": INT_MIN, "maximum": INT_MAX, "description": said}
        case "string" if field.one_of:
            return {"type": "string", "enum": list(field.one_of)}
        case "string":
            return {"type": "string", "maxLength": TEXT_LENGTH_MAX}
        case _:
            return {"type": "string", "format": "date" if field.type == "date" else "date-time"}


def _announcements() -> tuple[dict[str, Schema], dict[str, Schema]]:
    """What is told, type by type, and the parts of it."""
    kinds = (*TYPES.values(), Member, Cause)
    made, schemas = msgspec.json.schema_components(kinds, ref_template=_SCHEMAS)
    found: dict[str, Schema] = {}
    for (kind, said), ref in zip(TYPES.items(), made, strict=False):
        name = ref["$ref"].rpartition("/")[2]
        whole = schemas.pop(name)
        own = {key: each for key, each in whole["properties"].items() if key != "type"}
        required = [key for key in whole.get("required", ()) if key != "type"]
        data = {
            "type": "object",
            "properties": {
                "program": {"type": "string"},
                "sequence": {"type": "integer", "description": "Of one member, the higher is the later."},
                "member": {"$ref": _SCHEMAS.format(name="Member")},
                "event": {"$ref": _SCHEMAS.format(name="Cause")},
                **own,
            },
            "required": ["program", "sequence", *required],
        }
        payload = {
            "type": "object",
            "properties": {"type": {"const": kind}, "timestamp": _INSTANT, "data": data},
            "required": ["type", "timestamp", "data"],
        }
        doc = (said.__doc__ or "").partition("\n")[0]
        found[f"out.{kind}"] = {"name": kind, "title": kind, "summary": doc, "payload": payload}
    return found, schemas
