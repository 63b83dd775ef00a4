"""In which of its modes a CloudEvent comes over HTTP, by what the request says of its content."""

from dataclasses import dataclass
from typing import Literal

from guerdon.connectors.cloudevents.binary import JSON, is_binary
from guerdon.connectors.cloudevents.payload import BATCH, SINGLE
from guerdon.web.intake.asgi import Headers

Mode = Literal["structured", "binary"]
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})
_STRUCTURED = frozenset({SINGLE, BATCH, "application/json"})
_TYPE = b"content-type"


@dataclass(frozen=True, slots=True)
class Unfit:
    """Content that is not read here, and what is wrong with its type."""

    title: str
    detail: str


def mode_of(headers: Headers) -> Mode | Unfit:
    """The mode of a request: its content type decides, and attributes in headers where that says nothing."""
    said = [value for name, value in headers if name == _TYPE]
    if len(said) > 1:
        return _unfit("stands there more than once")
    kind, _, parameters = (said[0] if said else b"").decode("latin-1").lower().partition(";")
    kind = kind.strip()
    charset = _charset(parameters) if parameters else ""
    if charset and charset not in CHARSETS:
        return _unfit(f"is {charset[:60]!r}; JSON is UTF-8")
    if kind not in (SINGLE, BATCH) and not kind.startswith("application/cloudevents") and is_binary(headers):
        # Without data there is nothing to say a type of.
        if kind and not JSON.fullmatch(kind):
            return _unfit("is that of the data, which is JSON here: application/json")
        return "binary"
    return "structured" if kind in _STRUCTURED else _unfit(f"{SINGLE}, {BATCH}, or ce- headers with JSON")


def _charset(parameters: str) -> str:
    """The charset said; the first that is another than JSON's where several are."""
    found = ""
    for each in parameters.split(";"):
        name, _, value = each.partition("=")
        if name.strip() == "charset":
            found = value.strip().strip('"')
            if found not in CHARSETS:
                return found or "nothing"
    return found


def _unfit(detail: str) -> Unfit:
    return Unfit(f"Send {SINGLE} or {BATCH}", detail)
