"""How members see the program: what is written of its brand, what had to be mended, and a specimen of it.

Nothing is changed here: a brand is part of the program's text, and is published with it. The same page shows
the brand of a draft (`drafts.py`), where its files are brought.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from markupsafe import Markup

from guerdon.program.brand.mending import THEMES, mend
from guerdon.program.brand.naming import brand_name, legal_line, words_for_units
from guerdon.program.model import Program
from guerdon.text.formats import direction
from guerdon.text.pages import render_page
from guerdon.text.rosette import banknote
from guerdon.values.texts import FALLBACK_LANGUAGE
from guerdon.web.brands.serving import marks_of
from guerdon.web.brands.sheets import place_of, sheet_of
from guerdon.web.console.brand.sayings import moved_said, written_of
from guerdon.web.console.desk import Desk, staff_page

# A specimen's card and reward; their line work is drawn from them.
CARD_NUMBER, REWARD_NUMBER = "mem_00001234", "rwd_00005678"
SAMPLE_WHOLE = 225
ARABIC = "ar"


@dataclass(frozen=True, slots=True)
class Seen:
    """A program whose brand is looked at: where its sheets lie, and where in the console the page is."""

    program: Program
    place: str
    path: str = "brand"


@staff_page
def brand(desk: Desk) -> HttpResponse:
    """Show the brand of a market, or of everywhere."""
    return shown(desk, Seen(desk.program, place_of(desk.program)))


def shown(desk: Desk, seen: Seen, **more: Any) -> HttpResponse:
    """The page of a brand; `more` is what only the page of a draft has."""
    program, market = seen.program, desk.cut.market or ""
    branding = program.brand
    looked, own = branding.of(market), branding.markets.get(market)
    mended = mend(looked.looks)
    context: dict[str, Any] = {"draft": None, "files": (), "fault": None, "problems": (), **more}
    return desk.show(
        "console/brand/page.html",
        "program" if context["draft"] else "brand",
        seen=seen,
        given=branding.is_given,
        market=market,
        own=own is not None,
        others=[each for each in program.markets if each in branding.markets],
        sheet=f"{seen.place}/{sheet_of(looked).hash}.css" if branding.is_given else "",
        written=written_of(looked, own, desk.locale),
        moved=[(moved_said(each, desk.locale), each) for each in mended.moved],
        specimens=_specimens(desk, seen, market),
        **context,
    )


def _specimens(desk: Desk, seen: Seen, market: str) -> list[Markup]:
    """A specimen in light and in dark: first as its reader reads, then in the other direction."""
    program = seen.program
    brand = program.brand.of(market)
    units = [each for each in program.units.values() if each.key in brand.points] or [desk.unit]
    rtl = direction(desk.locale) == "rtl"
    locales = [desk.locale, f"{FALLBACK_LANGUAGE if rtl else ARABIC}-{market}".rstrip("-")]
    return [
        # The template escapes whatever was written of the brand.
        Markup(  # noqa: S704
            render_page(
                "console/brand/specimen.html",
                locale,
                theme=theme,
                unit_words=words_for_units(program, market),
                is_given=program.brand.is_given,
                called=brand_name(program, market),
                legal=legal_line(program, market, locale),
                rosette_drawn=mend(brand.looks).rosette,
                sample_minor=SAMPLE_WHOLE * 10 ** units[0].digits,
                unit=units[0],
                card_number=CARD_NUMBER,
                reward_number=REWARD_NUMBER,
                banknote=banknote,
                **marks_of(brand, seen.place),
            )
        )
        for locale in locales
        for theme in THEMES
    ]
