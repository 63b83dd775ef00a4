"""Every text that a program brings along, and in which languages it is written.

Texts are found wherever they stand in a program, so one that is added to it is counted without being named
here. What Guerdon says itself is in its catalogs, whole in each of its languages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from guerdon.program.model import Program
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES

# Proper names are the same everywhere, and what stands beside the texts is none.
_NO_TEXTS = {("name",), ("text",), ("sha",)}


@dataclass(frozen=True, slots=True)
class Place:
    """A text: where it stands in the program, in English, and the languages that it is written in."""

    path: tuple[str, ...]
    english: str
    written: frozenset[str]

    @property
    def said(self) -> str:
        """Where it stands, as problems of a program say it."""
        return ".".join(self.path)


def list_texts(program: Program) -> list[Place]:
    """All texts of a program, in the order of its sections."""
    return list(_texts(program, ()))


def languages_of(program: Program) -> list[str]:
    """The languages that members are written to in: those of the markets, Guerdon's own first."""
    spoken = {_base(market.language) for market in program.markets.values()} | {FALLBACK_LANGUAGE}
    return [*(each for each in LANGUAGES if each in spoken), *sorted(spoken.difference(LANGUAGES))]


def missing_in(texts: list[Place], language: str) -> list[Place]:
    """Those that fall back to English there."""
    return [each for each in texts if language not in each.written]


def page_of(place: Place) -> str:
    """The page of the console where it is seen what it is a text of."""
    match place.path:
        case ("rules", rule, *_):
            return f"rules/{rule}"
        case ("messages", message, *_):
            return f"messages/{message}"
        case ("segments", segment, *_):
            return f"segments/{segment}"
        case ("brand", *_):
            return "brand"
        case _:
            return "program"


def _texts(found: object, path: tuple[str, ...]) -> Iterator[Place]:
    if path in _NO_TEXTS:
        return
    if isinstance(found, Mapping):
        if _is_text(found):
            yield Place(path, _first(found[FALLBACK_LANGUAGE]), frozenset(map(_base, found)))
            return
        for key, value in found.items():
            yield from _texts(value, (*path, str(key)))
    elif is_dataclass(found):
        for each in fields(found):
            yield from _texts(getattr(found, each.name), (*path, each.name))
    elif isinstance(found, list | tuple):
        for place, value in enumerate(found):
            yield from _texts(value, (*path, str(place)))


def _is_text(found: Mapping[object, object]) -> bool:
    """Whether something is said by language; English is the one that every text has."""
    return FALLBACK_LANGUAGE in found and all(
        isinstance(key, str) and len(_base(key)) == len(FALLBACK_LANGUAGE) and _base(key).islower()
        for key in found
    )


def _first(said: object) -> str:
    return said if isinstance(said, str) else ""


def _base(language: str) -> str:
    return language.partition("-")[0]
