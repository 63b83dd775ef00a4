"""The addresses of all pages.

A handler for each kind of fault stands at the end, where Django looks for them.
"""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from guerdon.web.accounts import faults
from guerdon.web.accounts.assets import serve_asset
from guerdon.web.accounts.forms.kept import kept_form
from guerdon.web.accounts.invitations.accepting import accept
from guerdon.web.accounts.languages import choose
from guerdon.web.accounts.oidc.entrance import go, returned, signed_out
from guerdon.web.accounts.passkeys.entrance import ask_for_passkey, sign_in_by_passkey
from guerdon.web.accounts.passkeys.own import ask_for_new_passkey, own_passkeys, set_up_passkey
from guerdon.web.accounts.second_factor import second_factor, set_up
from guerdon.web.accounts.sign_in import sign_in, sign_out
from guerdon.web.brands.serving import serve_file, serve_sheet
from guerdon.web.console.connections.consenting import came_back
from guerdon.web.console.start import start
from guerdon.web.setup.first_program import first_program
from guerdon.web.setup.founding import found

urlpatterns: list[URLPattern | URLResolver] = [
    path("", start),
    path("account/sign-in", sign_in),
    path("account/sign-in/passkey", sign_in_by_passkey),
    path("account/sign-in/passkey/challenge", ask_for_passkey),
    path("account/second-factor", second_factor),
    path("account/second-factor/new", set_up),
    path("account/second-factor/passkey", set_up_passkey),
    path("account/passkeys", own_passkeys),
    path("account/passkeys/challenge", ask_for_new_passkey),
    path("account/sign-out", sign_out),
    path("account/signed-out", signed_out),
    path("account/single-sign-on", go),
    path("account/single-sign-on/return", returned),
    path("account/invitation/<str:token>", accept),
    path("account/first/<str:token>", found),
    path("account/preferences", choose),
    path("account/kept/<int:number>", kept_form),
    path("setup", first_program),
    path("static/<slug:version>/<path:name>", serve_asset),
    path("brand/<slug:key>/<slug:mark>.css", serve_sheet),
    path("brand/<slug:key>/files/<slug:mark>.<slug:ending>", serve_file),
    path("connect/<slug:key>/hubspot", came_back),
    path("console/", include("guerdon.web.console.urls")),
    path("", include("guerdon.web.location.urls")),
    path("", include("guerdon.web.api.door")),
]

if find_spec("guerdon.web.member.urls"):
    urlpatterns.append(path("", include("guerdon.web.member.urls")))

handler400 = faults.unreadable
handler403 = faults.refused
handler404 = faults.missing
handler500 = faults.broken
