"""A catalog of few items, each of which is there for a reason, and what is found in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from guerdon.engine.publish import publish
from guerdon.program.catalog.nouns import Catalog, Kind
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.queries.catalog.asked import Asked, Found
from guerdon.queries.catalog.search import find_items
from guerdon.store.catalog.indexing import reindex_items
from guerdon.store.database import Transaction, connect, transaction

PROGRAM = Path(__file__).parents[1] / "api" / "program.yaml"
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
KINDS = {
    "coffee": {"en": "Coffee and tea", "de": "Kaffee und Tee"},
    "sports": {"en": "Sports", "de": "Sport", "ar": "رياضة"},
    "books": {"en": "Books", "de": "Bücher", "fr": "Livres"},
}
CATALOG = Catalog(
    kinds={key: Kind(key, name, "gift") for key, name in KINDS.items()},
    worth={"PTS": (Decimal("0.01"), "EUR")},
)


@dataclass
class Sought:
    """A program's catalog in a database of its own."""

    url: str
    secret: str
    program: Program
    program_id: int

    @contextmanager
    def opened(self, role: Any = "worker") -> Iterator[Transaction]:
        with connect(self.url, self.secret, role) as db, transaction(db, self.program_id) as tx:
            yield tx

    def put(self, *items: dict[str, Any], index: bool = True) -> None:
        """Lay items there as an applied feed leaves them; those that are there are changed."""
        with self.opened() as tx:
            for item in items:
                put_item(tx, self.program_id, item)
            if index:
                reindex_items(tx, self.program_id, [item["id"] for item in items])

    def find(self, text: str = "", language: str = "en", market: str = "DE", **said: Any) -> Found:
        """Ask as the web does: one program is seen, and no more may be read than its rights allow."""
        with self.opened("web") as tx:
            return find_items(
                tx, self.program, Asked(market=market, language=language, now=NOW, text=text, **said)
            )

    def ids(self, text: str = "", language: str = "en", market: str = "DE", **said: Any) -> list[int]:
        """The numbers of what is found, in the order of the page."""
        return [hit.item.id for hit in self.find(text, language, market, **said).items]


def put_item(tx: Transaction, program_id: int, said: dict[str, Any]) -> None:
    """One item, with what it says of itself."""
    item: dict[str, Any] = {
        "key": f"test:{said['id']}", "brand": "", "category": "books", "kind": "gift_card",
        "delivery": "code", "lead_minutes": 0, "markets": ["DE"], "currency": "EUR",
        "denominations": [2500], "range_min": None, "range_max": None, "range_step": None, "prices": {},
        "names": {"en": "Something"}, "abouts": {}, "supplier": "manual", "segments": [],
        "visible_from": None, "visible_to": None, "popularity": 0, "gone_at": None,
    } | said  # fmt: skip
    item |= {name: Jsonb(item[name]) for name in ("prices", "names", "abouts")}
    tx.execute(
        """
        insert into catalog_items as i (program_id, id, key, feed, sku, brand, category, kind, delivery,
          lead_minutes, markets, currency, denominations, range_min, range_max, range_step, prices, names,
          abouts, supplier, segments, visible_from, visible_to, popularity, generation, content_hash,
          changed_at, gone_at)
        values (%(p)s, %(id)s, %(key)s, 'test', %(key)s, %(brand)s, %(category)s, %(kind)s, %(delivery)s,
          %(lead_minutes)s, %(markets)s, %(currency)s, %(denominations)s, %(range_min)s, %(range_max)s,
          %(range_step)s, %(prices)s, %(names)s, %(abouts)s, %(supplier)s, %(segments)s, %(visible_from)s,
          %(visible_to)s, %(popularity)s, 1, sha256('x'), %(now)s, %(gone_at)s)
        on conflict (program_id, id) do update set names = excluded.names, markets = excluded.markets,
          category = excluded.category, gone_at = excluded.gone_at, abouts = excluded.abouts
        """,
        {"p": program_id, "now": NOW, **item},
    )


def opened_catalog(url: str, secret: str) -> Sought:
    """A program without any items."""
    program = load_program(PROGRAM)
    assert isinstance(program, Program), program
    with connect(url, secret, "owner") as db:
        published = publish(db, program, "test", NOW)
    return Sought(url, secret, replace(program, catalog=CATALOG), published.program_id)
