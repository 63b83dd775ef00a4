"""What holds for every page: forms come from our own pages, and nothing personal stays in a cache."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from guerdon.web.accounts.faults import forged_form

Answer = Callable[[HttpRequest], HttpResponse]
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_OUR_OWN = frozenset({"same-origin", "none", ""})


def same_origin_only(answer: Answer) -> Answer:
    """Refuse a form that a browser says comes from elsewhere, before any token is looked at."""

    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method not in _HARMLESS and request.headers.get("Sec-Fetch-Site", "") not in _OUR_OWN:
            return forged_form(request)
        return answer(request)

    return guarded


def nothing_stored(answer: Answer) -> Answer:
    """Tell every cache to keep nothing, unless the page said otherwise (an asset does).

    What a page varies by is said of all alike, or a missing page would look unlike one that is not shown.
    """

    def guarded(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
            patch_vary_headers(response, ("Cookie", "Accept-Language"))
        return response

    return guarded
