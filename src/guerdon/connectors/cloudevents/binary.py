"""The binary mode of CloudEvents over HTTP: attributes in headers `ce-...`, the body is the data.

It is written down as the structured event that says the same, so whoever reads it later knows one form only.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_to_bytes

import msgspec

from guerdon.connectors.cloudevents.payload import Wrong

PREFIX = b"ce-"
# So many attributes, of so many bytes all together, are more than anybody needs.
ATTRIBUTES_MAX, BYTES_MAX = 64, 16_384
JSON = re.compile(r"application/([a-z0-9!#$&^_.+-]+\+)?json|text/json")
_NAME = re.compile(r"[a-z0-9]{1,60}")
_WRONG_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_OTHERWISE = {"data": "the data is the body", "datacontenttype": "say it in Content-Type"}
_decode = msgspec.json.Decoder().decode
Headers = Sequence[tuple[bytes, bytes]]
# What is wrong, as it is answered.
Mistake = Mapping[str, str]


class TooMany(Exception):  # noqa: N818  an answer
    """More attributes than any event has."""


def is_binary(headers: Headers) -> bool:
    """Whether a request that says nothing of CloudEvents in its content type is one in binary mode."""
    return any(name.startswith(PREFIX) for name, _ in headers)


def structured(headers: Headers, body: bytes) -> bytes | Wrong | list[Mistake]:
    """The same event in structured mode; why its data cannot be read; or what is wrong with its attributes.

    Raises `TooMany`.
    """
    said = [(name, value) for name, value in headers if name.startswith(PREFIX)]
    if len(said) > ATTRIBUTES_MAX or sum(len(name) + len(value) for name, value in said) > BYTES_MAX:
        raise TooMany
    attributes: dict[str, object] = {}
    wrong: dict[str, str] = {}
    for raw, value in said:
        name = raw[len(PREFIX) :].decode("latin-1")
        read = _read(name, value)
        if name in attributes or name in wrong:
            wrong[name] = "stands there more than once"
        elif isinstance(read, Wrong):
            wrong[name] = read.detail
        else:
            attributes[name] = read
    if wrong:
        return [_in_header(name, detail) for name, detail in wrong.items()]
    if body:
        try:
            _decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
            return Wrong("", f"the data is not JSON: {fault}")
        # As it came: what it holds is looked at where every event is.
        attributes["data"] = msgspec.Raw(body)
    return msgspec.json.encode(attributes)


def by_header(wrong: Wrong) -> Mistake:
    """A mistake as who sent headers looks for it: in a header, or at a place in the body."""
    if wrong.pointer == "/data" or wrong.pointer.startswith("/data/"):
        return {"pointer": wrong.pointer.removeprefix("/data"), "detail": wrong.detail}
    return _in_header(wrong.pointer.removeprefix("/"), wrong.detail)


def _in_header(name: str, detail: str) -> Mistake:
    return {"header": f"ce-{name[:60]}", "detail": detail}


def _read(name: str, value: bytes) -> str | Wrong:
    """An attribute's value: unquoted, then its percent escapes read once, as the HTTP binding says."""
    if not _NAME.fullmatch(name):
        return Wrong("", "an attribute is named in small letters and digits")
    if name in _OTHERWISE:
        return Wrong("", _OTHERWISE[name])
    value = value.strip(b" \t")
    if not all(0x20 <= letter < 0x7F for letter in value):
        return Wrong("", "must be ASCII; write other letters as percent escapes of their UTF-8")
    quoted = _QUOTED.fullmatch(value)
    if quoted is not None:
        value = re.sub(rb"\\(.)", rb"\1", quoted[1])
    if _WRONG_ESCAPE.search(value):
        return Wrong("", "holds a % that begins no escape; write it %25")
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        return Wrong("", "its escapes are not UTF-8")
