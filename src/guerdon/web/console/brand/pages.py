"""How members see the program: what is written of its brand, what had to be mended, and a specimen of it.

Nothing is changed here: a brand is part of the program's text, and is published with it.
"""

from django.http import HttpResponse

from guerdon.program.brand.mending import THEMES, mend
from guerdon.program.brand.naming import brand_name, legal_line
from guerdon.text.rosette import banknote
from guerdon.web.brands.sheets import sheet_address
from guerdon.web.console.brand.sayings import moved_said, written_of
from guerdon.web.console.desk import Desk, staff_page

# A specimen's card and reward; their line work is drawn from them.
CARD_NUMBER, REWARD_NUMBER = "mem_00001234", "rwd_00005678"
SAMPLE_WHOLE = 225


@staff_page
def brand(desk: Desk) -> HttpResponse:
    """Show the brand of a market, or of everywhere."""
    program, market = desk.program, desk.cut.market or ""
    branding = program.brand
    shown, own = branding.of(market), branding.markets.get(market)
    mended = mend(shown.looks)
    return desk.show(
        "console/brand/page.html",
        "brand",
        given=branding.is_given,
        market=market,
        own=own is not None,
        others=[each for each in program.markets if each in branding.markets],
        called=brand_name(program, market),
        legal=legal_line(program, market, desk.locale),
        sheet=sheet_address(program, market),
        written=written_of(shown, own, desk.locale),
        moved=[(moved_said(each, desk.locale), each) for each in mended.moved],
        themes=THEMES,
        rosette_drawn=mended.rosette,
        sample_minor=SAMPLE_WHOLE * 10**desk.unit.digits,
        card_number=CARD_NUMBER,
        reward_number=REWARD_NUMBER,
        banknote=banknote,
    )
