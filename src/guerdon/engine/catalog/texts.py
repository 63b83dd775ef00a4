"""Texts of feeds, made plain: tags go, scripts and styles with all that is in them, entities become letters.

What comes out is text and nothing else: whoever shows it escapes it as any other.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import unescape

from guerdon.engine.catalog.wrong import WrongRow
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES, Text

NAME_MAX = 200
TEXT_MAX = 5_000
# What is longer than this is not even looked through for tags.
RAW_MAX = 50_000
# Thousands of items have the same terms: so many texts of so many letters are known for a while.
KNOWN_MAX, KNOWN_LETTERS_MAX = 1_024, 2_000

_SILENT = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "title", "head"})
_BREAKS = frozenset({"p", "br", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9:-]*)|<[!?]")
_MARK = re.compile(r"[>\"']")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
# Letters that steer a terminal or turn the direction of others around.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
# Most texts hold nothing of all this.
_UNCLEAN = re.compile(
    r"[<&\x00-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028-\u202f\u205f\u2066-\u2069\u3000\ud800-\udfff"
    r"\ufeff\ufffe\uffff]"
)
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def read_text(given: object, field: str, most: int = TEXT_MAX) -> Text:
    """A text as a feed writes it: in English as it stands, or by language. Empty ones are left out."""
    if given is None or given == "":
        return {}
    if isinstance(given, str):
        given = {FALLBACK_LANGUAGE: given}
    if not isinstance(given, Mapping):
        raise WrongRow("no_text", field=field)
    try:
        known = len("".join(given.values())) <= KNOWN_LETTERS_MAX
    except TypeError:
        # Not all of it is text.
        known = False
    return dict(_read_known(tuple(given.items()), field, most)) if known else _read(given, field, most)


@lru_cache(maxsize=KNOWN_MAX)
def _read_known(said: tuple[tuple[str, str], ...], field: str, most: int) -> Text:
    return _read(dict(said), field, most)


def _read(given: Mapping[str, object], field: str, most: int) -> dict[str, str]:
    unknown = next((key for key in given if key not in LANGUAGES), None)
    if unknown is not None:
        raise WrongRow("language", field=field, given=str(unknown)[:20])
    found = {}
    for language, text in given.items():
        if text is None or text == "":
            continue
        if not isinstance(text, str):
            raise WrongRow("no_text", field=f"{field} ({language})")
        if len(text) > RAW_MAX:
            raise WrongRow("long", field=f"{field} ({language})", n=len(text), most=most)
        plain = plain_text(text)
        if len(plain) > most:
            raise WrongRow("long", field=f"{field} ({language})", n=len(plain), most=most)
        if plain:
            found[language] = plain
    return found


def plain_text(text: str) -> str:
    """Text without tags, controls and needless space."""
    if _UNCLEAN.search(text) is None and "  " not in text:
        return text.strip()
    if "<" in text or "&" in text:
        # What is written as an entity may look like a tag then: it is letters, and stays so.
        text = unescape("".join(_without_tags(text)))
    text = _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", text))
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def _without_tags(text: str) -> Iterator[str]:
    """The words between tags; whatever stands in a text, each letter is looked at a few times at most."""
    at = 0
    while (opened := _TAG.search(text, at)) is not None:
        yield text[at : opened.start()]
        if opened[0] == "<!--":
            closed = text.find("-->", opened.end())
            at = closed + 3
        else:
            closed = _end_of_tag(text, opened.end())
            at = closed + 1
        if closed < 0:
            # A tag that never ends hides what follows, for browsers too.
            return
        name = (opened[2] or "").lower()
        if name in _BREAKS:
            yield "\n"
        if name in _SILENT and not opened[1] and text[closed - 1] != "/":
            end = re.compile(f"</{name}[\\s/>]", re.IGNORECASE).search(text, at)
            if end is None:
                return
            at = end.start()
    yield text[at:]


def _end_of_tag(text: str, at: int) -> int:
    """Where a tag ends: a mark within quotes does not end it, unless the quotes never close."""
    first = text.find(">", at)
    if first < 0:
        return -1
    here = at
    while (found := _MARK.search(text, here)) is not None and found[0] != ">":
        close = text.find(found[0], found.end())
        if close < 0:
            return first
        here = close + 1
    return first if found is None else found.start()
