"""My data: what we hold of a member, taken away as a file, and deleted after a code by e-mail.

Nobody is erased by a tap alone: a code goes to the member's address, and the worker does what it confirms.
"""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from guerdon.engine.privacy.erasing import WAITS_AT_MOST, Asking, ask_erasure
from guerdon.engine.privacy.exporting import Person, export_person
from guerdon.engine.sessions.signing_in import Asking as AskingCode
from guerdon.engine.sessions.signing_in import check_code, send_code
from guerdon.store.messages.inapp import load_generations
from guerdon.store.privacy.erasures import find_erasure
from guerdon.text.catalogs import words
from guerdon.values.ids import show
from guerdon.values.proofs import CODE_DIGITS
from guerdon.web.member.app.sign_in import CODE_MAX, browser_mark, keep_asking, know_asking
from guerdon.web.member.contact.opening import choices_of
from guerdon.web.member.entering import Here, app_page, signed_in
from guerdon.web.rooms import room

JSON = "application/json"
# What a form came to, and the answer's status.
STATUS: Mapping[str, int] = {"wrong": 403, "often": 429, "no_address": 409}
REASON = "asked for in the app"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def own_data(request: HttpRequest, here: Here) -> HttpResponse:
    """Show what we hold; hand it over; mail the code that deletes it, and take that."""
    if request.method != "POST":
        return _shown(request, here, "")
    act = request.POST.get("act", "")
    if act == "download":
        return _download(request, here)
    if act not in {"code", "erase"}:
        return _shown(request, here, "")
    know_asking(request)
    said = _send(request, here) if act == "code" else _erase(request, here)
    return keep_asking(request, _shown(request, here, said))


def _download(request: HttpRequest, here: Here) -> HttpResponse:
    who = f"exports:{here.program_id}:{here.member_id}"
    if room().own_exports.wait(who):
        return _shown(request, here, "often")
    room().own_exports.wrong(who)
    person = Person(*here.whose, room().vault, show("mem", here.member_id), REASON, language=here.language)
    # One person's rows are few: handed over whole, so no connection waits for a slow reader.
    with room().connections.lent() as db:
        written = b"".join(export_person(db, person, here.now))
    name = f"{show('mem', here.member_id)}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(written, content_type=JSON, headers=headers)


def _send(request: HttpRequest, here: Here) -> str:
    with room().reading(here.program_id) as tx:
        return send_code(tx, _asking(request, here), here.now)


def _erase(request: HttpRequest, here: Here) -> str:
    said = request.POST.get("code", "")[:CODE_MAX]
    who = show("mem", here.member_id)
    with room().reading(here.program_id) as tx:
        if not check_code(tx, room().vault, _asking(request, here), said, here.now):
            return "wrong"
        ask_erasure(tx, here.program_id, Asking(here.member_id, "member", who, REASON, here.now))
    return "asked"


def _asking(request: HttpRequest, here: Here) -> AskingCode:
    return AskingCode(*here.whose, "erase", browser_mark(request, here.program_id))


def _shown(request: HttpRequest, here: Here, said: str) -> HttpResponse:
    with room().reading(here.program_id) as tx:
        stands = find_erasure(tx, *here.whose)
        generation = load_generations(tx, here.program_id, [here.member_id])[here.member_id]
    say = words(here.locale, "app").gettext
    notices = {
        "sent": say("A code is on its way to your e-mail address. It holds for ten minutes."),
        "wrong": say("That is not the code, or it is over. After five tries please ask for a new one."),
        "often": say("You asked for this several times already. Please try again tomorrow."),
        "no_address": say("We have no e-mail address of yours, so please ask the programme's service."),
        "asked": say("We delete your data. You are signed out once it is done."),
    }
    return app_page(
        request,
        here,
        "own_data",
        STATUS.get(said, 200),
        notice=notices.get(said, ""),
        good=said in {"sent", "asked"},
        asks=said in {"sent", "wrong"},
        waits=stands is not None and stands.done_at is None,
        waits_for_order=stands is not None and stands.done_at is None and stands.under_way > 0,
        days=WAITS_AT_MOST.days,
        digits=CODE_DIGITS,
        choices=choices_of(here.program_id, here.member_id, generation),
    )
