"""What there is to choose, as integrators look for it and show it."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from guerdon.engine.catalog.offered import is_offered
from guerdon.queries.catalog.asked import LEAFED_MOST, Asked, Found, Hit
from guerdon.queries.catalog.keys import find_item_key
from guerdon.queries.catalog.search import find_items
from guerdon.store.catalog.items import load_items
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.money import Money
from guerdon.values.texts import text_in
from guerdon.web.api.answers import reading, reads, told
from guerdon.web.api.callers import Caller, caller_of
from guerdon.web.api.ids import cursor_of_number, number_after, number_of
from guerdon.web.api.problems import WrongField, missing, wrong
from guerdon.web.api.shapes import catalog as shapes

router = Router(tags=["catalog"])
ItemPath = Annotated[shapes.ItemId, Path(...)]
PAGES_MOST = 1_000


@router.get("/catalog/items", response=reads(shapes.FoundItems, 404), operation_id="find_items")
def find(request: HttpRequest, which: Annotated[shapes.WhichItems, Query(...)]) -> HttpResponse:
    """Look for items of a market, with counts by all that one may filter by."""
    caller = caller_of(request)
    if which.market not in _markets(caller):
        raise missing()
    if which.unit is None and (which.left is not None or which.afford is not None):
        raise wrong([WrongField(detail="say the unit of `left`", parameter="unit")])
    if which.left is None and which.afford is not None:
        raise wrong([WrongField(detail="say what is left", parameter="left")])
    page = min(max(number_after(which.after) or 1, 1), PAGES_MOST)
    asked = Asked(
        market=which.market,
        language=which.language,
        now=utc_now(),
        text=which.q or "",
        category=which.category,
        kind=which.kind,
        brand=which.brand,
        delivery=which.delivery,
        unit=which.unit,
        price_from=which.price_from,
        price_to=which.price_to,
        left=Money(which.left, which.unit) if which.left is not None and which.unit is not None else None,
        afford=which.afford,
        segments=[] if which.segment is None else [which.segment],
        in_stock=which.stock == "in_stock",
        sort=which.sort,
        page=page,
        limit=which.limit,
    )
    with reading(request) as tx:
        found = find_items(tx, caller.program, asked)
    # From there on every page would be the same.
    deep = page >= PAGES_MOST or page * which.limit > LEAFED_MOST
    more = page * which.limit < found.total and not deep
    return told(
        shapes.FoundItems(
            items=[_found(hit, which.language) for hit in found.items],
            total=found.total,
            exact=found.exact,
            meant=found.meant,
            facets=_facets(found),
            next=cursor_of_number(page + 1) if more else None,
        )
    )


@router.get("/catalog/items/{item}", response=reads(shapes.CatalogItem, 404), operation_id="get_item")
def get(request: HttpRequest, item: ItemPath) -> HttpResponse:
    """Show an item that is in the catalog, with its texts in all languages."""
    caller = caller_of(request)
    with reading(request) as tx:
        key = find_item_key(tx, caller.program_id, number_of("itm", item))
        found = load_items(tx, caller.program_id, [key]).get(key) if key is not None else None
    if found is None or not found.is_visible(utc_now()):
        raise missing()
    if not any(is_offered(caller.program, found, market) for market in _markets(caller)):
        raise missing()
    return told(
        shapes.CatalogItem(
            id=show("itm", found.id),
            key=found.key,
            names=dict(found.names),
            abouts=dict(found.abouts),
            terms=dict(found.terms),
            uses=dict(found.uses),
            brand=found.brand,
            category=found.category,
            kind=found.kind,
            delivery=found.delivery,
            lead_minutes=found.lead_minutes,
            markets=list(found.markets),
            currency=found.currency,
            denominations=list(found.denominations),
            range=_range(found.range),
            prices=dict(found.prices),
            segments=list(found.segments),
            visible_from=found.visible_from,
            visible_to=found.visible_to,
            image=_image(found.image),
        )
    )


def _markets(caller: Caller) -> frozenset[str]:
    """The markets that a key may look at: all, or that of its place."""
    place = caller.place
    if not place.markets and not place.locations:
        return frozenset(caller.program.markets)
    known = (caller.program.locations.get(key) for key in place.locations)
    return frozenset({*place.markets, *(location.market for location in known if location is not None)})


def _found(hit: Hit, language: str) -> shapes.FoundItem:
    item = hit.item
    return shapes.FoundItem(
        id=show("itm", item.id),
        key=item.key,
        name=text_in(item.names, language),
        brand=item.brand,
        category=item.category,
        kind=item.kind,
        delivery=item.delivery,
        lead_minutes=item.lead_minutes,
        currency=item.currency,
        denominations=list(item.denominations),
        range=_range(item.range),
        price=hit.price_minor,
        afford=hit.afford,
        in_stock=hit.in_stock,
        image=_image(item.image),
    )


def _facets(found: Found) -> shapes.Facets:
    counted = {
        name: [shapes.Counted(value=value, items=count) for value, count in values]
        for name, values in found.facets.items()
    }
    return shapes.Facets(**counted)


def _range(said: tuple[int, int, int] | None) -> shapes.Range | None:
    return None if said is None else shapes.Range(min=said[0], max=said[1], step=said[2])


def _image(picture: str | None) -> str | None:
    return None if picture is None else f"/images/{picture}"
