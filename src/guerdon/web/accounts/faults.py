"""Pages for what cannot be shown: each says what happened and offers one way on."""

from django.http import HttpRequest, HttpResponse

from guerdon.web.accounts.answers import page


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """There is nothing at this address, or nothing for this reader: the two answer alike."""
    return page(request, "fault.html", status=404, fault="missing")


def forged_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django hands in a reason
    """The form did not come from our own page, or came too late."""
    return page(request, "fault.html", status=403, fault="form")


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """The reader may not do this."""
    return page(request, "fault.html", status=403, fault="refused")


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """The request itself is broken; nothing in it is trusted, so this page asks for nothing."""
    return HttpResponse("Bad request\n", status=400, content_type="text/plain; charset=utf-8")


def broken(request: HttpRequest) -> HttpResponse:
    """Something failed on our side; it is in the log."""
    return page(request, "fault.html", status=500, fault="broken")
