"""Handing a list out as a file: who may, how much of it, and that it is told.

Whoever may export, and may open the list's page, takes what lies in both: a location's own is a location's
file. A file has at most so many rows; one that has no more says so in its last line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.http import Http404
from django.http.response import HttpResponseBase

from guerdon.access.narrowing import within_both
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.text.exporting import FORMS, Form, Row
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.exporting.lists import LISTS
from guerdon.web.console.exporting.walking import Listed
from guerdon.web.downloads import File, file_answer
from guerdon.web.lookups import note_export
from guerdon.web.routes import CONSOLE, ROUTES

# A workbook is written whole before its first byte is sent, so it has fewer.
ROWS_MAX: dict[Form, int] = {"csv": 100_000, "xlsx": 20_000}
LETTERS_MAX = 200


@staff_page
def export(desk: Desk, file: str) -> HttpResponseBase:
    """Give a list (`members.csv`, `ledger.xlsx`) as its page's address narrows it."""
    name, _, ending = file.rpartition(".")
    listed, form = LISTS.get(name), next((each for each in FORMS if each == ending), None)
    inner = _within(desk, name)
    if listed is None or form is None or inner is None:
        raise Http404
    terms = desk.request.GET
    narrowed = {key: terms[key][:LETTERS_MAX].replace("\0", "") for key in listed.narrows if terms.get(key)}
    note_export(desk.program_id, desk.actor, name, form, narrowed)
    title = f"{desk.program.key}-{name}-{desk.today.isoformat()}"
    return file_answer(File(title, listed.columns, _bounded(inner, listed, form), desk.now), form)


def _within(desk: Desk, name: str) -> Desk | None:
    """The desk, narrowed to where its reader may both export and open the list's page."""
    row = ROUTES.get(CONSOLE + name)
    seen = desk.rights.reads(row) if row else None
    if seen is None:
        return None
    markets = {key: location.market for key, location in desk.program.locations.items()}
    scope = within_both(desk.scope, seen, markets)
    return None if scope is None else replace(desk, scope=scope)


def _bounded(desk: Desk, listed: Listed, form: Form) -> Iterator[Sequence[Row]]:
    left = ROWS_MAX[form]
    for page in listed.pages(desk):
        if len(page) > left:
            say = words(desk.locale, "console").gettext
            most = formats.number(ROWS_MAX[form], desk.locale)
            told = say("These are the first %(n)s rows. Narrow the list for the others.") % {"n": most}
            yield [*page[:left], (told,)]
            return
        left -= len(page)
        yield page
