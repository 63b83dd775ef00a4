"""What a member's page is told of its brand, and the doors at which it asks for its sheet and its files."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.program.brand.mending import mend
from guerdon.program.brand.naming import brand_name, words_for_units
from guerdon.program.brand.nouns import Brand, File, Kind
from guerdon.program.model import Program
from guerdon.values.texts import text_in
from guerdon.web.brands.sheets import Sheet, files_of, place_of, sheet_address, sheets_of
from guerdon.web.rooms import room

LASTING = "public, max-age=31536000, immutable"
PRIVATE = "private, max-age=3600"
TYPES: Mapping[Kind, str] = {"svg": "image/svg+xml", "png": "image/png", "woff2": "font/woff2"}


def branded(program: Program, locale: str) -> dict[str, Any]:
    """What templates of a member's page need: the name, the sheet's address, the market, the card's color.

    A member's locale ends with their market (`de-AT`); whoever has no market of the program sees what holds
    everywhere.
    """
    market = market_of(program, locale)
    return {
        "brand": text_in(brand_name(program, market), locale),
        "brand_css": sheet_address(program, market),
        "brand_market": market,
        "card_color": card_color(program, market),
        "unit_words": words_for_units(program, market),
        **marks_of(program.brand.of(market), place_of(program)),
    }


def marks_of(brand: Brand, place: str) -> dict[str, str]:
    """Where the logos and the icon of a brand lie, below the place of its sheets; empty for none."""
    logo = brand.logo
    return {
        "brand_logo": file_address(logo.light, place),
        "brand_logo_dark": file_address(logo.dark, place),
        "brand_icon": file_address(brand.icon, place),
    }


def file_address(file: File | None, place: str) -> str:
    """Where a file lies; empty for none."""
    return f"{place}/files/{file.mark}.{file.kind}" if file is not None else ""


def market_of(program: Program, locale: str) -> str:
    """The market of a locale; empty where the program has none of that key."""
    market = locale.partition("-")[2]
    return market if market in program.markets else ""


def card_color(program: Program, market: str) -> str:
    """The first color of the card, which is that of the app's frame on a phone."""
    return mend(program.brand.of(market).looks).tokens["light"]["card"]


@require_safe
def serve_sheet(request: HttpRequest, key: str, mark: str) -> HttpResponse:  # noqa: ARG001  Django hands it in
    """Answer with a sheet of a live program's brands; of any other hash there is none."""
    found = room().program_by_key(key)
    sheet = sheets_of(found[1]).get(mark) if found is not None else None
    if sheet is None:
        raise Http404
    return sheet_answer(sheet)


@require_safe
def serve_file(request: HttpRequest, key: str, mark: str, ending: str) -> HttpResponse:  # noqa: ARG001  as above
    """Answer with a file of a live program's brands; of any other hash there is none."""
    found = room().program_by_key(key)
    file = files_of(found[1]).get(mark) if found is not None else None
    return file_answer(file, ending)


def sheet_answer(sheet: Sheet, *, shared: bool = True) -> HttpResponse:
    """A sheet, to be kept for good: what changes has another address. Not `shared`: by its reader alone."""
    return HttpResponse(
        sheet.body,
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": LASTING if shared else PRIVATE},
    )


def file_answer(file: File | None, ending: str, *, shared: bool = True) -> HttpResponse:
    """The same for a file; raises `Http404` where there is none, or it is none of that ending."""
    if file is None or file.kind != ending:
        raise Http404
    answer = HttpResponse(file.body, content_type=TYPES[file.kind])
    answer.headers["Cache-Control"] = LASTING if shared else PRIVATE
    # A picture opened by itself is a document: nothing in it runs or asks for anything, and it is no page.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
