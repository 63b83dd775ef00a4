"""What somebody asks to hear of, as far as it is theirs to see: a view, a cut, one thing or a list of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

from django.http import HttpRequest, QueryDict

from guerdon.access.grants import WHOLE_PROGRAM, Scope
from guerdon.queries.overview import Cut
from guerdon.store.imports.runs import find_import
from guerdon.store.messages.broadcasts.standing import find_broadcast
from guerdon.store.versions.replays import find_replay
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show
from guerdon.web.console.arriving import lists
from guerdon.web.console.decisions.news import Open
from guerdon.web.console.decisions.requests import is_seen
from guerdon.web.console.desk import Desk, read_cut
from guerdon.web.console.places import Mark, read_mark
from guerdon.web.console.referrals.standing import VIEW as REFERRALS
from guerdon.web.console.referrals.standing import read_state
from guerdon.web.console.regions import VIEWS
from guerdon.web.console.segments.standing import VIEW as SEGMENT
from guerdon.web.refusals import ACCESS, note_refusal
from guerdon.web.rights import Rights, load_rights
from guerdon.web.rooms import room
from guerdon.web.routes import CONSOLE, ROUTES, Row

# The page that a view or a list belongs to, where it is called otherwise.
PAGES = {
    "decision": "decisions",
    "replay": "program/replays",
    "segment": "segments/<slug:segment>",
    "broadcast": "broadcasts",
    "import": "imports",
    "member": "members/<slug:member>",
}
# What a view is about that shows one thing: of what kind its number is.
ABOUT = {"decision": "apr", "replay": "rpl", "broadcast": "brc", "import": "imp"}
DIGITS_MAX, LETTERS_MAX = 19, 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a viewer looks at."""

    program_id: int
    view: str
    cut: Cut
    scope: Scope = WHOLE_PROGRAM
    # Of the one thing that is open: its number, and the last row of the audit that the page knows.
    opened: Open | None = None
    # The one segment or the list that is open, or the state of the pairs that are.
    named: str = ""
    # What narrows a list; and whose it is, where it differs by who looks.
    terms: str = ""
    own: str = ""
    # Who asked first: where nothing differs by who looks, all look at what that one is shown.
    login: str = field(default="", compare=False)


def read_wanted(key: str, query: str, login: str) -> tuple[Wanted, Mark] | None:
    """What is asked for of a program, as far as it is the asker's to see, and the newest row they have."""
    terms = {name: values[-1] for name, values in parse_qs(query, max_num_fields=50).items()}
    view = terms.get("view", "overview")
    found = room().program_by_key(key)
    if found is None or view not in VIEWS:
        return None
    opened = _opened(terms, ABOUT[view]) if view in ABOUT else None
    mark = read_mark(terms.get("mark", "")) if view == lists.VIEW else ()
    if (view in ABOUT and opened is None) or mark is None:
        return None
    named = _named(view, terms)
    if view == SEGMENT and named not in found[1].segments:
        return None
    if view == lists.VIEW and named not in lists.LISTS:
        return None
    scope = allowed(found[0], login, (named if view == lists.VIEW else view, opened), noted=True)
    if scope is None:
        return None
    own = login if view == lists.VIEW and named in lists.OWN else ""
    narrowed = _narrowed(terms) if view == lists.VIEW else ""
    cut = read_cut(terms, found[1])
    return Wanted(found[0], view, cut, scope, opened, named, narrowed, own, login), mark


def _named(view: str, terms: Mapping[str, str]) -> str:
    if view == lists.VIEW:
        return terms.get("list", "")
    if view == REFERRALS:
        return read_state(terms.get("about", "")) or ""
    return terms.get("about", "") if view == SEGMENT else ""


def _narrowed(terms: Mapping[str, str]) -> str:
    """The filters of a list in one spelling, as its page has them in its address."""
    given = {
        ("view" if name == "show" else name): said[:LETTERS_MAX]
        for name, said in terms.items()
        if name != "view"
    }
    return urlencode(sorted((name, said) for name, said in given.items() if name not in {"mark", "list"}))


def _opened(terms: Mapping[str, str], kind: str) -> Open | None:
    number, after = read(kind, terms.get("about", "")), terms.get("after", "")
    known = after.isascii() and after.isdecimal() and len(after) < DIGITS_MAX
    return (number, int(after)) if number is not None and known else None


def allowed(
    program_id: int, login: str, looked_at: tuple[str, Open | None], *, noted: bool = False
) -> Scope | None:
    """The part in which somebody may look at a view or a list; `noted`: that they may not is told."""
    view, opened = looked_at
    rights = load_rights(program_id, login, utc_now())
    # A view that has a page of its own asks for what that page asks for.
    row = _row_of(view)
    found = rights.reads(row) if rights else None
    if rights and found and opened and not _is_seen(rights, found, view, opened[0]):
        return None
    if rights and found is None and noted:
        actor, where = show("per", rights.person.person_id), CONSOLE + "stream"
        note_refusal(program_id, actor, ACCESS, row.area or view, power=row.read, address=where, method="GET")
    return found


def _row_of(view: str) -> Row:
    return ROUTES.get(CONSOLE + PAGES.get(view, view), ROUTES[CONSOLE + "stream"])


def _is_seen(rights: Rights, scope: Scope, view: str, number: int) -> bool:
    """Whether there is what a page is about, and its reader may see it."""
    program_id = rights.program_id
    if view == "decision":
        return is_seen(rights, room().program(program_id), scope, number)
    with room().reading(program_id, scope=scope) as tx:
        if view == "broadcast":
            return find_broadcast(tx, program_id, number) is not None
        if view == "import":
            return find_import(tx, program_id, number) is not None
        return find_replay(tx, program_id, number) is not None


def desk_of(wanted: Wanted) -> Desk | None:
    """A desk that looks at a list as its page does; None once whoever asked is nobody here any more."""
    now = utc_now()
    rights = load_rights(wanted.program_id, wanted.login, now)
    if rights is None:
        return None
    request = HttpRequest()
    request.method, request.GET = "GET", QueryDict(wanted.terms)
    program = room().program(wanted.program_id)
    return Desk(request, wanted.program_id, program, wanted.cut, "en", now, rights, wanted.scope)
