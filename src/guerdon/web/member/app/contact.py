"""How a member is reached and in which language, changed by themselves.

A new address or number counts once a code that went there was given; whoever wants to change one signed in
lately. What somebody typed stands in the form until it is done.
"""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.sessions.keeping import is_fresh
from guerdon.engine.sessions.reaching import ask_change, change, change_language
from guerdon.engine.sessions.signing_in import Asking
from guerdon.store.persons import Person, load_person
from guerdon.store.sessions.own_words import Reached
from guerdon.text.catalogs import words
from guerdon.values.mail import usable_address
from guerdon.values.phones import PhoneNumber, read_phone
from guerdon.values.proofs import CODE_DIGITS
from guerdon.values.texts import LANGUAGES
from guerdon.web.accounts.languages import OWN_NAMES
from guerdon.web.member.app.sign_in import ADDRESS_MAX, CODE_MAX, browser_mark, keep_asking, know_asking
from guerdon.web.member.app.you import masked_address, masked_phone
from guerdon.web.member.entering import Here, app_page, lead_to, signed_in
from guerdon.web.rooms import room

FIELDS: tuple[Reached, ...] = ("email", "phone")
# What a form came to, and the answer's status.
STATUS: Mapping[str, int] = {
    **dict.fromkeys(("unfit_email", "unfit_phone", "language"), 422),
    **dict.fromkeys(("wrong", "again"), 403),
    **dict.fromkeys(("same", "suppressed", "taken", "unknown"), 409),
    "often": 429,
}
GOOD = frozenset({"sent", "changed"})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def contact(request: HttpRequest, here: Here) -> HttpResponse:
    """Show it; send a code to a new address, take that, change the language."""
    if request.method != "POST":
        done = request.GET.get("done", "")
        return _shown(request, here, "changed" if done else "")
    act = request.POST.get("act", "")
    if act == "language":
        return _language(request, here)
    field = next((each for each in FIELDS if each == request.POST.get("field", "")), None)
    if field is None or act not in {"send", "check"} or (field == "phone" and not _texts(here)):
        return _shown(request, here, "")
    with room().reading(*here.whose) as tx:
        fresh = is_fresh(tx, here.session, here.now)
    if not fresh:
        return _shown(request, here, "again")
    know_asking(request)
    said = _send(request, here, field) if act == "send" else _check(request, here, field)
    if said == "changed":
        return keep_asking(request, lead_to(f"{here.base}/you/contact?done=1"))
    return keep_asking(request, _shown(request, here, said))


def _send(request: HttpRequest, here: Here, field: Reached) -> str:
    address = _read(request, here, field)
    if address is None:
        return f"unfit_{field}"
    # Codes, and whether something is sent to an address, are no member's.
    with room().reading(here.program_id) as tx:
        return ask_change(tx, room().vault, _asking(request, here, field), address, here.now)


def _check(request: HttpRequest, here: Here, field: Reached) -> str:
    said = request.POST.get("code", "")[:CODE_MAX]
    # Who else has an address is no member's.
    with room().reading(here.program_id) as tx:
        return change(tx, room().vault, _asking(request, here, field), said, here.now)


def _language(request: HttpRequest, here: Here) -> HttpResponse:
    wanted = request.POST.get("language", "")
    if wanted not in LANGUAGES:
        return _shown(request, here, "language")
    if wanted != here.language:
        with room().reading(*here.whose) as tx:
            change_language(tx, room().vault, here.whose, (here.language, wanted), here.now)
    return lead_to(f"{here.base}/you/contact?done=1")


def _read(request: HttpRequest, here: Here, field: Reached) -> str | None:
    """What was typed, as it is kept; None where nobody could be reached by it."""
    typed = _typed(request)
    if field == "email":
        return typed if usable_address(typed) is not None else None
    read = read_phone(typed, here.market)
    return read.number if isinstance(read, PhoneNumber) and read.kind != "fixed" else None


def _asking(request: HttpRequest, here: Here, field: Reached) -> Asking:
    return Asking(*here.whose, field, browser_mark(request, here.program_id))


def _texts(here: Here) -> bool:
    """Whether the program sends text messages, without which no number is proven."""
    return here.program.channels.sms is not None


def _typed(request: HttpRequest) -> str:
    return request.POST.get("address", "").replace("\0", "").strip()[:ADDRESS_MAX]


def _shown(request: HttpRequest, here: Here, said: str) -> HttpResponse:
    with room().reading(*here.whose) as tx:
        person = load_person(tx, room().vault, *here.whose) or Person()
        fresh = is_fresh(tx, here.session, here.now)
    say = words(here.locale, "app").gettext
    notices = {
        "sent": say(
            "A code is on its way there. It holds for ten minutes; nothing changes before you gave it."
        ),
        "changed": say("Done. That is how we reach you from now on."),
        "unfit_email": say("That is no e-mail address. Please look at it again."),
        "unfit_phone": say("That is no mobile number. Please type it with its country, such as +49 151 …"),
        "language": say("Please choose a language."),
        "wrong": say("That is not the code, or it is over. After five tries please ask for a new one."),
        "again": say("To change how we reach you, please sign in again first."),
        "same": say("That is how we reach you already."),
        "suppressed": say("Nothing may be sent there: its owner or its mail server told us so."),
        "taken": say("Another member has this address. Please ask the programme's service."),
        "often": say("You asked for this several times already. Please try again tomorrow."),
        "unknown": say("We know too little of you for that, so please ask the programme's service."),
    }
    known = {"email": masked_address(person.email), "phone": masked_phone(person.phone)}
    return app_page(
        request,
        here,
        "contact",
        STATUS.get(said, 200),
        notice=notices.get(said, ""),
        good=said in GOOD,
        known=known,
        field=request.POST.get("field", ""),
        typed=_typed(request) if request.method == "POST" else "",
        asks=said in {"sent", "wrong"},
        fresh=fresh,
        texts=_texts(here),
        languages=[(each, OWN_NAMES[each]) for each in LANGUAGES],
        digits=CODE_DIGITS,
    )
