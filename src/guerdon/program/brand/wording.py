"""Texts of a brand: what stands in heads of pages and of mails, and what units are called.

They are shown beside what others wrote, so none may hold a mark that turns the direction of what follows it:
a name that ends with one could show an address backwards. Markup in them is text, and is shown as such.
"""

import re
from collections.abc import Mapping

from guerdon.program.brand.nouns import Points
from guerdon.program.places import Place
from guerdon.program.texts import read_text
from guerdon.text.units.words import AMOUNT, FORMS, MAY_HAVE, SAY_IT_THEMSELVES
from guerdon.values.money import Unit
from guerdon.values.texts import FALLBACK_LANGUAGE, Text

NAME_MAX, WORDS_MAX = 60, 60
# Embeddings, overrides and isolates, and the marks that stand for one letter of a direction.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BROKEN = re.compile("[\t\r\n\x85\u2028\u2029]")


def read_said(place: Place | None, most: int) -> Text | None:
    """Read a text of one line, of so many letters at most in each language."""
    if place is None:
        return None
    said = read_text(place)
    for language, text in said.items():
        _check(place, language, text, most)
    return said


def read_points(place: Place | None, units: Mapping[str, Unit]) -> Points:
    """Read `points`: what units that are no money are called, in each form of the plural."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for key, unit in (place.table() if place is not None else {}).items():
        known = [each.key for each in units.values() if each.kind != "money"]
        if key not in known:
            unit.unknown("unit that is no money", key, known)
            continue
        languages = unit.fields(optional=tuple(FORMS))
        if unit.is_table() and FALLBACK_LANGUAGE not in languages:
            unit.wrong(
                "these words have no English", f"add `{FALLBACK_LANGUAGE}:`, other languages fall back to it"
            )
        found[key] = {language: _read_forms(each, language) for language, each in languages.items()}
    return found


def _read_forms(place: Place, language: str) -> dict[str, str]:
    forms = FORMS[language]
    fields = place.fields(required=forms, optional=MAY_HAVE.get(language, ()))
    said = {}
    for form, each in fields.items():
        text = each.word() or ""
        _check(each, language, text, WORDS_MAX)
        if text and AMOUNT not in text and (form not in SAY_IT_THEMSELVES or language != "ar"):
            each.wrong(
                f"{text[:40]} does not say how many", f'write where the amount stands, like "{AMOUNT} points"'
            )
        if text.count(AMOUNT) > 1:
            each.wrong(f"{AMOUNT} stands here twice", "remove one of the two")
        said[form] = text
    return said


def _check(place: Place, language: str, text: str, most: int) -> None:
    shown = " ".join(_TURNING.sub("", text).split())[:40]
    if _TURNING.search(text):
        place.wrong(
            f"{shown} ({language}) has a mark in it that turns the direction of writing",
            "remove it; pages keep each name in its own direction",
        )
    elif _BROKEN.search(text):
        place.wrong(f"{shown} ({language}) is of several lines", "write it in one line")
    elif len(text) > most:
        place.wrong(f"{shown} ({language}) is longer than {most} characters", "shorten it")
