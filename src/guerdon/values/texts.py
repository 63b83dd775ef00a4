"""Texts for people that a program brings along, by language, and the languages Guerdon speaks.

English is the one language every text has; whatever is missing falls back to it, silently for members.
"""

from collections.abc import Mapping

LANGUAGES = ("en", "es", "de", "fr", "ar", "id")
FALLBACK_LANGUAGE = "en"

Text = Mapping[str, str]
# Marks that turn what stands after them, in embeddings and overrides: no name needs one.
_TURNING = dict.fromkeys(range(0x202A, 0x202F))


def text_in(text: Text, language: str) -> str:
    """Give a text in a language (`de` or `de-AT`), or in English; it turns nothing that stands beside it."""
    found = text.get(language) or text.get(language.partition("-")[0])
    given = found if found is not None else text[FALLBACK_LANGUAGE]
    return given if given.isascii() else given.translate(_TURNING)
