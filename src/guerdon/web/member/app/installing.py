"""What makes the pages an app: its manifest and mark by program, and the page that is shown offline.

None of it is personal, so a browser may keep all of it.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from guerdon.program.brand.mending import mend
from guerdon.program.brand.naming import brand_name, short_name
from guerdon.program.model import Program
from guerdon.text.rosette import rosette
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES, text_in
from guerdon.web.accounts.answers import TABS, page
from guerdon.web.accounts.languages import locale_of
from guerdon.web.brands.serving import branded, file_address, market_of
from guerdon.web.brands.sheets import place_of
from guerdon.web.member.entering import base_of, program_named
from guerdon.web.member.views import missing_page

SIDE, RINGS = 512, 4
# Where a brand has no rosette.
RING = f'<circle cx="{SIDE // 2}" cy="{SIDE // 2}" r="{SIDE // 4}"/>'
MANIFEST, SVG = "application/manifest+json", "image/svg+xml"
_MARK = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}">'
    f'<rect width="{SIDE}" height="{SIDE}" fill="%(card)s"/>'
    '<g fill="none" stroke="%(foil)s" stroke-width="7">%(drawn)s</g></svg>'
)


@require_safe
def manifest(request: HttpRequest, key: str) -> HttpResponse:
    """What a phone needs to put the app on its screen, in the language that it was asked in."""
    found = program_named(key)
    if found is None:
        return missing_page(request)
    program, language, market = found[1], _language(request), _market(request, found[1])
    base, tokens = base_of(program), mend(program.brand.of(market).looks).tokens["light"]
    icon = _icon_of(program, market)
    return JsonResponse(
        {
            "id": base,
            "name": text_in(brand_name(program, market), language),
            "short_name": short_name(program, market, language),
            "lang": language,
            "dir": "rtl" if language == "ar" else "ltr",
            "start_url": base,
            "scope": "/",
            "display": "standalone",
            "background_color": tokens["canvas"],
            "theme_color": tokens["card"],
            "icons": [icon | {"purpose": "any"}, icon | {"purpose": "maskable"}],
        },
        content_type=MANIFEST,
        headers={"Cache-Control": "no-cache"},
    )


def _icon_of(program: Program, market: str) -> dict[str, str]:
    """The brand's own icon, else a mark that is drawn."""
    own = program.brand.of(market).icon
    if own is not None:
        return {
            "src": file_address(own, place_of(program)),
            "sizes": f"{SIDE}x{SIDE}",
            "type": "image/png",
        }
    base = base_of(program)
    mark = f"{base}/icon.svg?market={market}" if market else f"{base}/icon.svg"
    return {"src": mark, "sizes": "any", "type": SVG}


@require_safe
def icon(request: HttpRequest, key: str) -> HttpResponse:
    """The program's mark: a rosette that is drawn from its name."""
    found = program_named(key)
    if found is None:
        return missing_page(request)
    program, market = found[1], _market(request, found[1])
    mended = mend(program.brand.of(market).looks)
    # What is drawn stays within the circle that a phone may cut out.
    name = text_in(brand_name(program, market), FALLBACK_LANGUAGE)
    drawn = rosette(name, SIDE, RINGS - 1) if mended.rosette else RING
    colors = mended.tokens["light"]
    mark = _MARK % {"card": colors["card"], "foil": colors["foil"], "drawn": drawn}
    return HttpResponse(mark, content_type=SVG, headers={"Cache-Control": "public, max-age=86400"})


@require_safe
def offline(request: HttpRequest, key: str) -> HttpResponse:
    """The page without anything of anybody's: its script fills in what the phone kept, and since when."""
    found = program_named(key)
    if found is None:
        return missing_page(request)
    program, language, market = found[1], _language(request), _market(request, found[1])
    request.META[TABS] = base_of(program)
    answer = page(
        request,
        "app/offline.html",
        locale=language,
        **branded(program, f"{language}-{market}"),
        base=base_of(program),
    )
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("lang", "")
    return asked if asked in LANGUAGES else locale_of(request).partition("-")[0]


def _market(request: HttpRequest, program: Program) -> str:
    """Of whichever market a page was that asks for this: it is nobody's, but has its brand."""
    return market_of(program, f"-{request.GET.get('market', '')}")
