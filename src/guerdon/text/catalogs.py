"""Message catalogs: what our own texts are called in each language.

The catalogs are gettext `.po` files read at first use, one per part (console, member, mail, reasons,
formats), so a translator opens only what they answer for. The message id is the English text; a part is
searched before the others, so one English word may be two different words on two different screens.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from gettext import c2py
from importlib.resources import files
from io import BytesIO

from babel.messages.pofile import read_po

from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES

PARTS = (
    "reports",
    "app",
    "location",
    "changes",
    "sentences",
    "console",
    "member",
    "contact",
    "mail",
    "reasons",
    "formats",
)

_Key = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language, with the part that is asked first."""

    language: str
    messages: Mapping[_Key, str | tuple[str, ...]]
    plural_form: Callable[[int], int]

    def gettext(self, message: str) -> str:
        """Say a message in this language, or in English when nobody translated it."""
        return self._one(self.messages.get((None, message)), message)

    def pgettext(self, context: str, message: str) -> str:
        """Say a message whose English alone could mean two things."""
        return self._one(self.messages.get((context, message)), message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Say a message about so many things; Arabic has six ways to."""
        found = self.messages.get((None, singular))
        if isinstance(found, tuple):
            form = found[min(self.plural_form(abs(number)), len(found) - 1)]
            if form:
                return form
        return singular if number == 1 else plural

    def has(self, message: str, context: str | None = None) -> bool:
        """Whether somebody translated this message."""
        found = self.messages.get((context, message))
        return all(found) if isinstance(found, tuple) else bool(found)

    @staticmethod
    def _one(found: str | tuple[str, ...] | None, message: str) -> str:
        if isinstance(found, tuple):
            found = found[0]
        return found or message


@cache
def words(language: str, part: str | None = None) -> Words:
    """Give the texts of a language (`ar` or `ar-AE`), one part of them before the others."""
    spoken = language.partition("-")[0]
    if spoken not in LANGUAGES:
        spoken = FALLBACK_LANGUAGE
    messages: dict[_Key, str | tuple[str, ...]] = {}
    plural_form: Callable[[int], int] = _english_form
    order = [each for each in PARTS if each != part] + ([part] if part in PARTS else [])
    for each in order:
        read = _read_part(spoken, each)
        if read is not None:
            messages.update({key: text for key, text in read.messages.items() if text})
            plural_form = read.plural_form
    return Words(spoken, messages, plural_form)


@dataclass(frozen=True, slots=True)
class _Part:
    messages: Mapping[_Key, str | tuple[str, ...]]
    plural_form: Callable[[int], int]


@cache
def _read_part(language: str, part: str) -> _Part | None:
    path = files("guerdon.text").joinpath("catalogs", language, f"{part}.po")
    if not path.is_file():
        return None
    catalog = read_po(BytesIO(path.read_bytes()), locale=language, abort_invalid=True)
    messages: dict[_Key, str | tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy:
            continue
        key = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
        text = message.string
        messages[(message.context, key)] = tuple(text) if isinstance(text, (list, tuple)) else str(text or "")
    return _Part(messages, c2py(catalog.plural_expr))


def _english_form(number: int) -> int:
    return 0 if number == 1 else 1
