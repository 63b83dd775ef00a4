"""Where a text goes, and what that makes of its words and values: the slot says it, never the author.

Each sink writes the author's words, a value and a link in its own way, and has a last look at the whole.
Words and values are escaped alike: an author fills slots of our layouts, and has no tags.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal

from guerdon.text.formats import MINUS, direction
from guerdon.text.templating.cleaning import isolated, one_line
from guerdon.text.templating.filters import Reader

Sink = Literal["html", "text", "sms", "header", "json"]

# Whoever puts a JSON text into a page must not end the page's script by it.
_IN_PAGES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Hand:
    """How a sink writes: words of the author, a value that is clean already, a link that was judged."""

    words: Callable[[str], str]
    value: Callable[[str, Reader], str]
    link: Callable[[str], str]
    whole: Callable[[str], str]


def as_html(text: str) -> str:
    """A text between tags or in quotes of HTML."""
    return escape(text, quote=True)


def as_html_value(value: str, _: Reader) -> str:
    """A value in HTML, with its own direction."""
    return f"<bdi>{as_html(value)}</bdi>"


def as_html_link(address: str) -> str:
    """A link in HTML; an address is read from left to right in every language."""
    return f'<a href="{as_html(address)}"><bdi dir="ltr">{as_html(address)}</bdi></a>'


def as_text_value(value: str, reader: Reader) -> str:
    """A value in plain text, with its own direction where it has another."""
    return isolated(value, direction(reader.locale))


def as_text(text: str) -> str:
    """A whole plain text, of several lines."""
    return text.strip()


def as_sms(text: str) -> str:
    """A whole SMS: one line, and a minus that the short alphabet has, since ours would halve its length."""
    return one_line(text).replace(MINUS, "-")


def as_json(text: str) -> str:
    """A whole text as JSON writes one, in its quotes."""
    return json.dumps(text.strip(), ensure_ascii=False).translate(_IN_PAGES)


def _as_it_is(text: str) -> str:
    return text


def _plain(value: str, _: Reader) -> str:
    return value


HANDS: Mapping[Sink, Hand] = {
    "html": Hand(as_html, as_html_value, as_html_link, as_text),
    "text": Hand(_as_it_is, as_text_value, _as_it_is, as_text),
    "sms": Hand(_as_it_is, _plain, _as_it_is, as_sms),
    "header": Hand(_as_it_is, _plain, _as_it_is, one_line),
    "json": Hand(_as_it_is, as_text_value, _as_it_is, as_json),
}
