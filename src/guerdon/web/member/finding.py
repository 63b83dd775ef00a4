"""Finding what a reward buys: the member's part of the catalog, by what they look for.

A reward of money that may not be split buys only what is sold at exactly its worth; once part of it was used,
all that is had for what remains. So the catalog is asked, and each item of a page for a quote, by the rules
that decide the choice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from guerdon.engine.catalog.offered import item_of
from guerdon.program.brand.naming import words_for_units
from guerdon.program.model import Program
from guerdon.queries.catalog.asked import LEAFED_MOST, Asked, Found, Hit, band_name, pricing_of
from guerdon.queries.catalog.asked import Afford as Afforded
from guerdon.queries.catalog.asked import Sort as Order
from guerdon.queries.catalog.keys import list_segments
from guerdon.queries.catalog.search import find_items
from guerdon.queries.catalog.taste import load_taste
from guerdon.rules.choice.prices import is_whole, quote_for
from guerdon.rules.ranking import SOUND, Taste
from guerdon.store.database import Transaction
from guerdon.text.catalogs import words
from guerdon.text.formats import money
from guerdon.text.kinds import KINDS, kind_names
from guerdon.text.units.words import naming_units
from guerdon.values.ids import show
from guerdon.values.money import Money
from guerdon.values.texts import text_in
from guerdon.web.member.buyers import Buyer
from guerdon.web.member.pages import CATEGORIES, OTHER_MARK, Visit, spelled
from guerdon.web.member.shelf import Afford, Card, Choosable, Filter, Shelf, Sort, Wanted

CARDS_MAX, FIRST_CARDS = 24, 8
# Further than that nobody leafs: the catalog would answer the same again.
PAGES_MAX = LEAFED_MOST // CARDS_MAX
ORDERS: Mapping[Sort, Order] = {
    "best": "fit",
    "price": "price",
    "price_down": "dearest",
    "new": "newest",
    "soonest": "soonest",
    "name": "name",
}
# Orders that mean nothing where all costs the same.
BY_PRICE: frozenset[Sort] = frozenset({"price", "price_down"})

AFFORDED: Mapping[Afford, Afforded] = {"enough": "enough", "almost": "almost"}
FILTERS: Mapping[str, str] = {"kind": "Kind", "brand": "Brand", "delivery": "How it comes", "price": "Price"}
AFFORDS: Mapping[str, str] = {
    "enough": "Enough for this",
    "almost": "Almost enough",
    "favorites": "Favorites",
}
DELIVERIES: Mapping[str, str] = {
    "code": "By a code",
    "link": "By a link",
    "physical": "Sent to you",
    "donation": "Passed on for you",
    "place": "At a place",
    "account": "To your account",
}
# Whoever looks for another brand types its name.
BRANDS_MOST = 12


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
    own, program = visit.gift is None, visit.program
    taste = load_taste(tx, visit.program_id, visit.member_id) if own else Taste()
    favorites = taste.marked
    asked = Asked(
        market=buyer.market,
        language=buyer.locale.partition("-")[0],
        now=visit.now,
        text=wanted.text,
        category=wanted.category or None,
        kind=wanted.kind or None,
        brand=wanted.brand or None,
        delivery=wanted.delivery or None,
        unit=buyer.value.unit,
        # What has no price in the unit cannot be had for it.
        price_from=wanted.bounds[0],
        price_to=wanted.bounds[1],
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
    at_worth = _is_at_worth(program, buyer)
    found = find_items(tx, program, _at_worth(buyer, asked) if at_worth else asked)
    offers = _quoted(program, buyer, found.items) if at_worth else _priced(buyer, found.items)
    nearly = {} if at_worth else {"enough": 0, "almost": 0, **dict(found.facets["afford"])}
    return Shelf(
        cards=[_card(each, buyer, favorites) for each in offers],
        total=found.total,
        exact=found.exact,
        counted=found.exact and not first,
        categories=_values(program, buyer, "category", found),
        filters=_filters(program, buyer, wanted, found),
        chosen=[(name, key, _named(program, buyer, name, key)[0]) for name, key in wanted.narrowed.items()],
        enough=nearly.get("enough"),
        almost=nearly.get("almost"),
        favorites=bool(favorites),
        meant=found.meant,
        least=None if at_worth or found.total else _least(tx, program, buyer, asked),
        before=wanted.page - 1,
        after=_after(asked, found),
    )


def bands_of(program: Program, buyer: Buyer) -> list[str]:
    """The bands of prices one may narrow by, the cheapest first; none where all costs the same."""
    if _is_at_worth(program, buyer) and buyer.left == buyer.value:
        return []
    edges = pricing_of(program, buyer.value.unit).edges
    return [band_name(edges, band) for band in range(len(edges) + 1)]


def without_unknown(visit: Visit, buyer: Buyer, wanted: Wanted) -> Wanted:
    """What is wanted, without what an address says that means nothing here."""
    bands, afford = bands_of(visit.program, buyer), wanted.afford
    # All that is sold at what there is is enough; whoever was given a reward has marked nothing.
    if afford in AFFORDED and _is_at_worth(visit.program, buyer):
        afford = ""
    if afford == "favorites" and visit.gift is not None:
        afford = ""
    return replace(
        wanted,
        kind=wanted.kind if wanted.kind in KINDS else "",
        delivery=wanted.delivery if wanted.delivery in DELIVERIES else "",
        price=wanted.price if wanted.price in bands else "",
        afford=afford,
        sort=wanted.sort if bands or wanted.sort not in BY_PRICE else "best",
    )


def _is_at_worth(program: Program, buyer: Buyer) -> bool:
    """Whether it buys only what is sold at what there is."""
    return is_whole(program, buyer.value.unit) and not program.catalog.split


def _at_worth(buyer: Buyer, asked: Asked) -> Asked:
    """The question for what is sold at what there is; where part of it was used, for what that pays for."""
    left = buyer.left.amount_minor
    if buyer.left == buyer.value:
        return replace(asked, exactly=left)
    # Prices are counted whatever is asked of them: what costs more is left out of their counts by `afford`.
    most = left if asked.price_to is None else min(left, asked.price_to)
    return replace(asked, afford="enough", price_to=most)


def _after(asked: Asked, found: Found) -> int:
    """The next page; 0 where there is none."""
    return asked.page + 1 if asked.page < PAGES_MAX and asked.page * asked.limit < found.total else 0


def _priced(buyer: Buyer, hits: Sequence[Hit]) -> Iterator[_Offer]:
    for hit in hits:
        if hit.price_minor is not None:
            yield _Offer(hit, Money(hit.price_minor, buyer.value.unit))


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


def _filters(program: Program, buyer: Buyer, wanted: Wanted, found: Found) -> list[Filter]:
    """What it can be narrowed by further: that of which there is something that would leave something out."""
    say = words(buyer.locale, "member").gettext
    shown = []
    for field, name in FILTERS.items():
        if field == "price" and not bands_of(program, buyer):
            continue
        values = _values(program, buyer, field, found)
        if field in wanted.narrowed or any(each.count != found.total for each in values):
            shown.append(Filter(field, say(name), values))
    return [each for each in shown if each.values]


def _values(program: Program, buyer: Buyer, field: str, found: Found) -> list[Choosable]:
    counted = list(found.facets[field])[: BRANDS_MOST if field == "brand" else None]
    return [Choosable(key, *_named(program, buyer, field, key), count) for key, count in counted]


def _named(program: Program, buyer: Buyer, field: str, key: str) -> tuple[str, str]:
    """What a value is called that narrows it, and its mark."""
    if field == "category":
        return category_named(program, key, buyer.locale)
    if field == "kind":
        return kind_names(buyer.locale).get(key, key), ""
    if field == "price":
        with naming_units(words_for_units(program, buyer.market)):
            return _band(buyer, key), ""
    known = DELIVERIES if field == "delivery" else AFFORDS if field == "afford" else {}
    return (words(buyer.locale, "member").gettext(known[key]) if key in known else key), ""


def _band(buyer: Buyer, key: str) -> str:
    """A band of prices in words."""
    say, unit = words(buyer.locale, "member").gettext, buyer.value.unit

    def shown(amount_minor: int) -> str:
        return money(amount_minor, unit, buyer.digits(unit), buyer.locale)

    least, most = Wanted(price=key).bounds
    if most is None:
        return say("%(amount)s and more") % {"amount": shown(least)}
    if least == 0:
        return say("Below %(amount)s") % {"amount": shown(most + 1)}
    return say("%(least)s to %(most)s") % {"least": shown(least), "most": shown(most)}


def category_named(program: Program, key: str, locale: str) -> tuple[str, str]:
    """What a category is called, and its mark: as the program says, or by the words that we have."""
    known = program.catalog.kinds.get(key)
    if known is not None:
        return text_in(known.name, locale), known.icon
    name, icon = CATEGORIES.get(key, ("", OTHER_MARK))
    return (words(locale, "member").gettext(name) if name else spelled(key)), icon
