"""Addresses of the member's pages.

Whatever stands behind `/r/` gets the answer of a claim link, however garbled, so that none is told from
another. All that a claim link opens stands behind the gate, which knows whether and where it opens.
"""

from django.urls import URLPattern, path, re_path

from guerdon.web.member.app.activity import activity, receipt
from guerdon.web.member.app.code import code, snapshot
from guerdon.web.member.app.contact import contact
from guerdon.web.member.app.home import home
from guerdon.web.member.app.installing import icon, manifest, offline
from guerdon.web.member.app.own_data import own_data
from guerdon.web.member.app.rewards import rewards
from guerdon.web.member.app.sign_in import sign_in, sign_out, start
from guerdon.web.member.app.you import inbox as own_inbox
from guerdon.web.member.app.you import you
from guerdon.web.member.catalog import catalog, favorite, item
from guerdon.web.member.choosing import choose
from guerdon.web.member.contact.confirming import confirm
from guerdon.web.member.contact.preferences import lead_to_preferences, preferences
from guerdon.web.member.contact.pushing import add_browser, push_worker
from guerdon.web.member.contact.unsubscribing import unsubscribe
from guerdon.web.member.gifts import give_away, open_link, take_gift
from guerdon.web.member.happened import happened
from guerdon.web.member.images import image
from guerdon.web.member.inbox.views import follow, inbox, open_inbox, seen
from guerdon.web.member.inviting import invite
from guerdon.web.member.landing import invited
from guerdon.web.member.links.gate import gate
from guerdon.web.member.links.opening import seen as page_seen
from guerdon.web.member.links.proving import prove
from guerdon.web.member.links.renewing import open_here, renew
from guerdon.web.member.orders import act, carry, order
from guerdon.web.member.passkeys.entrance import ask_for_passkey, sign_in_by_passkey
from guerdon.web.member.passkeys.own import ask_for_new_passkey, passkeys
from guerdon.web.member.waiting import wait

urlpatterns: list[URLPattern] = [
    path("m", start),
    path("m/<slug:key>", home),
    path("m/<slug:key>/sign-in", sign_in),
    path("m/<slug:key>/sign-in/passkey", sign_in_by_passkey),
    path("m/<slug:key>/sign-in/passkey/challenge", ask_for_passkey),
    path("m/<slug:key>/sign-out", sign_out),
    path("m/<slug:key>/catalog", rewards),
    path("m/<slug:key>/code", code),
    path("m/<slug:key>/snapshot", snapshot),
    path("m/<slug:key>/activity", activity),
    path("m/<slug:key>/activity/<slug:evt>", receipt),
    path("m/<slug:key>/inbox", own_inbox),
    path("m/<slug:key>/you", you),
    path("m/<slug:key>/you/data", own_data),
    path("m/<slug:key>/you/contact", contact),
    path("m/<slug:key>/you/passkeys", passkeys),
    path("m/<slug:key>/you/passkeys/challenge", ask_for_new_passkey),
    path("m/<slug:key>/manifest.webmanifest", manifest),
    path("m/<slug:key>/icon.svg", icon),
    path("m/<slug:key>/offline", offline),
    re_path(r"\Ar/(?P<token>[^/]*)/choose\Z", gate(choose, forms=True)),
    re_path(r"\Ar/(?P<token>[^/]*)/wait\Z", gate(wait, forms=True)),
    re_path(r"\Ar/(?P<token>[^/]*)/give\Z", gate(give_away, forms=True)),
    re_path(r"\Ar/(?P<token>[^/]*)/prove\Z", gate(prove, proves=True)),
    re_path(r"\Ar/(?P<token>[^/]*)/here\Z", gate(open_here, forms=True)),
    re_path(r"\Ar/(?P<token>[^/]*)/renew\Z", renew),
    re_path(r"\Ar/(?P<token>[^/]*)/take\Z", take_gift),
    re_path(r"\Ar/(?P<token>[^/]*)/seen\Z", gate(page_seen)),
    re_path(r"\Ar/(?P<token>[^/]*)/why\Z", gate(happened)),
    re_path(r"\Ar/(?P<token>[^/]*)/invite\Z", gate(invite, forms=True)),
    re_path(r"\Ar/(?P<token>[^/]*)/catalog\Z", gate(catalog)),
    re_path(r"\Ar/(?P<token>[^/]*)/catalog/(?P<itm>[^/]*)\Z", gate(item)),
    re_path(r"\Ar/(?P<token>[^/]*)/catalog/(?P<itm>[^/]*)/favorite\Z", gate(favorite, forms=True)),
    re_path(r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)\Z", gate(order, codes=True)),
    re_path(
        r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)/(?P<deed>seen|resend|case|cancel)\Z",
        gate(act, forms=True),
    ),
    re_path(
        r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)/pass/(?P<wallet>apple|google)\Z",
        gate(carry, forms=True, codes=True),
    ),
    re_path(r"(?s)\An/(?P<token>.*)\Z", open_inbox),
    re_path(r"\Ainbox\Z", inbox),
    re_path(r"\Ainbox/seen\Z", seen),
    re_path(r"\Ainbox/follow\Z", follow),
    re_path(r"\Ar/(?P<token>[^/]*)/contact\Z", gate(lead_to_preferences)),
    re_path(r"\Ar/(?P<token>[^/]*)/devices\Z", gate(add_browser, forms=True)),
    re_path(r"\Adevices/worker\.js\Z", push_worker),
    re_path(r"\Aimages/(?P<hash>[0-9a-f]{64})\Z", image),
    re_path(r"(?s)\Ar/(?P<token>.*)\Z", gate(open_link)),
    re_path(r"(?s)\Ai/(?P<code>.*)\Z", invited),
    re_path(r"(?s)\Ap/(?P<token>.*)\Z", preferences),
    re_path(r"(?s)\Au/(?P<token>.*)\Z", unsubscribe),
    re_path(r"(?s)\Ac/(?P<token>.*)\Z", confirm),
]
