"""The page of languages: how much of the program is written in each, and what falls back to English."""

from dataclasses import dataclass

from babel import Locale, UnknownLocaleError
from django.http import HttpResponse

from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.languages.coverage import Place, languages_of, list_texts, missing_in, page_of

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language: how it is called in the reader's, what is missing, whether Guerdon speaks it."""

    key: str
    name: str
    missing: list[Place]
    known: bool


@staff_page
def languages(desk: Desk) -> HttpResponse:
    """Show each language, and what is missing in the one that is looked at."""
    texts = list_texts(desk.program)
    spoken = [
        Spoken(key, _called(key, desk.locale), missing_in(texts, key), key in LANGUAGES)
        for key in languages_of(desk.program)
        if key != FALLBACK_LANGUAGE
    ]
    asked = desk.request.GET.get("language", "")
    worst = max(spoken, key=lambda each: len(each.missing), default=None)
    opened = next((each for each in spoken if each.key == asked), worst)
    return desk.show(
        "console/languages/page.html",
        "languages",
        total=len(texts),
        spoken=spoken,
        opened=opened,
        shown_most=SHOWN,
        page_of=lambda place: page_of(place) if desk.rights.opens(_section(place)) else "",
    )


def _section(place: Place) -> str:
    return page_of(place).partition("/")[0]


def _called(language: str, locale: str) -> str:
    """What a language is called in the reader's; by its letters where nobody knows it."""
    try:
        return Locale.parse(language).get_display_name(Locale.parse(locale, sep="-")) or language
    except (UnknownLocaleError, ValueError):
        return language
