"""The page of keys for the API: which there are, another, whose secret is shown once, and the end of one."""

from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.api_keys import keep_key, new_key
from guerdon.queries.api.keys import KeyRow, list_keys
from guerdon.store.access.api_keys import KEY_ID_LENGTH_MAX, revoke_api_key
from guerdon.store.audit import record_audit
from guerdon.web.console.decisions.forms import LOCATIONS_SHOWN
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.keys.asking import DAYS, NAME_MAX, SOURCE_MAX, read_wanted
from guerdon.web.console.keys.granting import grantable
from guerdon.web.console.keys.sayings import refusal_said, scope_said, state_said
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.console.words import Namer

PATH = "keys"
KEYS_SHOWN = 200
REVOKED = "key.revoked"


@staff_page
def keys(desk: Desk) -> HttpResponse:
    """Show all keys, make one, or end one."""
    if desk.request.method != "POST":
        return _shown(desk)
    if not desk.scope.whole:
        raise PermissionDenied
    act = desk.request.POST.get("act")
    if act == "make":
        return _made(desk)
    if act == "end":
        return _ended(desk)
    raise Http404


def _made(desk: Desk) -> HttpResponse:
    wanted = read_wanted(desk)
    if isinstance(wanted, str):
        return _shown(desk, refused=wanted)
    key, text = new_key(wanted, desk.now)
    with desk.transaction() as tx:
        keep_key(tx, desk.program_id, key, desk.actor, desk.now)
    return _shown(desk, secret=text)


def _ended(desk: Desk) -> HttpResponse:
    key_id = desk.request.POST.get("key", "")
    if len(key_id) > KEY_ID_LENGTH_MAX or not (key_id.isascii() and key_id.isalnum()):
        raise Http404
    with desk.transaction() as tx:
        if not revoke_api_key(tx, desk.program_id, key_id, desk.now):
            raise Http404
        record_audit(tx, desk.program_id, desk.actor, REVOKED, key_id, desk.now)
    return HttpResponse(status=303, headers={"Location": desk.address(PATH)})


def _shown(desk: Desk, *, refused: str = "", secret: str = "") -> HttpResponse:
    found: list[KeyRow] = []
    who: dict[str, str] = {}
    if desk.scope.whole:
        with desk.transaction() as tx:
            found = list_keys(tx, KEYS_SHOWN)
            who = names_of(tx, [each.made_by for each in found])
    form = desk.request.POST
    answer = desk.show(
        "console/keys/page.html",
        "keys",
        names=Namer(desk.program, desk.locale),
        keys=[(each, each.state(desk.now)) for each in found],
        opening=sum(each.state(desk.now) == "open" for each in found),
        who=who,
        part=not desk.scope.whole,
        secret=secret,
        refused=refusal_said(refused, desk.locale) if refused else "",
        typed=form if refused else {},
        chosen=form.getlist("scope") if refused else [],
        scopes=grantable(desk.rights),
        days=DAYS,
        locations=list(desk.program.locations.values())[:LOCATIONS_SHOWN],
        name_max=NAME_MAX,
        source_max=SOURCE_MAX,
        scope_said=partial(scope_said, locale=desk.locale),
        state_said=partial(state_said, locale=desk.locale),
        writes=desk.may("setup", "write") and desk.scope.whole,
    )
    answer.status_code = 422 if refused else 200
    answer.headers["Cache-Control"] = "no-store"
    return answer
