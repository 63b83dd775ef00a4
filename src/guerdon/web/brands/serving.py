"""What a member's page is told of its brand, and the door at which it asks for the brand's sheet."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from guerdon.program.brand.mending import mend
from guerdon.program.brand.naming import brand_name
from guerdon.program.model import Program
from guerdon.values.texts import text_in
from guerdon.web.brands.sheets import sheet_address, sheets_of
from guerdon.web.rooms import room

LASTING = "public, max-age=31536000, immutable"


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
    }


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
    return HttpResponse(
        sheet.body, content_type="text/css; charset=utf-8", headers={"Cache-Control": LASTING}
    )
