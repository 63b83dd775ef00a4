"""A template filled with the values of one message, for one reader and one sink.

It is filled once: a value that looks like a template stays the text that it is. What comes out is bounded,
and what cannot be written is told as a mistake, so that no message goes out with a hole in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from guerdon.text.templating.cleaning import clean_value, without_addresses
from guerdon.text.templating.filters import Reader, is_nothing, is_of, written
from guerdon.text.templating.grammar import Block, Part, Print, Template
from guerdon.text.templating.links import Links
from guerdon.text.templating.mistakes import Mistake
from guerdon.text.templating.names import Name, Value
from guerdon.text.templating.sinks import HANDS, Hand, Sink

RENDERED_BYTES_MAX = 32 * 1024


def render_template(
    template: Template, values: Mapping[str, Value | None], sink: Sink, reader: Reader, links: Links
) -> str | Mistake:
    """Fill a template, or say why this message cannot be written.

    `values` are by name, None or not there: there is none. `html` comes out escaped, with tags round values
    alone; `json` in its quotes; `header` and `sms` as one line. At most 32 KiB of UTF-8 come out.
    """
    hand = HANDS[sink]
    filling = _Filling(values, hand, reader, links)
    for part in template.parts:
        filling.take(part)
        if filling.mistake is not None:
            return filling.mistake
    whole = hand.whole("".join(filling.pieces))
    # Template and values have bounds of their own, so there are never more than a few MiB to look at here.
    return whole if len(whole.encode()) <= RENDERED_BYTES_MAX else _TOO_LONG


_TOO_LONG = Mistake(
    None,
    None,
    f"with its values this text is longer than {RENDERED_BYTES_MAX // 1024} KiB",
    "shorten it, or name fewer values",
)


@dataclass(slots=True)
class _Filling:
    values: Mapping[str, Value | None]
    hand: Hand
    reader: Reader
    links: Links
    pieces: list[str] = field(default_factory=list)
    # What was written once is written the same again.
    shown: dict[Print, str] = field(default_factory=dict)
    mistake: Mistake | None = None

    def take(self, part: Part) -> None:
        match part:
            case str():
                self.pieces.append(self.hand.words(part))
            case Print():
                if part not in self.shown:
                    self.shown[part] = self._written(part)
                self.pieces.append(self.shown[part])
            case Block():
                if self._is_there(part.name):
                    for each in part.parts:
                        self.take(each)
            case _:
                assert_never(part)

    def _is_there(self, name: Name) -> bool:
        value = self.values.get(name.key)
        if isinstance(value, str):
            return bool(clean_value(value))
        return value is not None and not is_nothing(value)

    def _written(self, part: Print) -> str:
        """What stands there now; nothing after a mistake."""
        name, value = part.name, self.values.get(part.name.key)
        if value is None:
            return self._wrong(f"{name.key} has no value here", "ask for it with {{#if}}, or leave it out")
        if not is_of(value, name.kind):
            return self._wrong(f"what {name.key} is given is no {name.kind}")
        if name.kind == "link":
            return self._link(name, str(value))
        return self._value(part, value)

    def _link(self, name: Name, address: str) -> str:
        fault = self.links.fault(address)
        if fault is not None:
            return self._wrong(f"{name.key} cannot be shown: {fault.what}", fault.hint)
        return self.hand.link(address)

    def _value(self, part: Print, value: Value) -> str:
        shown = value if isinstance(value, str) else written(value, part.filter, self.reader)
        if shown is None:
            return self._wrong(f"{part.name.key} cannot be written in the time zone {self.reader.zone[:40]}")
        clean = clean_value(shown)
        if part.name.kind == "text":
            clean = without_addresses(clean, outside=part.name.outside)
        return self.hand.value(clean, self.reader)

    def _wrong(self, what: str, hint: str = "") -> str:
        self.mistake = self.mistake or Mistake(None, None, what, hint)
        return ""
