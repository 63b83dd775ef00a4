"""Which language and which theme a reader sees: what they chose, else what their browser asks for."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES

LANGUAGE_COOKIE, THEME_COOKIE = "language", "theme"
THEMES = ("light", "dark")
KEPT = timedelta(days=365)
OWN_NAMES = {
    "en": "English",
    "es": "Español",
    "de": "Deutsch",
    "fr": "Français",
    "ar": "العربية",
    "id": "Bahasa Indonesia",
}


def locale_of(request: HttpRequest) -> str:
    """The locale of staff: the chosen language, else the first of the browser's that we speak."""
    return chosen_locale(request.COOKIES.get(LANGUAGE_COOKIE, ""), request.headers.get("Accept-Language", ""))


def chosen_locale(chosen: str, accepted: str) -> str:
    """The locale for a cookie and an Accept-Language header."""
    asked = [_tag(part) for part in accepted[:200].split(",")]
    ours = [tag for tag in asked if tag.partition("-")[0] in LANGUAGES]
    if chosen in LANGUAGES:
        return next((tag for tag in ours if tag.partition("-")[0] == chosen), chosen)
    return ours[0] if ours else FALLBACK_LANGUAGE


def theme_of(request: HttpRequest) -> str:
    """`light`, `dark`, or nothing: as the device says."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language or theme in a cookie and go back to where the reader was."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    response = HttpResponse(status=303, headers={"Location": back})
    for name, allowed in ((LANGUAGE_COOKIE, LANGUAGES), (THEME_COOKIE, (*THEMES, "auto"))):
        chosen = request.POST.get(name, "")
        if chosen in allowed:
            response.set_cookie(
                name, chosen, max_age=KEPT, samesite="Lax", secure=request.is_secure(), httponly=True
            )
    return response


def _tag(part: str) -> str:
    language, _, market = part.partition(";")[0].strip().partition("-")
    language = language.lower()
    return f"{language}-{market.upper()}" if len(market) == 2 and market.isalpha() else language
