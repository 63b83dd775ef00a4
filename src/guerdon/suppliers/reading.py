"""Reading what suppliers answer: JSON with its types checked, numbers exact, and never a float.

All that is not as it should be is `Unreadable`; whoever asked says what follows from that, for money may have
moved by then.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import msgspec

LINK_CHARS_MAX = 2_048
ID_CHARS_MAX = 200
# More than these no amount has, and no more are reckoned with exactly.
NUMBER_DIGITS_MAX = 28
_NUMBER = re.compile(r"-?[0-9]{1,28}(\.[0-9]{1,28})?")

Record = Mapping[str, object]


class Unreadable(Exception):  # noqa: N818  an answer of theirs, not a fault of ours
    """It is not what their documents say; the message names the field, never what stands in it."""


_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def read_json(body: bytes) -> object:
    """What a body says."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ArithmeticError, ValueError):
        raise Unreadable("is no JSON") from None


def read_record(body: bytes) -> Record:
    """What a body says, where it is an object."""
    return _record(read_json(body), "the answer")


def inner(record: Record, name: str) -> Record:
    """An object inside another; an empty one where it is absent or null."""
    found = record.get(name)
    return {} if found is None else _record(found, name)


def needed(record: Record, name: str) -> Record:
    """An object that has to be inside another."""
    return _record(record.get(name), name)


def records(record: Record, name: str) -> Sequence[Record]:
    """A list of objects; an empty one where it is absent or null."""
    return [_record(each, name) for each in _list(record.get(name), name)]


def needed_records(record: Record, name: str) -> Sequence[Record]:
    """A list of objects that has to be there."""
    if record.get(name) is None:
        raise Unreadable(f"{name} is absent")
    return records(record, name)


def texts(record: Record, name: str) -> Sequence[str]:
    """A list of texts; an empty one where it is absent or null."""
    found = _list(record.get(name), name)
    kept = [each for each in found if isinstance(each, str)]
    if len(kept) < len(found):
        raise Unreadable(f"{name} is no list of texts")
    return kept


def text(record: Record, name: str) -> str:
    """A text; empty where it is absent or null."""
    found = record.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Unreadable(f"{name} is no text")
    return found


def name_in(record: Record, name: str) -> str:
    """A text that has to be there and is fit for an address: a number or a name of theirs."""
    found = text(record, name)
    if not is_name(found):
        raise Unreadable(f"{name} is absent or no name")
    return found


def is_name(found: str) -> bool:
    """Whether a text can be a number of theirs: short, in one piece, nothing that an address would split."""
    return 0 < len(found) <= ID_CHARS_MAX and all(
        "!" <= each <= "~" and each not in "/?#%&" for each in found
    )


def number(record: Record, name: str) -> Decimal | None:
    """A number, whether it stands as one or as a text; None where it is absent or null."""
    found = record.get(name)
    if found is None:
        return None
    if isinstance(found, str) and not _NUMBER.fullmatch(found):
        raise Unreadable(f"{name} is no number")
    if isinstance(found, bool) or not isinstance(found, int | Decimal | str):
        raise Unreadable(f"{name} is no number")
    exact = Decimal(found)
    if not exact.is_finite() or len(exact.as_tuple().digits) > NUMBER_DIGITS_MAX:
        raise Unreadable(f"{name} is no number")
    return exact


def moment(record: Record, name: str) -> datetime | None:
    """A time; one without a zone is UTC. None where it is absent or null."""
    found = text(record, name)
    if not found:
        return None
    try:
        at = datetime.fromisoformat(found)
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(f"{name} is no time") from None


def link(record: Record, name: str) -> str:
    """An address that a member is handed; empty where it is absent. Nothing else may stand in its place."""
    found = text(record, name)
    if not found:
        return ""
    try:
        parts = urlsplit(found)
        good = parts.scheme in ("https", "http") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or len(found) > LINK_CHARS_MAX or not all("!" <= each <= "~" for each in found):
        raise Unreadable(f"{name} is no link")
    return found


def picture(record: Record, name: str) -> str:
    """The address of a picture; empty where it is absent or none: that spoils no item."""
    try:
        return link(record, name)
    except Unreadable:
        return ""


def _record(found: object, name: str) -> Record:
    if not isinstance(found, dict):
        raise Unreadable(f"{name} is no object")
    return found


def _list(found: object, name: str) -> Sequence[object]:
    if found is None:
        return []
    if not isinstance(found, list):
        raise Unreadable(f"{name} is no list")
    return found
