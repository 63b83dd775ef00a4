"""What a mail says that came back: a report that it was not delivered (RFC 3464), or a complaint (RFC 5965).

Read with the standard library's parser, and bounded, as anybody may send such a mail: only its beginning is
read, where reports say what machines are to know. Nothing of it is believed but codes; whom it is about
stands in an address of ours alone (`values/returns.py`). What is not understood is let go.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

from guerdon.channels.email.wire import NOBODY_THERE
from guerdon.values.returns import Written, find_addresses

READ_MAX = 96 * 1024
# And no more lines than this: each may be a block of its own, which costs more than its length.
LINES_MAX = 4_000
# More parts than this no report has, and each within another costs all lines once more.
PARTS_MAX = 24
# Kinds of complaints by which somebody says that they do not want it (RFC 5965, 7.3).
UNWANTED = frozenset({"abuse", "fraud"})

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
# The parser ends lines at a bare CR, too.
_MULTIPART = re.compile(rb"(?:\A|[\r\n])content-type:\s*(?:multipart|message)/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """It was not delivered, for good; `code` as RFC 3463 has it. `dead`: no mail arrives there at all."""

    code: str
    dead: bool


@dataclass(frozen=True, slots=True)
class Complained:
    """Who has the address told their mail provider that they do not want it.

    `about`: addresses of ours that the report names, by which the mail is known.
    """

    about: Sequence[Written]


@dataclass(frozen=True, slots=True)
class LetGo:
    """Nothing follows from it; `why` is a code to count it by."""

    why: str


Read = Undelivered | Complained | LetGo


def read_returned(content: bytes) -> Read:
    """Read a mail that came back."""
    beginning = b"".join(content[:READ_MAX].splitlines(keepends=True)[:LINES_MAX])
    if len(_MULTIPART.findall(beginning)) > PARTS_MAX:
        return LetGo("too_many_parts")
    try:
        report = BytesParser().parsebytes(beginning)
        kind = str(report.get_param("report-type") or "").lower()
        if report.get_content_type() != "multipart/report":
            return LetGo("no_report")
        if kind == "delivery-status":
            return _delivery(report)
        return _complaint(report) if kind == "feedback-report" else LetGo("other_report")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # Headers that break their own rules trip the parser in many ways; whoever wrote them is not told.
        return LetGo("unreadable")


def _delivery(report: Message) -> Read:
    failed = False
    for block in _fields(report, "message/delivery-status"):
        if str(block.get("action", "")).strip().lower() != "failed":
            continue
        failed = True
        codes = [_code(block.get("status")), _code(block.get("diagnostic-code"))]
        # Some servers give a status that says nothing, and what it was in their words.
        code = next((each for each in codes if each and each != "5.0.0"), codes[0])
        if code is not None and code.startswith("5."):
            return Undelivered(code, code in NOBODY_THERE)
    return LetGo("failed_without_code" if failed else "not_failed")


def _complaint(report: Message) -> Read:
    for block in _fields(report, "message/feedback-report"):
        if str(block.get("feedback-type", "")).strip().lower() not in UNWANTED:
            return LetGo("no_complaint")
        named = str(block.get("original-mail-from", ""))
        return Complained(find_addresses("\n".join((named, *_original(report)))))
    return LetGo("no_complaint")


def _original(report: Message) -> Iterator[str]:
    """Headers of the mail that a complaint is about, in which addresses of ours stand."""
    for part in report.walk():
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            yield str(part.get_payload())
        elif kind == "message/rfc822" and isinstance(part.get_payload(), list):
            inner = part.get_payload(0)
            if isinstance(inner, Message):
                yield from (str(inner.get(name, "")) for name in ("return-path", "list-unsubscribe"))


def _fields(report: Message, kind: str) -> Iterator[Message]:
    """The blocks of fields of the first part of a kind."""
    for part in report.walk():
        if part.get_content_type() == kind:
            held = part.get_payload()
            yield from (each for each in held if isinstance(each, Message)) if isinstance(held, list) else ()
            return


def _code(text: object) -> str | None:
    found = _CODE.search(str(text or ""))
    return ".".join(found.groups()) if found else None
