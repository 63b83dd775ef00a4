"""Who is behind a live stream, told from its cookie; streams are served beside Django, not by it."""

from django.conf import settings
from django.contrib.auth import get_user
from django.db import connections
from django.http import HttpRequest, parse_cookie

from guerdon.web.accounts.models import Staff
from guerdon.web.accounts.sessions import WatchedSession


def is_staff(cookies: str) -> bool:
    """Whether these cookies hold an open session of somebody who may still sign in.

    Blocks: call it in a thread.
    """
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return False
    request = HttpRequest()
    request.session = WatchedSession(key)
    try:
        return isinstance(get_user(request), Staff)
    finally:
        connections.close_all()


def cookie(cookies: str, name: str) -> str:
    """One cookie's value, or nothing."""
    return parse_cookie(cookies).get(name, "")
