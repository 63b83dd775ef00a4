"""Feeds: what each brought and what waits; one with its readings; and a feed that is sent by a form."""

from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.store.catalog.feeds import list_feeds, list_syncs
from guerdon.store.catalog.items import MANUAL, POOL, PROGRAM_FEED
from guerdon.values.ids import show
from guerdon.web.console.catalog import sayings
from guerdon.web.console.catalog.accounts import ask_now, pulls_of
from guerdon.web.console.catalog.sending import FEED_BYTES_MAX, Typed, read_sent, typed
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.versions.sayings import names_of

PATH = "catalog/feeds"
SYNCS_SHOWN = 50


@staff_page
def feeds(desk: Desk) -> HttpResponse:
    """List all feeds, or read one that is sent."""
    if desk.request.method != "POST":
        return _listed(desk)
    act = desk.request.POST.get("act")
    if act not in ("read", "pull"):
        raise Http404
    if not desk.scope.whole:
        # Whoever looks after one market does not change everybody's catalog.
        raise PermissionDenied
    if act == "pull":
        refused = ask_now(desk)
        there = HttpResponse(status=303, headers={"Location": desk.address(PATH)})
        return _listed(desk, refused) if refused else there
    done = read_sent(desk)
    if isinstance(done, str):
        return _listed(desk, done)
    found = desk.address(f"catalog/syncs/{show('syn', done.id)}")
    return HttpResponse(status=303, headers={"Location": found})


@staff_page
def feed(desk: Desk, feed: str) -> HttpResponse:
    """Show one feed and its readings, the newest first."""
    if not desk.scope.whole:
        raise Http404
    with desk.transaction() as tx:
        found = next((each for each in list_feeds(tx, desk.program_id) if each.key == feed), None)
        if found is None:
            raise Http404
        syncs = list_syncs(tx, desk.program_id, feed, SYNCS_SHOWN)
        pulls = [each for each in pulls_of(desk, tx) if each.account == feed]
        who = names_of(tx, [name for sync in syncs for name in (sync.by, sync.settled_by)])
    return desk.show(
        "console/catalog/feed.html",
        "catalog",
        feed=found,
        syncs=syncs,
        who=who,
        pulls=pulls,
        own=feed == PROGRAM_FEED,
        **words_of(desk),
    )


def words_of(desk: Desk) -> dict[str, object]:
    """What the pages of feeds say things by."""
    return {
        "shown": show,
        "now": desk.now,
        "writes": desk.may("catalog", "write") and desk.scope.whole,
        "state_said": partial(sayings.sync_state_said, locale=desk.locale),
        "kind_said": partial(sayings.sync_kind_said, locale=desk.locale),
        "what_said": partial(sayings.what_said, locale=desk.locale),
        "wrong_said": partial(sayings.wrong_said, locale=desk.locale),
        "picture_said": partial(sayings.picture_said, locale=desk.locale),
        "fault_said": partial(sayings.fault_said, locale=desk.locale),
        "waits_said": partial(sayings.waits_said, locale=desk.locale),
        "supplier_said": partial(sayings.supplier_said, locale=desk.locale),
        "hindrance_said": partial(sayings.hindrance_said, locale=desk.locale),
    }


def _listed(desk: Desk, refused: str = "") -> HttpResponse:
    with desk.transaction() as tx:
        found = list_feeds(tx, desk.program_id)
        pulls = pulls_of(desk, tx)
        latest = {each.key: next(iter(list_syncs(tx, desk.program_id, each.key, 1)), None) for each in found}
    answer = desk.show(
        "console/catalog/feeds.html",
        "catalog",
        feeds=[(each, latest[each.key]) for each in found],
        pulls=pulls,
        suppliers=[*desk.program.suppliers, POOL, MANUAL],
        program_feed=PROGRAM_FEED,
        whole=desk.scope.whole,
        upload_mb=FEED_BYTES_MAX >> 20,
        typed=typed(desk) if refused else Typed(),
        refused=sayings.refusal_said(refused, desk.locale),
        **words_of(desk),
    )
    answer.status_code = 422 if refused else 200
    return answer
