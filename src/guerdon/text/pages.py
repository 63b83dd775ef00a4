"""Renders pages, mails and fragments: one Jinja2 environment for all of them, for files that we ship.

Every template speaks the language it is rendered in: `_`, `ngettext`, `money`, `number`, `day` and the
others are bound per rendering, also inside imported macros. Whatever only a door knows (an asset's address)
is added by it once.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_eval_context, select_autoescape
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from guerdon.text import formats
from guerdon.text.catalogs import Words, words
from guerdon.text.rosette import rosette
from guerdon.text.units.words import NO_WORDS, UnitWords, has_words, naming_units
from guerdon.values.texts import Text, text_in


@dataclass(frozen=True, slots=True)
class _Speech:
    locale: str
    words: Words


_speech: ContextVar[_Speech] = ContextVar("speech")


def render_page(template: str, locale: str, /, **context: object) -> str:
    """Render a template (`console/overview.html`) in a locale (`de-AT`).

    `unit_words` in the context is what amounts of a program's own units are called on this page.
    """
    said = _speech.set(_Speech(locale, words(locale, template.partition("/")[0])))
    spoken = context.get("unit_words")
    try:
        with naming_units(spoken if isinstance(spoken, UnitWords) else NO_WORDS):
            return environment.get_template(template).render(
                context, locale=locale, lang=words(locale).language, dir=formats.direction(locale)
            )
    finally:
        _speech.reset(said)


def add_to_pages(name: str, value: Callable[..., object]) -> None:
    """Let a door add what only it knows, such as the address of an asset."""
    environment.globals[name] = value


def isolated(text: object, direction: str = "") -> Markup:
    """Keep a number, code or name in its own direction inside a sentence of another.

    A sentence of the page's own language that begins with a name in another script is told its direction.
    """
    if direction:
        return Markup('<bdi dir="{}">{}</bdi>').format(direction, text)
    return Markup("<bdi>{}</bdi>").format(text)


@pass_eval_context
def _gettext(context: EvalContext, message: str, /, **values: object) -> str:
    return _said(context, _speech.get().words.gettext(message), values)


@pass_eval_context
def _pgettext(context: EvalContext, about: str, message: str, /, **values: object) -> str:
    return _said(context, _speech.get().words.pgettext(about, message), values)


@pass_eval_context
def _ngettext(context: EvalContext, singular: str, plural: str, number: int, /, **values: object) -> str:
    shown: Mapping[str, object] = {"n": formats.number(number, _speech.get().locale)} | values
    return _said(context, _speech.get().words.ngettext(singular, plural, number), shown)


def _said(context: EvalContext, text: str, values: Mapping[str, object]) -> str:
    if not context.autoescape:
        return text % values if values else text
    # Our catalogs hold no markup: what a page adds around a number is handed in as a value, already safe.
    safe = escape(text)
    return safe % values if values else safe


def _money(amount_minor: int, unit: str, digits: int, *, exact: bool = False, signed: bool = False) -> str:
    return formats.money(amount_minor, unit, digits, _speech.get().locale, exact=exact, signed=signed)


def _short_money(amount_minor: int, unit: str, digits: int) -> str:
    return formats.short_money(amount_minor, unit, digits, _speech.get().locale)


def _number(value: int | Decimal) -> str:
    return formats.number(value, _speech.get().locale)


def _rate(value: Decimal) -> str:
    return formats.rate(value, _speech.get().locale)


def _percent(share: float | Decimal, decimals: int = 0) -> str:
    return formats.percent(share, _speech.get().locale, decimals)


def _day(value: date) -> str:
    return formats.day(value, _speech.get().locale)


def _month(value: date) -> str:
    return formats.month(value, _speech.get().locale)


def _moment(value: datetime, zone: str) -> str:
    return formats.moment(value, zone, _speech.get().locale)


def _clock(value: datetime, zone: str, *, seconds: bool = False) -> str:
    return formats.clock(value, zone, _speech.get().locale, seconds=seconds)


def _duration(length_ms: int) -> str:
    return formats.duration(length_ms, _speech.get().locale)


def _comma() -> str:
    """What stands between the parts of a list."""
    return "، " if _speech.get().words.language == "ar" else ", "


def _local(text: Text) -> str:
    return text_in(text, _speech.get().locale)


def _environment() -> Environment:
    templates = str(files("guerdon.text").joinpath("templates"))
    made = Environment(
        loader=FileSystemLoader(templates),
        autoescape=select_autoescape(("html", "svg"), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Templates are files of the package: they do not change while it runs.
        auto_reload=False,
    )
    spoken: dict[str, Callable[..., Any]] = {
        "_": _gettext,
        "gettext": _gettext,
        "pgettext": _pgettext,
        "ngettext": _ngettext,
        "money": _money,
        "has_words": has_words,
        "short_money": _short_money,
        "number": _number,
        "rate": _rate,
        "percent": _percent,
        "day": _day,
        "month": _month,
        "moment": _moment,
        "clock": _clock,
        "duration": _duration,
        "text_in": _local,
        "comma": _comma,
        "isolated": isolated,
        "rosette": rosette,
    }
    made.globals.update(spoken)
    made.filters["isolated"] = isolated
    return made


environment = _environment()
