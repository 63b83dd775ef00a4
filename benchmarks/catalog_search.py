"""Milliseconds to search a catalog with facets, by one connection of the web; and whether facets are right.

Every kind of question in turn: nothing typed, words, typing, wrong letters, Arabic, each filter and order.
Counts are compared with a look at every item of the market, and with what filtering by each value gives.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from catalog_rows import fill_catalog

from guerdon.cli.installation import Installation
from guerdon.program.model import Program
from guerdon.queries.catalog.asked import Asked, Found
from guerdon.queries.catalog.search import find_items
from guerdon.rules.ranking import SOUND, Taste
from guerdon.store.catalog.indexing import reindex_items
from guerdon.store.database import Connection, transaction
from guerdon.values.clock import utc_now
from guerdon.values.money import Money

MARKET = "DE"
WARM_UP = 3
TASTE = SOUND.weigh(Taste({"charging": 3, "restaurants": 1}))
QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "empty": {},
    "one word": {"text": "gift"},
    "two words": {"text": "gift card"},
    "wrong letter": {"text": "coffe "},
    "wrong letters": {"text": "dinnr for two"},
    "two letters": {"text": "ca"},
    "arabic": {"text": "\u0628\u0637\u0627\u0642\u0629 \u0647\u062f\u0627\u064a\u0627", "language": "ar"},
    "german": {"text": "Gutschein Abend", "language": "de"},
    "category": {"category": "charging"},
    "kind": {"kind": "gift_card"},
    "delivery": {"delivery": "code"},
    "price": {"price_from": 1000, "price_to": 2499, "unit": "EUR"},
    "enough": {"left": Money(2500, "EUR"), "afford": "enough"},
    "almost": {"left": Money(2500, "EUR"), "afford": "almost"},
    "in stock": {"in_stock": True},
    "a member": {"left": Money(2500, "EUR"), "weights": TASTE, "segments": ["gold"]},
    "word and filter": {"text": "gift", "category": "restaurants", "unit": "EUR", "price_to": 5000},
    "by price": {"sort": "price", "unit": "EUR"},
    "by name": {"sort": "name", "text": "card"},
    "newest": {"sort": "newest"},
    "page 5": {"page": 5},
}
FILTERS = ("category", "kind", "brand", "delivery", "afford")
VALUES_CHECKED = 4


def measure_search(
    opened: Installation, program_id: int, program: Program, items: int, rounds: int
) -> dict[str, object]:
    """Fill the catalog up to so many items, and ask every question so many times."""
    now = utc_now()
    index_s = _fill(opened, program_id, items, now)
    with opened.connect("web") as db:
        place = _Place(db, program_id, program, now)
        took = {name: sorted(_asked(place, said, rounds)) for name, said in QUESTIONS.items()}
        # Busy neighbors are measured, too: what it was beside them is said.
        load = os.getloadavg()[0]
        there = place.find({}).total
        checked = sum(_check_filters(place, said) for said in QUESTIONS.values()) + _check_all(place)
    every = sorted(ms for times in took.values() for ms in times)
    return {
        "items": items,
        "items_in_market": there,
        "indexed_s": round(index_s, 1),
        "searches": len(every),
        **{f"p{n}_ms": round(_percentile(every, n), 1) for n in (50, 95, 99)},
        "slowest_kind_p95_ms": max((round(_percentile(times, 95), 1), name) for name, times in took.items()),
        "p50_ms_of": {name: round(_percentile(times, 50), 1) for name, times in took.items()},
        "facets_checked": checked,
        "load_average": round(load, 1),
    }


class _Place:
    """Who asks, and of what."""

    def __init__(self, db: Connection, program_id: int, program: Program, now: datetime) -> None:
        self.db, self.program_id, self.program, self.now = db, program_id, program, now

    def find(self, said: Mapping[str, Any]) -> Found:
        asked = replace(Asked(MARKET, "en", self.now, segments=()), **said)
        with transaction(self.db, self.program_id) as tx:
            return find_items(tx, self.program, asked)


def _asked(place: _Place, said: Mapping[str, Any], rounds: int) -> Iterator[float]:
    for n in range(WARM_UP + rounds):
        began = time.perf_counter()
        place.find(said)
        if n >= WARM_UP:
            yield (time.perf_counter() - began) * 1000


def _fill(opened: Installation, program_id: int, items: int, now: datetime) -> float:
    with opened.connect("worker") as db, transaction(db, program_id) as tx:
        ((there,),) = tx.execute("select count(*) from catalog_items where gone_at is null").fetchall()
        fill_catalog(tx, program_id, items, now, skip=there)
        tx.execute("set local statement_timeout = 0")
        began = time.monotonic()
        reindex_items(tx, program_id, None)
        index_s = time.monotonic() - began
    with opened.connect("owner") as db:
        db.execute("set role none")
        db.execute("vacuum analyze")
    return index_s


def _check_filters(place: _Place, said: Mapping[str, Any]) -> int:
    """Filter by values that are counted, and find as many."""
    found, checked = place.find(said), 0
    for facet in FILTERS:
        for value, count in found.facets[facet][:VALUES_CHECKED]:
            assert place.find({**said, facet: value, "page": 1}).total == count, (said, facet, value, count)
            checked += 1
    return checked


def _check_all(place: _Place) -> int:
    """Count all items of the market one by one, by what they say themselves."""
    with transaction(place.db, place.program_id) as tx:
        rows = tx.execute(
            """
            select category, kind, brand, delivery, coalesce(range_min, denominations[1]) from catalog_items
            where program_id = %s and gone_at is null and %s = any(markets) and segments = '{}'
              and coalesce(visible_from <= %s, true) and coalesce(visible_to > %s, true)
            """,
            (place.program_id, MARKET, place.now, place.now),
        ).fetchall()
    allowed = place.program.allowed.get(MARKET)
    rows = [row for row in rows if allowed is None or row[0] in allowed]
    found, checked = place.find({"left": Money(2500, "EUR")}), 0
    assert found.total == len(rows), (found.total, len(rows))
    for n, facet in enumerate(FILTERS[:4]):
        counted = Counter(row[n] for row in rows)
        for value, count in found.facets[facet]:
            assert counted[value] == count, (facet, value, count, counted[value])
            checked += 1
    enough = sum(row[4] is not None and row[4] <= 2500 for row in rows)
    assert dict(found.facets["afford"]).get("enough", 0) == enough
    return checked + 1


def _percentile(ordered: list[float], n: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * n // 100)]
