"""The catalog's items: all of them by what one looks for, and one with everything that is known of it."""

from collections.abc import Mapping
from functools import partial
from typing import get_args

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from guerdon.engine.catalog.hiding import hide_item, show_item
from guerdon.queries.feeds import items
from guerdon.queries.feeds.items import STATES, Sought
from guerdon.store.catalog.hiding import load_hidden
from guerdon.store.catalog.items import (
    MANUAL,
    POOL,
    CatalogItem,
    ItemKind,
    load_items,
    load_offers,
    load_slots,
)
from guerdon.values.ids import read, show
from guerdon.values.texts import LANGUAGES
from guerdon.web.accounts.languages import OWN_NAMES
from guerdon.web.console.catalog import sayings
from guerdon.web.console.desk import Desk, staff_page
from guerdon.web.console.words import Namer

PATH = "catalog"
ROWS_SHOWN = 50
REASON_MAX = 500
LETTERS_MAX = 100
KINDS = get_args(ItemKind)


@staff_page
def catalog(desk: Desk) -> HttpResponse:
    """List the items that are looked for, the most chosen first."""
    with desk.transaction() as tx:
        feeds = items.list_feeds_of_items(tx)
        sought = read_sought(desk, feeds)
        found = items.find_items(tx, sought, ROWS_SHOWN + 1)
    rows, counts = found.rows, found.counts
    last = rows[ROWS_SHOWN - 1] if len(rows) > ROWS_SHOWN else None
    chosen = {
        "q": sought.text,
        "category": sought.category or "",
        "kind": sought.kind or "",
        "feed": sought.feed or "",
        "supplier": sought.supplier or "",
        "state": sought.state or "",
    }
    return desk.show(
        "console/catalog/list.html",
        "catalog",
        rows=rows[:ROWS_SHOWN],
        onward=f"{last.popularity}-{last.id}" if last is not None else None,
        counts=counts,
        states=[state for state in STATES if counts.get(state) or state == sought.state],
        sought=chosen,
        narrowed=bool(desk.cut.market or any(chosen.values())),
        categories=desk.program.catalog.kinds.values(),
        kinds=KINDS,
        feeds=feeds,
        suppliers=[*desk.program.suppliers, POOL, MANUAL],
        sees_feeds=desk.scope.whole,
        **words_of(desk),
    )


@staff_page
def item(desk: Desk, item: str) -> HttpResponse:
    """Show one item, or take it out of members' sight and back."""
    number = read("itm", item)
    if number is None:
        raise Http404
    if desk.request.method != "POST":
        return _shown(desk, number)
    act = {"hide": hide_item, "show": show_item}.get(desk.request.POST.get("act", ""))
    if act is None:
        raise Http404
    if not desk.scope.whole:
        # What is hidden is hidden in all markets.
        raise PermissionDenied
    reason = desk.request.POST.get("reason", "").strip()
    if not reason or "\0" in reason or len(reason) > REASON_MAX:
        return _shown(desk, number, "reason")
    with desk.transaction() as tx:
        if items.find_key(tx, number) is None:
            raise Http404
        done = act(tx, desk.program_id, number, desk.actor, desk.now, reason)
    if not done:
        return _shown(desk, number, "same")
    return HttpResponse(status=303, headers={"Location": desk.address(f"{PATH}/{item}")})


def _shown(desk: Desk, number: int, refused: str = "") -> HttpResponse:
    """All that is known of an item, and how often it was chosen."""
    with desk.transaction() as tx:
        key = items.find_key(tx, number)
        if key is None:
            raise Http404
        hidden = load_hidden(tx, desk.program_id, number)
        found = load_items(tx, desk.program_id, [key])[key]
        offers = load_offers(tx, desk.program_id, [number]).get(number, ())
        slots = load_slots(tx, desk.program_id, [number]).get(number, ())
        codes = items.count_free_codes(tx, key, desk.now)
        chosen = items.count_chosen(tx, number, desk.now) if desk.may("members") else None
    answer = desk.show(
        "console/catalog/item.html",
        "catalog",
        item=found,
        state=_state_of(found, desk, stocked=any(offer.in_stock for offer in offers)),
        offers=offers,
        slots=slots,
        codes=codes,
        chosen=chosen,
        days=items.CHOSEN_DAYS,
        texts=_languages_of(found),
        sees_feeds=desk.scope.whole,
        hidden=hidden,
        writes=desk.may("catalog", "write") and desk.scope.whole,
        refused=sayings.refusal_said(refused, desk.locale),
        **words_of(desk),
    )
    answer.status_code = 422 if refused else 200
    return answer


def words_of(desk: Desk) -> dict[str, object]:
    """What the pages of the catalog say things by."""
    names = Namer(desk.program, desk.locale)
    kinds = desk.program.catalog.kinds
    return {
        "names": names,
        "shown": show,
        "own_names": OWN_NAMES,
        "digits_of": names.digits,
        "category_of": lambda key: kinds[key].name if key in kinds else {"en": key},
        "icon_of": lambda key: kinds[key].icon if key in kinds else "gift",
        "kind_said": partial(sayings.kind_said, locale=desk.locale),
        "delivery_said": partial(sayings.delivery_said, locale=desk.locale),
        "item_state_said": partial(sayings.item_state_said, locale=desk.locale),
        "supplier_said": partial(sayings.supplier_said, locale=desk.locale),
        "need_said": partial(sayings.need_said, locale=desk.locale),
        "order_state_said": partial(sayings.order_state_said, locale=desk.locale),
    }


def read_sought(desk: Desk, feeds: list[str]) -> Sought:
    """What is looked for, as far as there is such a thing; what is none of ours is left out."""
    said = desk.request.GET
    suppliers = {*desk.program.suppliers, POOL, MANUAL}
    return Sought(
        now=desk.now,
        text=" ".join(said.get("q", "").replace("\0", "").split())[:LETTERS_MAX],
        market=desk.cut.market,
        category=_one_of(said.get("category"), desk.program.catalog.kinds),
        kind=_one_of(said.get("kind"), dict.fromkeys(KINDS)),
        feed=_one_of(said.get("feed"), dict.fromkeys(feeds)),
        supplier=_one_of(said.get("supplier"), dict.fromkeys(suppliers)),
        state=next((state for state in STATES if state == said.get("state")), None),
        after=_place(said.get("after", "")),
    )


def _one_of(said: str | None, known: Mapping[str, object]) -> str | None:
    return said if said in known else None


def _place(text: str) -> tuple[int, int] | None:
    """Where a page begins: how often the last item is chosen, and its number."""
    popular, _, number = text.partition("-")
    if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (popular, number)):
        return None
    return int(popular), int(number)


def _state_of(item: CatalogItem, desk: Desk, *, stocked: bool) -> str:
    if item.gone_at is not None:
        return "gone"
    if item.hidden_at is not None:
        return "hidden"
    if item.visible_from is not None and item.visible_from > desk.now:
        return "later"
    if item.visible_to is not None and item.visible_to <= desk.now:
        return "ended"
    return "offered" if stocked else "sold_out"


def _languages_of(item: CatalogItem) -> list[tuple[str, Mapping[str, bool]]]:
    """Which of its texts each language has."""
    texts = {"name": item.names, "about": item.abouts, "terms": item.terms, "use": item.uses}
    return [(language, {part: language in text for part, text in texts.items()}) for language in LANGUAGES]
