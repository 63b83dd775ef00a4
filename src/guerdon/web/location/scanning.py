"""Scan: a code by camera, by a scanner that types, or by hand; it is taken once, and leads to its visit.

A camera reads the whole symbol, which says whose it is. Six digits alone do not: beside them stands a number,
an e-mail address or a phone number of the member. All wrong ones are answered alike.
"""

from collections.abc import Mapping

from django.http import HttpResponse

from guerdon.engine.cards.confirming import Taken, take_at
from guerdon.engine.cards.showing import Shown
from guerdon.queries.members import find_members, keep_of_market
from guerdon.text.catalogs import words
from guerdon.values.app.cards import CardText, read_card
from guerdon.values.app.visits import KEY_PURPOSE, Visit, write_visit
from guerdon.values.ids import read
from guerdon.web.location.place import Here, at_location
from guerdon.web.lookups import note_lookup
from guerdon.web.rooms import room

LETTERS_MAX, DIGITS_TYPED_MAX = 200, 20
UNUSABLE, TOO_MANY = 422, 429
# So many may be called the same, of whom one is of the market.
SAME_MAX = 20


@at_location
def scan(here: Here) -> HttpResponse:
    """Show the form, or take a code."""
    if here.desk.request.method != "POST":
        return _shown(here, 200, "", "")
    said = here.desk.request.POST
    code, digits = _typed(said, "code", LETTERS_MAX), _typed(said, "digits", DIGITS_TYPED_MAX)
    who = f"{here.desk.program_id}|{here.desk.actor}"
    if room().wrong_cards.wait(who):
        return _refused(here, "often", code)
    card = read_card(code) or _found(here, code, digits)
    came: Taken = "unknown"
    visit: Visit | None = None
    if card is not None:
        shown = Shown(card.program_id, card.member_id, card.digits, here.place.key)
        with room().reading(here.desk.program_id) as tx:
            came, visit = take_at(tx, room().vault, here.counter, shown, here.desk.now)
    if visit is None:
        room().wrong_cards.wrong(who)
        return _refused(here, came, code)
    address = f"{here.base}/visits/{write_visit(room().vault.key(KEY_PURPOSE), visit)}"
    return HttpResponse(status=303, headers={"Location": address})


def _found(here: Here, typed: str, digits: str) -> CardText | None:
    """The code of whoever is called so; of several nobody, for each wrong try counts for one."""
    if not typed or not digits:
        return None
    own = read("mem", typed)
    if own is not None:
        return CardText(here.desk.program_id, own, digits)
    with room().reading(here.desk.program_id) as tx:
        found = keep_of_market(tx, find_members(tx, room().vault, typed, SAME_MAX), here.place.market)
    note_lookup(here.desk.program_id, here.desk.actor, found)
    return CardText(here.desk.program_id, found[0], digits) if len(found) == 1 else None


def _refused(here: Here, came: Taken, code: str) -> HttpResponse:
    say = words(here.desk.locale, "location").gettext
    wrong = say("This code is not right, or its time is over. Ask for the one that is shown now.")
    problem = {
        "used": say("This code was taken already. Ask for the next one: it turns every 30 seconds."),
        "often": say("There were too many wrong codes. Try again in ten minutes."),
        "elsewhere": say("This member belongs to another location, which confirms their visits."),
    }.get(came, wrong)
    # What a camera read is of no use a second time; who it is stays as it was typed.
    kept = "" if read_card(code) else code
    return _shown(here, TOO_MANY if came == "often" else UNUSABLE, problem, kept)


def _shown(here: Here, status: int, problem: str, code: str) -> HttpResponse:
    answer = here.show("scan", status, problem=problem, code=code)
    # The one page whose reader of codes is WebAssembly, where the browser has none of its own.
    answer._csp_update = {"script-src": ["'wasm-unsafe-eval'"]}  # type: ignore[attr-defined]  # noqa: SLF001
    return answer


def _typed(said: Mapping[str, str], name: str, letters_max: int) -> str:
    return said.get(name, "")[:letters_max].replace("\0", "").strip()
