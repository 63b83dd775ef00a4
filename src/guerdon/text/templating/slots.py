"""The slots of a message that a program's author fills, and where each of them goes."""

from collections.abc import Mapping
from dataclasses import dataclass

from guerdon.text.templating.sinks import Sink

SUBJECT_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of a message. `shown_max` is the most characters that people see, None: as long as it likes.

    `links`: whether something in it can be followed.
    """

    key: str
    sinks: tuple[Sink, ...]
    shown_max: int | None = None
    links: bool = False


_ALL = (
    Slot("subject", ("header",), shown_max=SUBJECT_SHOWN_MAX),
    Slot("preheader", ("html",)),
    Slot("headline", ("html", "text")),
    Slot("body", ("html", "text"), links=True),
    Slot("button", ("html", "text")),
    Slot("sms", ("sms",), links=True),
    Slot("push_title", ("json",)),
    Slot("push_body", ("json",)),
)
SLOTS: Mapping[str, Slot] = {slot.key: slot for slot in _ALL}
