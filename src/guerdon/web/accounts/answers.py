"""Answers a request with a page, in the reader's language, with what every page of ours needs."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token

from guerdon.text.pages import render_page
from guerdon.web.accounts.languages import locale_of, theme_of

# Where a member's page leads to what they chose to be written, as whoever knows the member noted it.
CONTACT = "guerdon.contact"
# Where the tabs of the app lead, for a page of a member who is signed in to it.
TABS = "guerdon.tabs"


def page(
    request: HttpRequest, template: str, *, locale: str | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a template as an answer; a member's page hands in the member's locale."""
    text = render_page(
        template,
        locale or locale_of(request),
        theme=theme_of(request),
        contact=str(request.META.get(CONTACT, "")),
        tabs=str(request.META.get(TABS, "")),
        nonce=str(getattr(request, "csp_nonce", "")),
        csrf_token=lambda: get_token(request),
        # What was refused of an address is not carried on by the forms of the page.
        path=request.path if status == 400 else request.get_full_path(),
        **context,
    )
    return HttpResponse(text, status=status, content_type="text/html; charset=utf-8")
