"""A reading of a feed: what it would change, row by row, and somebody's word over it."""

from collections.abc import Callable, Mapping, Sequence

from django.http import Http404, HttpResponse

from guerdon.engine.catalog.applying import NotSettled, accept_sync, drop_sync
from guerdon.store.catalog.feeds import SyncRow, load_sync
from guerdon.store.catalog.items import CatalogItem, load_items, load_offers, load_slots
from guerdon.store.catalog.pictures import list_missing_pictures
from guerdon.store.catalog.staged import StagedRow, What, list_staged
from guerdon.store.database import Transaction
from guerdon.values.ids import read
from guerdon.web.console.catalog import items, sayings
from guerdon.web.console.catalog.differences import Comparing, Difference, Standing
from guerdon.web.console.catalog.feeds import words_of
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.versions.sayings import names_of
from guerdon.web.console.words import Namer

ROWS_SHOWN = 50
PICTURES_SHOWN = 50
REASON_MAX = 500
WHATS: tuple[What, ...] = ("new", "changed", "gone", "wrong")


@staff_page
def sync(desk: Desk, sync: str) -> HttpResponse:
    """Show what a reading would change, or take somebody's word over it."""
    found = _found(desk, sync)
    if desk.request.method != "POST":
        return _shown(desk, found)
    act = _ACTS.get(desk.request.POST.get("act", ""))
    if act is None:
        raise Http404
    refused = act(desk, found)
    if refused:
        return _shown(desk, _found(desk, sync), refused)
    return HttpResponse(status=303, headers={"Location": desk.address(f"catalog/syncs/{sync}")})


def _accept(desk: Desk, found: SyncRow) -> str:
    with desk.transaction() as tx:
        done = accept_sync(tx, desk.program_id, found.id, desk.actor, desk.now)
    return done.why if isinstance(done, NotSettled) else ""


def _drop(desk: Desk, found: SyncRow) -> str:
    reason = desk.request.POST.get("reason", "").strip()
    if not reason or "\0" in reason or len(reason) > REASON_MAX:
        return "reason"
    with desk.transaction() as tx:
        done = drop_sync(tx, desk.program_id, found.id, desk.actor, desk.now, reason)
    return done.why if isinstance(done, NotSettled) else ""


_ACTS: dict[str, Callable[[Desk, SyncRow], str]] = {"accept": _accept, "drop": _drop}


def _found(desk: Desk, sync: str) -> SyncRow:
    number = read("syn", sync)
    # Whoever looks after a part of the program finds nothing of this here.
    if number is None or not desk.scope.whole:
        raise Http404
    with desk.transaction() as tx:
        found = load_sync(tx, desk.program_id, number)
    if found is None:
        raise Http404
    return found


def _shown(desk: Desk, found: SyncRow, refused: str = "") -> HttpResponse:
    counts = {what: getattr(found.counts, what) for what in WHATS}
    first: What | None = next((what for what in reversed(WHATS) if counts[what]), None)
    said = desk.request.GET.get("what")
    what: What | None = next((each for each in WHATS if each == said), first)
    after = desk.request.GET.get("after", "")
    begin = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else 0
    with desk.transaction() as tx:
        rows = list_staged(tx, desk.program_id, found.id, what, begin, ROWS_SHOWN + 1)
        known = load_items(tx, desk.program_id, {str(row.row.get("key", "")) for row in rows})
        compared = _compared(desk, tx, rows[:ROWS_SHOWN], known) if what == "changed" else {}
        missing = found.counts.pictures_failed > 0
        pictures = list_missing_pictures(tx, desk.program_id, found.feed, PICTURES_SHOWN) if missing else []
        who = names_of(tx, [found.by, found.settled_by])
    answer = desk.show(
        "console/catalog/sync.html",
        "catalog",
        sync=found,
        counts=counts,
        what=what,
        rows=rows[:ROWS_SHOWN],
        onward=rows[ROWS_SHOWN - 1].line if len(rows) > ROWS_SHOWN else None,
        known=known,
        compared=compared,
        pictures=pictures,
        who=who,
        refused=sayings.refusal_said(refused, desk.locale),
        **{**items.words_of(desk), **words_of(desk)},
    )
    answer.status_code = 422 if refused else 200
    return answer


def _compared(
    desk: Desk, tx: Transaction, rows: Sequence[StagedRow], known: Mapping[str, CatalogItem]
) -> dict[int, list[Difference]]:
    """What each row would change, by its line."""
    numbers = [each.id for each in known.values()]
    offers = load_offers(tx, desk.program_id, numbers)
    slots = load_slots(tx, desk.program_id, numbers)
    comparing = Comparing(Namer(desk.program, desk.locale), desk.program.time_zone)
    found = {}
    for row in rows:
        item = known.get(str(row.row.get("key", "")))
        if item is not None:
            standing = Standing(item, offers.get(item.id, ()), slots.get(item.id, ()))
            found[row.line] = comparing.differences(standing, row.row)
    return found
