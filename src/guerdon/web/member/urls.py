"""Addresses of the member's pages.

Whatever stands behind `/r/` gets the answer of a claim link, however garbled, so that none is told from
another.
"""

from django.urls import URLPattern, re_path

from guerdon.web.member.happened import happened
from guerdon.web.member.inviting import invite
from guerdon.web.member.landing import invited
from guerdon.web.member.views import choose, open_claim

urlpatterns: list[URLPattern] = [
    re_path(r"\Ar/(?P<token>[^/]*)/choose\Z", choose),
    re_path(r"\Ar/(?P<token>[^/]*)/why\Z", happened),
    re_path(r"\Ar/(?P<token>[^/]*)/invite\Z", invite),
    re_path(r"(?s)\Ar/(?P<token>.*)\Z", open_claim),
    re_path(r"(?s)\Ai/(?P<code>.*)\Z", invited),
]
