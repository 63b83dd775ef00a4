"""Keeping a view of a list, and taking it away: a name for what is looked at, for its reader alone."""

from django.http import Http404, HttpResponse

from guerdon.store.access.views import list_all_views, remove_view, save_view
from guerdon.values.ids import read
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.frame.menu import menu_of
from guerdon.web.console.frame.views import LISTS, shown_views, terms_of

NAME_MAX, TERMS_MAX = 60, 1_000


@staff_page
def views(desk: Desk) -> HttpResponse:
    """Show all that the reader keeps; keep what is looked at under a name, or take a view away."""
    if desk.request.method != "POST":
        return _all(desk)
    said = desk.request.POST
    page = said.get("page", "")
    if page not in LISTS or not desk.rights.opens(page):
        raise Http404
    # Too many fields, or one that is none, are no filters of ours.
    try:
        terms = terms_of(page, said.get("terms", "")[: 4 * TERMS_MAX])
    except ValueError:
        raise Http404 from None
    back = f"/console/{desk.program.key}/{page}{'?' if terms else ''}{terms}"
    if said.get("act") == "remove":
        number = read("viw", said.get("view", ""))
        if number is None:
            raise Http404
        with desk.transaction() as tx:
            remove_view(tx, desk.program_id, desk.person.person_id, number)
        return HttpResponse(status=303, headers={"Location": back})
    name = " ".join(said.get("name", "").split())
    if said.get("act") != "save" or len(terms) > TERMS_MAX:
        raise Http404
    whose = (desk.program_id, desk.person.person_id)
    kept = False
    if 0 < len(name) <= NAME_MAX and name.isprintable():
        with desk.transaction() as tx:
            kept = save_view(tx, whose, page, (name, terms), desk.now)
    if kept:
        return HttpResponse(status=303, headers={"Location": back})
    return _all(desk, back, name)


def _all(desk: Desk, back: str = "", refused: str = "") -> HttpResponse:
    """All that the reader keeps, of lists that they may still open; `back`: from where nothing was kept."""
    with desk.transaction() as tx:
        kept = list_all_views(tx, desk.program_id, desk.person.person_id)
    titles = {entry.path: entry.text for entry in menu_of(desk.rights.opens, desk.locale)}
    root = f"/console/{desk.program.key}/"
    found = [
        (titles[page], page, each)
        for page, view in kept
        if page in LISTS and page in titles
        for each in shown_views(root + page, page, "", [view])
    ]
    return desk.show(
        "console/views.html", "views", status=422 if back else 200, kept=found, back=back, refused=refused
    )
