"""Addresses of the member's pages.

Whatever stands behind `/r/` gets the answer of a claim link, however garbled, so that none is told from
another.
"""

from django.urls import URLPattern, re_path

from guerdon.web.member.catalog import catalog, favorite, item
from guerdon.web.member.choosing import choose
from guerdon.web.member.gifts import give_away, open_link, take_gift
from guerdon.web.member.happened import happened
from guerdon.web.member.images import image
from guerdon.web.member.inviting import invite
from guerdon.web.member.landing import invited
from guerdon.web.member.orders import act, carry, order
from guerdon.web.member.proving import prove
from guerdon.web.member.waiting import wait

urlpatterns: list[URLPattern] = [
    re_path(r"\Ar/(?P<token>[^/]*)/choose\Z", choose),
    re_path(r"\Ar/(?P<token>[^/]*)/wait\Z", wait),
    re_path(r"\Ar/(?P<token>[^/]*)/give\Z", give_away),
    re_path(r"\Ar/(?P<token>[^/]*)/prove\Z", prove),
    re_path(r"\Ar/(?P<token>[^/]*)/take\Z", take_gift),
    re_path(r"\Ar/(?P<token>[^/]*)/why\Z", happened),
    re_path(r"\Ar/(?P<token>[^/]*)/invite\Z", invite),
    re_path(r"\Ar/(?P<token>[^/]*)/catalog\Z", catalog),
    re_path(r"\Ar/(?P<token>[^/]*)/catalog/(?P<itm>[^/]*)\Z", item),
    re_path(r"\Ar/(?P<token>[^/]*)/catalog/(?P<itm>[^/]*)/favorite\Z", favorite),
    re_path(r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)\Z", order),
    re_path(r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)/(?P<deed>seen|resend|case|cancel)\Z", act),
    re_path(r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)/pass/(?P<wallet>apple|google)\Z", carry),
    re_path(r"\Aimages/(?P<hash>[0-9a-f]{64})\Z", image),
    re_path(r"(?s)\Ar/(?P<token>.*)\Z", open_link),
    re_path(r"(?s)\Ai/(?P<code>.*)\Z", invited),
]
