"""The description of the API (OpenAPI 3.1), written from the operations and the table of addresses.

Added to what the operations say: the scope of each, the headers, the kind of every answer. Public, so that a
program can be written without a key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from guerdon.web.api.once import HEADER, KEY_LENGTH_MAX
from guerdon.web.api.problems import TYPE
from guerdon.web.routes import API, ROUTES

if TYPE_CHECKING:
    from ninja import NinjaAPI

DESCRIPTION = """
What programs do with members' value, and read of it. Ids have a prefix; amounts are whole numbers of a unit's
smallest part; times are RFC 3339. A list has `next`: send it as `after` for the next page. Every POST has an
`Idempotency-Key`: the same key with the same body is told the same answer for 30 days and done once for ever;
`try` and `check` do nothing and have none, nor has an export. What is missing and what is not for the key
answer alike.
""".strip()
DETAILS: Mapping[int, str] = {
    400: "The body cannot be read, or the Idempotency-Key is missing.",
    401: "No valid key.",
    403: "The key has not the scope, or not the place.",
    404: "There is nothing here, or nothing for this key.",
    409: "Refused as things stand, or the first request with this key is still at work.",
    413: "The body is larger than 64 KiB; a program's text, than 2 MiB; a file, than 4 MiB; a feed, 10 MiB.",
    415: "The body is not JSON, or no file where one is expected.",
    422: "Some fields are wrong, or the Idempotency-Key belongs to another request.",
    429: "More than 20 requests in a second, or too many wrong keys or codes.",
    500: "Something of ours failed.",
    503: "Nothing was done; send it again in a moment.",
}
_TEXT = {"type": "string"}
_AGAIN = {
    "Retry-After": {"description": "In so many seconds.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}
}
_HEADERS: Mapping[int, Mapping[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "Bearer", "schema": _TEXT}},
    429: _AGAIN,
    503: _AGAIN,
}
_EXAMPLE = {
    "type": "urn:guerdon:wrong",
    "title": "Some fields are wrong",
    "status": 422,
    "detail": "1 mistake",
    "errors": [{"pointer": "/amount", "detail": "Input should be greater than or equal to 1"}],
}
# Posted for their bodies: they change nothing, and are asked as often as one likes. What is handed over of a
# person is written to the audit each time, and no answer of it is kept.
ASKING = frozenset(
    API + each for each in ("try", "versions/check", "drops/<name>/rehearse", "members/<member>/export")
)
KEY_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": True,
    "description": "New for each thing to be done; the same when it is sent again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX, "pattern": "^[!-~]+$"},
    "example": "till-7-receipt-4711",
}
REPLAYED_HEADER = {
    "description": "Says `true` when it was done before.",
    "schema": {"type": "string", "enum": ["true"]},
}


@dataclass(frozen=True, slots=True)
class Document:
    """The description; by route and method, which names an operation takes in its address, which a body."""

    raw: bytes
    names: Mapping[tuple[str, str], frozenset[str]]
    with_body: frozenset[tuple[str, str]]


def write_document(api: "NinjaAPI") -> Document:
    """Write the description of all operations."""
    found: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/" + API))
    found["info"]["description"] = DESCRIPTION
    found["components"]["securitySchemes"] = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "gdn_<id>_<secret>",
            "description": "Made by `./guerdon key add`, with scopes and, if wanted, one place.",
        }
    }
    found["security"] = [{"key": []}]
    found.pop("servers", None)
    names, with_body = {}, set()
    for address, operations in found["paths"].items():
        route = re.sub(r"\{(\w+)\}", r"<\1>", address.removeprefix("/"))
        for method, operation in operations.items():
            _complete(operation, route, method)
            names[route, method.upper()] = frozenset(
                parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"
            )
            if "requestBody" in operation:
                with_body.add((route, method.upper()))
    schemas = found["components"]["schemas"]
    schemas["Problem"]["examples"] = [_EXAMPLE]
    # Filters are spelled out as parameters, nobody sends them as a body.
    used = set(re.findall(r"#/components/schemas/(\w+)", msgspec.json.encode(found).decode()))
    found["components"]["schemas"] = {name: schemas[name] for name in sorted(used)}
    found["paths"]["/" + API + "openapi.json"] = {"get": _OPENAPI}
    return Document(msgspec.json.encode(found), names, frozenset(with_body))


def _complete(operation: dict[str, Any], route: str, method: str) -> None:
    row = ROUTES.get(route)
    operation["security"] = [{"key": [row.scope] if row is not None and row.scope else []}]
    if row is not None and row.scope:
        operation["description"] = f"{operation.get('description', '')}\n\nScope: `{row.scope}`.".strip()
    for parameter in operation["parameters"]:
        # A list of examples belongs to the schema, where it stands, too; a parameter's have names.
        parameter.pop("examples", None)
    done_once = method == "post" and route not in ASKING
    if done_once:
        operation["parameters"].append(KEY_PARAMETER)
    for status, answer in operation["responses"].items():
        if status < 400:
            if done_once:
                answer["headers"] = {"Idempotency-Replayed": REPLAYED_HEADER}
            continue
        answer["description"] = DETAILS[status]
        answer["content"] = {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        if status in _HEADERS:
            answer["headers"] = dict(_HEADERS[status])
    operation["responses"] = {str(status): answer for status, answer in operation["responses"].items()}


_OPENAPI = {
    "operationId": "get_openapi",
    "summary": "This description",
    "parameters": [],
    "security": [],
    "responses": {
        "200": {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}}
    },
}
