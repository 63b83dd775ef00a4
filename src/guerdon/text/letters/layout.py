"""The layout of mails: MJML, compiled once for each direction, and its plain text of its own.

The slots are filled after compiling, by a template that escapes whatever is not markup of ours; so a value
never meets the compiler, and compiling costs nothing with the second mail. The plain text is a template too,
not the HTML with its tags torn out, because some members read nothing else.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from functools import cache
from textwrap import fill

import mrml
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.units.words import NO_WORDS, UnitWords, naming_units
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES

TEXT_WIDTH = 72
_FOLDER = "templates/mail"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail written out, before it has a sender and a recipient."""

    language: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Ways:
    """Where a reader chooses what we write: their page of it, and where one click ends this. Empty: nowhere.

    Marketing has both; what is no marketing has no click that ends it, only the page.
    """

    preferences_url: str = ""
    unsubscribe_url: str = ""


NO_WAYS = Ways()


@dataclass(frozen=True, slots=True)
class Dress:
    """The colors of a mail as `#rrggbb`, in light and in dark, and whose mail it is; `legal` empty: not said.

    `accent` is also what lies under the button's white text in light. `icon` is the address of a PNG that
    stands before the name: few mail programs show SVG, so no logo does. `units`: what amounts are called.
    """

    accent: str = "#00627b"
    accent_dark: str = "#60c6e0"
    fill_dark: str = "#006f8a"
    legal: str = ""
    icon: str = ""
    units: UnitWords = NO_WORDS


NO_DRESS = Dress()
_dress: ContextVar[Dress] = ContextVar("dress", default=NO_DRESS)


@contextmanager
def dressed(dress: Dress) -> Iterator[None]:
    """Set all mails within in the colors of a brand, and call amounts what it calls them."""
    before = _dress.set(dress)
    try:
        with naming_units(dress.units):
            yield
    finally:
        _dress.reset(before)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence or a paragraph, as plain text and as HTML whose values are escaped."""

    plain: str
    marked: Markup


@dataclass(frozen=True, slots=True)
class Sheet:
    """What fills the slots of the layout, in the language of its reader.

    `lead` stands before the button, `extra` are blocks below it, `notes` say why, `small` is small print.
    `subject` empty: the headline. `url` empty: no button. `code` is what a reader types somewhere.
    """

    language: str
    program: str
    headline: Line
    footer: str
    subject: str = ""
    preheader: str = ""
    lead: Sequence[Line] = ()
    code: str = ""
    button: str = ""
    url: str = ""
    extra: Sequence[Sequence[Line]] = ()
    notes: Sequence[Line] = ()
    small: Sequence[str] = ()
    ways: Ways = NO_WAYS


def mail_language(language: str) -> str:
    """Give the language a mail to this member is written in: theirs, or English where we do not speak it."""
    spoken = language.partition("-")[0]
    return spoken if spoken in LANGUAGES else FALLBACK_LANGUAGE


def line(sentence: str, **parts: str) -> Line:
    """Fill a sentence of our catalog; in HTML each part keeps its own reading direction within it."""
    if not parts:
        return Line(sentence, escape(sentence))
    apart = {name: f"<bdi>{escape(part)}</bdi>" for name, part in parts.items()}
    marked = Markup(sentence % apart)  # noqa: S704  the sentence is ours, the parts are escaped
    return Line(sentence % parts, marked)


def set_mail(sheet: Sheet) -> Mail:
    """Set a sheet as a mail, in both its forms."""
    subject = sheet.subject or sheet.headline.plain
    filled = {
        **{name: getattr(sheet, name) for name in _SLOTS},
        "subject": subject,
        "preheader": sheet.preheader or " ".join(each.plain for each in sheet.lead),
        "ways": _ways(sheet.language, sheet.ways),
        **_phrases(sheet.language),
        **asdict(_dress.get()),
    }
    # French sets a space before a colon.
    filled["address_follows"] = filled["follows"] % {"button": sheet.button}
    html = _html_template(formats.direction(sheet.language)).render(filled)
    return Mail(sheet.language, subject, _text_template().render(filled), html)


_SLOTS = (
    *(
        "language",
        "program",
        "headline",
        "footer",
        "lead",
        "code",
        "button",
        "url",
        "extra",
        "notes",
        "small",
    ),
)


@dataclass(frozen=True, slots=True)
class _Way:
    words: str
    follows: str
    url: str


def _ways(language: str, ways: Ways) -> list[_Way]:
    say = words(language, "mail").gettext
    there = (
        (say("Choose what we write to you"), ways.preferences_url),
        (say("Unsubscribe"), ways.unsubscribe_url),
    )
    return [_Way(said, say("%(button)s:") % {"button": said}, url) for said, url in there if url]


@cache
def _phrases(language: str) -> dict[str, str]:
    say = words(language, "mail").gettext
    return {
        "follows": say("%(button)s:"),
        "no_button": say("If the button does not open, copy this address into your browser:"),
    }


def _filled(paragraph: str) -> str:
    """Break what is too long for a line; a line that was broken already stays so, and an address whole."""
    return "\n".join(
        fill(each, TEXT_WIDTH, break_long_words=False, break_on_hyphens=False)
        for each in paragraph.split("\n")
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """What the compiler is told of a direction. Mail programs ignore `start`."""

    dir: str
    near: str
    # Arabic needs more room between lines, and its letters are never spaced.
    leading: str
    headline_leading: str
    spaced: str


_SIDES = {
    "ltr": _Side("ltr", "left", "1.5", "1.25", "letter-spacing:6px;"),
    "rtl": _Side("rtl", "right", "1.65", "1.5", ""),
}


@cache
def _html_template(direction: str) -> Template:
    side = _SIDES[direction]
    source = _mjml().get_template("letter.mjml").render(asdict(side))
    compiled = mrml.to_html(source, None, mrml.RenderOptions(disable_comments=False, fonts={}))
    assert not compiled.warnings, "the layout says something that the compiler does not know"
    html = compiled.content
    assert html.count("<body style=") == 1, "the compiler writes one body"
    # The compiler sets the language on all but the body, and columns from the left whatever it is told.
    html = html.replace("<body style=", f'<body lang="{{{{ language }}}}" dir="{side.dir}" style=')
    html = html.replace("text-align:left", f"text-align:{side.near}")
    return _pages().from_string(html)


@cache
def _text_template() -> Template:
    environment = Environment(
        loader=PackageLoader("guerdon.text", _FOLDER),
        autoescape=False,  # noqa: S701  a plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["filled"] = _filled
    return environment.get_template("letter.txt")


@cache
def _mjml() -> Environment:
    return Environment(
        loader=PackageLoader("guerdon.text", _FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        auto_reload=False,
    )


@cache
def _pages() -> Environment:
    return Environment(autoescape=True, undefined=StrictUndefined)
