"""The page behind the link of an invitation: a name, and how its reader will sign in.

Opening it accepts nothing: a mail program that looks at links opens them too. A link that was used, is over
or was never made says so, with one way on.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.staff.inviting import link_sha
from guerdon.store.access.invitations import Invitation
from guerdon.values.clock import utc_now
from guerdon.values.texts import text_in
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.invitations.joining import NAME_LETTERS_MAX, find_invitation, join
from guerdon.web.accounts.languages import LANGUAGE_COOKIE, locale_of
from guerdon.web.accounts.models import Staff
from guerdon.web.accounts.second_factor import begin
from guerdon.web.accounts.settings import PasskeyPlace, passkey_place
from guerdon.web.accounts.sign_in import PASSWORD_LETTERS_MAX
from guerdon.web.guesses import Guesses, network_of
from guerdon.web.rooms import room

PASSWORD_LETTERS_MIN = 12
TOKEN_LETTERS_MAX = 64
# From one network; somebody's own link opens as often as they like.
WRONG = Guesses(30, 60.0)
CONSOLE = "/console/"


@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show who is invited and to what, or take what they say."""
    network = network_of(str(request.META.get("REMOTE_ADDR", "")))
    if WRONG.wait(network):
        return _over(request, 429)
    found = find_invitation(link_sha(token)) if len(token) <= TOKEN_LETTERS_MAX else None
    if found is None:
        WRONG.wrong(network)
        return _over(request, 410)
    if not found.opens(utc_now()):
        return _over(request, 410, found)
    if request.method != "POST":
        return _shown(request, found, "", 200)
    return _taken(request, found)


def _taken(request: HttpRequest, found: Invitation) -> HttpResponse:
    if _known(found):
        staff = join(found, "", None)
        return _over(request, 410, found) if staff is None else _see("/account/sign-in")
    name = " ".join(request.POST.get("name", "").split())
    if not 0 < len(name) <= NAME_LETTERS_MAX or not name.isprintable():
        return _shown(request, found, "name", 422)
    password: str | None = request.POST.get("password", "")
    if request.POST.get("by") == "passkey" and _has_passkeys():
        password = None
    elif not PASSWORD_LETTERS_MIN <= len(password or "") <= PASSWORD_LETTERS_MAX:
        return _shown(request, found, "password", 422)
    staff = join(found, name, password)
    # On to the second factor, which is a passkey where there is no password.
    return _over(request, 410, found) if staff is None else begin(request, staff, CONSOLE)


def _known(found: Invitation) -> bool:
    """Whether they sign in here already, by which nothing of that is changed."""
    return Staff.objects.filter(email=found.login, is_active=True).exists()


def _has_passkeys() -> bool:
    return isinstance(passkey_place(room().settings.public_url), PasskeyPlace)


def _shown(request: HttpRequest, found: Invitation, problem: str, status: int) -> HttpResponse:
    sign_on, locale = room().sign_on, _locale(request, found)
    return page(
        request,
        "console/invitation.html",
        locale=locale,
        status=status,
        program=text_in(room().program(found.program_id).name, locale),
        email=found.login,
        known=_known(found),
        typed=request.POST.get("name", "")[:NAME_LETTERS_MAX],
        problem=problem,
        passkeys=_has_passkeys(),
        sign_on=sign_on.ours.name if sign_on is not None else "",
        name_letters_max=NAME_LETTERS_MAX,
        password_letters_min=PASSWORD_LETTERS_MIN,
    )


def _over(request: HttpRequest, status: int, found: Invitation | None = None) -> HttpResponse:
    return page(
        request,
        "console/invitation_over.html",
        locale=_locale(request, found),
        status=status,
        many=status == 429,
        accepted=found is not None and found.state == "accepted",
    )


def _locale(request: HttpRequest, found: Invitation | None) -> str:
    """What the reader chose in this browser, else the language that they were invited in."""
    chosen = LANGUAGE_COOKIE in request.COOKIES or found is None
    return locale_of(request) if chosen or found is None else found.language


def _see(address: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": address})
