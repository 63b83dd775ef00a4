"""Who is behind a live stream, told from its cookie; streams are served beside Django, not by it."""

from django.conf import settings
from django.contrib.auth import get_user
from django.db import connections
from django.http import HttpRequest, parse_cookie

from guerdon.web.accounts.models import Staff
from guerdon.web.accounts.sessions import WatchedSession


def find_login(cookies: str) -> str | None:
    """The login of whoever these cookies hold an open session of, if they may still sign in.

    Blocks: call it in a thread.
    """
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    request = HttpRequest()
    request.session = WatchedSession(key)
    try:
        found = get_user(request)
        return found.email if isinstance(found, Staff) else None
    finally:
        connections.close_all()


def cookie(cookies: str, name: str) -> str:
    """One cookie's value, or nothing."""
    return parse_cookie(cookies).get(name, "")
