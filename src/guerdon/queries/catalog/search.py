"""Items by what was typed and filtered, counted by all that one may filter by, in an order of the member's.

Two steps: `understanding` says which numbers fit, then one statement looks at the market's shelf once, counts
all of it and orders a page. Filters of the facets are laid over the counts, so that each facet tells how many
there are if one filters by it, whatever it is set to now.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from guerdon.program.model import Program
from guerdon.queries.catalog.asked import (
    ALMOST_PERCENT,
    BRANDS_SHOWN_MAX,
    LEAFED_MOST,
    PAGE_MOST,
    PRICE_MOST,
    Afford,
    Asked,
    Found,
    Hit,
    Pricing,
    band_name,
    pricing_of,
)
from guerdon.queries.catalog.statement import STATEMENT
from guerdon.queries.catalog.understanding import Understood, understand
from guerdon.store.catalog.items import load_items
from guerdon.store.codes import good_after
from guerdon.store.database import Transaction
from guerdon.values.money import AMOUNT_MINOR_MAX
from guerdon.values.postings import numbers_set
from guerdon.values.texts import FALLBACK_LANGUAGE, LANGUAGES

# So many numbers are looked up one by one; of more, the whole shelf is looked at.
FEW = 1_500
# A change may be applied between two steps, but not time and again.
TRIES_MAX = 5
FACETS = ("category", "kind", "brand", "delivery", "price", "afford")
AFFORD: tuple[Afford, ...] = ("enough", "almost")
NEARLY: tuple[Afford | None, ...] = (*AFFORD, None)


def find_items(tx: Transaction, program: Program, asked: Asked) -> Found:
    """A page of what there is in a market, with facets."""
    pricing = pricing_of(program, asked.unit or (asked.left.unit if asked.left else None))
    for _ in range(TRIES_MAX):
        understood = understand(tx, program, asked.language, asked.text)
        given = {**_filters(program, asked, pricing), **_fitting(understood), **_order(asked)}
        rows = tx.execute(STATEMENT, given).fetchall()
        # What was understood is of what lay there then.
        if rows[0][1] == str(understood.stamp):
            break
    return _found(tx, pricing, understood, rows)


def _found(tx: Transaction, pricing: Pricing, understood: Understood, rows: Sequence[Any]) -> Found:
    facets: dict[str, list[tuple[str, int]]] = {name: [] for name in FACETS}
    total, page = 0, []
    for what, value, n, price, nearly, is_in_stock in rows[1:]:
        if what == "item":
            page.append((value, price, NEARLY[nearly], is_in_stock))
        elif what == "total":
            total = int(n)
        elif what == "price":
            facets[what].append((band_name(pricing.edges, int(value)), int(n)))
        elif what == "afford":
            facets[what].append((AFFORD[int(value)], int(n)))
        else:
            facets[what].append((value, int(n)))
    items = load_items(tx, understood.program_id, [key for key, _, _, _ in page])
    hits = [Hit(items[key], price, nearly, stock) for key, price, nearly, stock in page if key in items]
    return Found(hits, facets, total, exact=True, meant=understood.meant)


def _filters(program: Program, asked: Asked, pricing: Pricing) -> Mapping[str, Any]:
    left = None if asked.left is None else asked.left.amount_minor
    allowed = program.allowed.get(asked.market)
    return {
        "market": asked.market,
        "now": asked.now,
        "good_after": good_after(asked.now),
        "segments": list(asked.segments),
        "allowed": None if allowed is None else sorted(allowed),
        "category": asked.category,
        "kind": asked.kind,
        "brand": asked.brand,
        "delivery": asked.delivery,
        "unit": pricing.unit,
        "money": pricing.money,
        "num": pricing.num,
        "den": pricing.den,
        "dear": PRICE_MOST,
        "edges": list(pricing.edges),
        "left": left,
        "almost": None if left is None else min(left * ALMOST_PERCENT // 100, AMOUNT_MINOR_MAX),
        "afford": None if asked.afford is None else AFFORD.index(asked.afford),
        "from": asked.price_from,
        "to": asked.price_to,
        "exactly": asked.exactly,
        "member": asked.favorites_of,
        "in_stock": asked.in_stock,
    }


def _fitting(understood: Understood) -> Mapping[str, Any]:
    fits = understood.fits
    return {
        # Said once and known when it is planned, instead of asked of row security at each table again.
        "program": understood.program_id,
        "fits": fits,
        "size": 0 if fits is None else len(fits),
        "few": None if fits is None else numbers_set(fits, FEW),
    }


def _order(asked: Asked) -> Mapping[str, Any]:
    weights = asked.weights
    limit = max(1, min(asked.limit, PAGE_MOST))
    language = asked.language.partition("-")[0]
    return {
        "sort": asked.sort,
        "tongue": 1 + LANGUAGES.index(language if language in LANGUAGES else FALLBACK_LANGUAGE),
        "fit": weights.fit,
        "enough": weights.enough,
        "near": weights.almost,
        "fame": weights.fame,
        "quick": weights.quick,
        "liked": list(weights.categories),
        "likes": list(weights.categories.values()),
        "items": list(weights.items),
        "own": list(weights.items.values()),
        "brands": BRANDS_SHOWN_MAX,
        "limit": limit,
        "offset": min((max(1, asked.page) - 1) * limit, LEAFED_MOST),
    }
