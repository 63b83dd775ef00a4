"""Letters in a program's own words: its templates are filled and set in our layouts, over every channel.

What cannot be written, since a value is missing or leads where it may not, comes back as a mistake; no
message goes out with a hole in it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from markupsafe import Markup

from guerdon.text.letters.layout import NO_WAYS, Line, Mail, Sheet, Ways, mail_language, set_mail
from guerdon.text.letters.phrases import footer_of_members, personal
from guerdon.text.letters.short import Notice, PushText, WayOut, with_way_out
from guerdon.text.templating import (
    Links,
    Mistake,
    Reader,
    Sink,
    Template,
    Value,
    parse_template,
    render_template,
)
from guerdon.text.templating.sinks import as_sms
from guerdon.values.sms import clean
from guerdon.values.texts import FALLBACK_LANGUAGE, Text

TEMPLATES_KEPT = 2048
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


class PushWords(Protocol):
    """What a program writes for a locked screen."""

    @property
    def title(self) -> Text:
        """By language."""

    @property
    def body(self) -> Text:
        """By language."""


class ExtraWords(Protocol):
    """A block below the text."""

    @property
    def words(self) -> Text:
        """By language."""


class OwnWords(Protocol):
    """The slots that a program fills, each a template by language, as `program.messages.nouns.OwnText` is."""

    @property
    def headline(self) -> Text:
        """One line."""

    @property
    def subject_line(self) -> Text | None:
        """One line; needed by e-mail."""

    @property
    def preheader(self) -> Text | None:
        """One line beside the subject."""

    @property
    def body(self) -> Text | None:
        """Paragraphs, parted by empty lines."""

    @property
    def button(self) -> Text | None:
        """One line."""

    @property
    def sms(self) -> Text | None:
        """Without it: the headline and the link."""

    @property
    def push(self) -> PushWords | None:
        """Without it: the headline and the body."""

    @property
    def extra(self) -> Sequence[ExtraWords]:
        """Blocks below the text."""


@dataclass(frozen=True, slots=True)
class Own:
    """A program's text and all that it is written out with.

    `facts` are the names that its templates may use, `values` what they are for this member. `url` is where
    its button leads, empty: nowhere. `links` says where else a text may lead; `its_own` whether the button
    opens something of the member's, so that the mail asks not to be passed on.
    """

    words: OwnWords
    program: str
    facts: frozenset[str]
    values: Mapping[str, Value | None] = field(repr=False)
    reader: Reader
    links: Links
    url: str = field(repr=False, default="")
    its_own: bool = True


def write_own_mail(own: Own, ways: Ways = NO_WAYS) -> Mail | Mistake:
    """Write it as a mail. Without a subject of its own, the headline is one."""
    pen = _Pen(own)
    slots = own.words
    sheet = Sheet(
        language=pen.language,
        program=own.program,
        subject=pen.written(slots.subject_line or slots.headline, "header"),
        preheader=pen.written(slots.preheader, "header"),
        headline=pen.line(slots.headline),
        lead=pen.paragraphs(slots.body),
        button=pen.written(slots.button, "text") if own.url else "",
        url=own.url if slots.button else "",
        extra=tuple(pen.paragraphs(block.words) for block in slots.extra),
        small=(personal(pen.language),) if own.its_own and own.url and slots.button else (),
        footer=footer_of_members(pen.language, own.program),
        ways=ways,
    )
    return pen.mistake or set_mail(sheet)


def write_own_sms(own: Own, out: WayOut | None = None) -> str | Mistake:
    """Write it as an SMS; without one of its own it is the headline and the link. `out`: of marketing."""
    pen = _Pen(own)
    if own.words.sms is not None:
        text = pen.written(own.words.sms, "sms")
    else:
        text = f"{pen.written(own.words.headline, 'sms')} {own.url}"
    return pen.mistake or with_way_out(clean(as_sms(text)), out, pen.language)


def write_own_push(own: Own) -> PushText | Mistake:
    """Write it for a locked screen."""
    pen, push = _Pen(own), own.words.push
    title = pen.written(push.title if push else own.words.headline, "text")
    body = pen.written(push.body if push else own.words.body, "text")
    return pen.mistake or PushText(title, _PARAGRAPHS.sub("\n", body))


def write_own_inapp(own: Own) -> Notice | Mistake:
    """Write it for the app; blocks follow the text."""
    pen, slots = _Pen(own), own.words
    parts = [pen.written(text, "text") for text in (slots.body, *(block.words for block in slots.extra))]
    button = pen.written(slots.button, "text") if own.url else ""
    title = pen.written(slots.headline, "text")
    return pen.mistake or Notice(title, "\n\n".join(part for part in parts if part), button)


class _Pen:
    """Writes slots in one language for all of them, and remembers the first mistake."""

    def __init__(self, own: Own) -> None:
        self._own = own
        self.language = _language(own)
        self._reader = Reader(self.language, own.reader.market, own.reader.zone)
        self.mistake: Mistake | None = None

    def written(self, text: Text | None, sink: Sink) -> str:
        """A slot written out; nothing where the program left it out."""
        if text is None:
            return ""
        template = _template(text[self.language], self._own.facts, self._own.links)
        came = (
            template
            if isinstance(template, Mistake)
            else render_template(template, self._own.values, sink, self._reader, self._own.links)
        )
        if isinstance(came, Mistake):
            self.mistake = self.mistake or came
            return ""
        return came

    def line(self, text: Text | None) -> Line:
        """A slot of one line, in both forms."""
        return Line(self.written(text, "text"), _marked(self.written(text, "html")))

    def paragraphs(self, text: Text | None) -> tuple[Line, ...]:
        """A slot of paragraphs, in both forms."""
        plain = _PARAGRAPHS.split(self.written(text, "text"))
        marked = _PARAGRAPHS.split(self.written(text, "html"))
        if len(plain) != len(marked):
            # A value that is empty leaves a paragraph in HTML, and none in plain text.
            plain, marked = ["\n\n".join(plain)], ["\n\n".join(marked)]
        return tuple(
            Line(said, _marked(shown.replace("\n", "<br>")))
            for said, shown in zip(plain, marked, strict=True)
            if said
        )


def _marked(escaped: str) -> Markup:
    return Markup(escaped)  # noqa: S704  the sink `html` escaped the author's words and the values


def _language(own: Own) -> str:
    """The reader's, if the whole text is in it: a mail is not written in two."""
    language = mail_language(own.reader.language)
    slots = own.words
    texts = [slots.headline, slots.subject_line, slots.preheader, slots.body, slots.button, slots.sms]
    texts += [block.words for block in slots.extra]
    texts += [slots.push.title, slots.push.body] if slots.push else []
    return language if all(language in text for text in texts if text is not None) else FALLBACK_LANGUAGE


@lru_cache(TEMPLATES_KEPT)
def _template(text: str, facts: frozenset[str], links: Links) -> Template | Mistake:
    """A template read once. It was checked with its program; one that is not readable now is a mistake."""
    read = parse_template(text, facts, links)
    return read if isinstance(read, Template) else next(iter(read))
