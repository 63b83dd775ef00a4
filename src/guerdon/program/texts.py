"""Texts for people: one plain English line, or a line for each language.

A missing language is no mistake, it falls back to English; a text without English is one.
"""

from guerdon.program.places import Place
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES, Text

NO_TEXT: Text = {FALLBACK_LANGUAGE: ""}


def read_name(place: Place | None, key: str) -> Text:
    """Read what people call a thing; without one it is called by its key, in words."""
    if place is None:
        return {FALLBACK_LANGUAGE: key.replace(".", " ").replace("_", " ").capitalize()}
    return read_text(place)


def read_text(place: Place | None) -> Text:
    """Read a text; after a mistake an empty one stands in, so that reading goes on."""
    if place is None:
        return NO_TEXT
    if not place.is_table():
        return {FALLBACK_LANGUAGE: place.word() or ""}
    said = {language: line.word() or "" for language, line in place.fields(optional=LANGUAGES).items()}
    if FALLBACK_LANGUAGE not in said:
        place.wrong(
            "this text has no English", f"add `{FALLBACK_LANGUAGE}:`, the other languages fall back to it"
        )
    return said
