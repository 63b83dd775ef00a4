"""What HubSpot says when something is wrong. Every field is optional, of whatever type it comes.

A message may quote what was sent: tokens, secrets and e-mail addresses are taken out before anybody keeps it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

MESSAGE_CHARS_MAX = 300
NAMES_MAX = 200
ID_CHARS_MAX = 200
# What HubSpot's names of errors, codes and properties look like; anything else is somebody's text.
_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,100}")
_EMAIL = re.compile(r"[^\s\"'<>,;:()\[\]{}]+@[^\s\"'<>,;()\[\]{}]+")
_SECRET_CHARS_MIN = 8


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that HubSpot did not take: a whole request, or the inputs of a batch that it names."""

    category: str = ""
    message: str = ""
    codes: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()
    # As they were asked for, which may be by somebody's e-mail address.
    ids: tuple[str, ...] = field(default=(), repr=False)
    policy: str = ""
    # Of which one at least would have been needed.
    scopes: tuple[str, ...] = ()


def read_wrong(body: bytes, secrets: Sequence[str] = ()) -> Wrong:
    """What the body of an error says; what it does not say stays empty."""
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        given = None
    return told_wrong(given, secrets)


def told_wrong(given: Any, secrets: Sequence[str] = ()) -> Wrong:
    """The same of what was decoded already, like an error inside a batch's answer."""
    if not isinstance(given, dict):
        return Wrong()
    details = [each for each in _list(given.get("errors")) if isinstance(each, dict)][:NAMES_MAX]
    contexts = [each for each in (given.get("context"), *(d.get("context") for d in details)) if each]
    status = _name(given.get("status"))
    return Wrong(
        # OAuth names what is wrong where everybody else says "error".
        category=status if status not in ("", "error") else _name(given.get("category")),
        message=cleaned(given.get("message"), secrets),
        codes=_names([each.get("code") for each in details]),
        properties=_of_contexts(contexts, "propertyName"),
        traces=_of_contexts(contexts, "objectWriteTraceId"),
        ids=_ids(contexts),
        policy=_name(given.get("policyName")),
        scopes=_of_contexts(contexts, "requiredGranularScopes") or _of_contexts(contexts, "requiredScopes"),
    )


def cleaned(text: object, secrets: Sequence[str] = ()) -> str:
    """A text of theirs as it may stand in a log or on a screen of ours."""
    if not isinstance(text, str):
        return ""
    for secret in secrets:
        if len(secret) >= _SECRET_CHARS_MIN:
            text = text.replace(secret, "…")
    return _EMAIL.sub("…", text[: MESSAGE_CHARS_MAX * 4])[:MESSAGE_CHARS_MAX]


def _of_contexts(contexts: Sequence[object], name: str) -> tuple[str, ...]:
    found = [_list(each.get(name)) for each in contexts if isinstance(each, dict)]
    return _names([one for each in found for one in each])


def _ids(contexts: Sequence[object]) -> tuple[str, ...]:
    found = [_list(each.get("ids")) for each in contexts if isinstance(each, dict)]
    return tuple(str(one)[:ID_CHARS_MAX] for each in found for one in each if isinstance(one, str | int))


def _names(given: Sequence[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in given if (name := _name(each))))[:NAMES_MAX]


def _name(given: object) -> str:
    text = str(given) if isinstance(given, str | int) else ""
    return text if _NAME.fullmatch(text) else ""


def _list(given: object) -> list[Any]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
