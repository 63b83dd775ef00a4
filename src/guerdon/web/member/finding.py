"""Finding what a reward buys: the member's part of the catalog, by what they look for.

A reward of money that may not be split buys only what is sold at exactly its worth; once part of it was used,
all that is had for what remains. So the catalog is asked, and each item of a page for a quote, by the rules
that decide the choice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from guerdon.engine.catalog.offered import item_of
from guerdon.program.model import Program
from guerdon.queries.catalog.asked import LEAFED_MOST, Asked, Found, Hit
from guerdon.queries.catalog.asked import Afford as Afforded
from guerdon.queries.catalog.asked import Sort as Order
from guerdon.queries.catalog.keys import list_segments
from guerdon.queries.catalog.search import find_items
from guerdon.queries.catalog.taste import load_taste
from guerdon.rules.choice import is_whole, quote_for
from guerdon.rules.ranking import SOUND, Taste
from guerdon.store.database import Transaction
from guerdon.text.catalogs import words
from guerdon.values.ids import show
from guerdon.values.money import Money
from guerdon.values.texts import text_in
from guerdon.web.member.buyers import Buyer
from guerdon.web.member.pages import CATEGORIES, OTHER_MARK, Visit, spelled
from guerdon.web.member.shelf import Afford, Card, Choosable, Shelf, Sort, Wanted

CARDS_MAX, FIRST_CARDS = 24, 8
# Further than that nobody leafs: the catalog would answer the same again.
PAGES_MAX = LEAFED_MOST // CARDS_MAX
ORDERS: Mapping[Sort, Order] = {
    "best": "fit",
    "price": "price",
    "price_down": "dearest",
    "name": "name",
    "new": "newest",
}

AFFORDED: Mapping[Afford, Afforded] = {"enough": "enough", "almost": "almost"}


@dataclass(frozen=True, slots=True)
class _Offer:
    """Something found, and what it costs."""

    hit: Hit
    price: Money


def find_shelf(
    tx: Transaction, visit: Visit, buyer: Buyer, wanted: Wanted, most: int = CARDS_MAX, *, first: bool = False
) -> Shelf:
    """What there is of what is wanted; `first`: only what can be had at once, for a page that leads on."""
    # What their giver marked and likes is not shown to whoever was given it.
    own = visit.gift is None
    taste = load_taste(tx, visit.program_id, visit.member_id) if own else Taste()
    favorites = taste.marked
    asked = Asked(
        market=buyer.market,
        language=buyer.locale.partition("-")[0],
        now=visit.now,
        text=wanted.text,
        category=wanted.category or None,
        kind=wanted.kind or None,
        unit=buyer.value.unit,
        # What has no price in the unit cannot be had for it.
        price_from=0,
        left=buyer.left,
        afford="enough" if first else AFFORDED.get(wanted.afford),
        segments=list_segments(tx, visit.program_id, visit.member_id),
        favorites_of=visit.member_id if wanted.afford == "favorites" and own else None,
        in_stock=first,
        sort=ORDERS.get(wanted.sort, "fit"),
        page=wanted.page,
        limit=most,
        weights=SOUND.weigh(taste),
    )
    if is_whole(visit.program, buyer.value.unit) and not visit.program.catalog.split:
        return _sold_at_worth(tx, visit.program, buyer, asked, favorites)
    found = find_items(tx, visit.program, asked)
    offers = [
        _Offer(hit, Money(hit.price_minor, buyer.value.unit))
        for hit in found.items
        if hit.price_minor is not None
    ]
    nearly = dict(found.facets["afford"])
    least = None if found.total else _least(tx, visit.program, buyer, asked)
    return Shelf(
        cards=[_card(each, buyer, favorites) for each in offers],
        total=found.total,
        exact=found.exact,
        categories=_categories(visit.program, dict(found.facets["category"]), buyer.locale),
        enough=nearly.get("enough", 0),
        almost=nearly.get("almost", 0),
        favorites=len(favorites),
        meant=found.meant,
        least=least,
        before=wanted.page - 1,
        after=_after(asked, found),
    )


def _sold_at_worth(
    tx: Transaction, program: Program, buyer: Buyer, asked: Asked, favorites: frozenset[int]
) -> Shelf:
    """What is sold at what there is; where part of it was used, what that pays for."""
    left, untouched = buyer.left.amount_minor, buyer.left == buyer.value
    alike = replace(asked, exactly=left) if untouched else replace(asked, price_to=left)
    found = find_items(tx, program, alike)
    return Shelf(
        cards=[_card(each, buyer, favorites) for each in _quoted(program, buyer, found.items)],
        total=found.total,
        exact=found.exact,
        categories=_categories(program, dict(found.facets["category"]), buyer.locale),
        favorites=len(favorites),
        meant=found.meant,
        before=asked.page - 1,
        after=_after(asked, found),
    )


def _after(asked: Asked, found: Found) -> int:
    """The next page; 0 where there is none."""
    return asked.page + 1 if asked.page < PAGES_MAX and asked.page * asked.limit < found.total else 0


def _quoted(program: Program, buyer: Buyer, hits: Sequence[Hit]) -> Iterator[_Offer]:
    for hit in hits:
        item = item_of(program, hit.item, buyer.market)
        quote = quote_for(program, item, buyer.value, buyer.left.amount_minor) if item.markets else None
        if quote is not None:
            yield _Offer(hit, Money(quote.price_minor, buyer.value.unit))


def _least(tx: Transaction, program: Program, buyer: Buyer, asked: Asked) -> Money | None:
    """The least that anything costs, for who finds nothing."""
    plain = Asked(
        asked.market, asked.language, asked.now, unit=asked.unit, price_from=0, sort="price", limit=1
    )
    found = find_items(tx, program, plain)
    prices = [hit.price_minor for hit in found.items if hit.price_minor is not None]
    return Money(prices[0], buyer.value.unit) if prices else None


def _card(offer: _Offer, buyer: Buyer, favorites: frozenset[int]) -> Card:
    item, over = offer.hit.item, offer.price.amount_minor - buyer.left.amount_minor
    several = len(item.denominations) > 1 or item.range is not None
    return Card(
        itm=show("itm", item.id),
        name=item.names,
        brand=item.brand,
        image=item.image,
        price=offer.price,
        several=several and offer.price != buyer.left,
        missing=Money(over, offer.price.unit) if over > 0 else None,
        in_stock=offer.hit.in_stock,
        favorite=item.id in favorites,
        lead_minutes=item.lead_minutes,
    )


def _categories(program: Program, counted: Mapping[str, int], locale: str) -> list[Choosable]:
    return [Choosable(key, *category_named(program, key, locale), count) for key, count in counted.items()]


def category_named(program: Program, key: str, locale: str) -> tuple[str, str]:
    """What a category is called, and its mark: as the program says, or by the words that we have."""
    known = program.catalog.kinds.get(key)
    if known is not None:
        return text_in(known.name, locale), known.icon
    name, icon = CATEGORIES.get(key, ("", OTHER_MARK))
    return (words(locale, "member").gettext(name) if name else spelled(key)), icon
