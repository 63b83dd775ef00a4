"""A house with a catalog: a small program, its database, and what a feed does to it."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.lending import lent

from guerdon.engine.catalog.applying import NotSettled, accept_sync, drop_sync
from guerdon.engine.catalog.feeds import read_feed
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.staging import Asked, take_feed
from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.catalog.feeds import SyncRow, lock_sync
from guerdon.store.catalog.items import CatalogItem, load_items
from guerdon.store.catalog.staged import StagedRow, list_staged
from guerdon.store.database import Connection, Role, transaction

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEXT = """
program: corner_garage
name: Corner Garage
time_zone: Europe/Berlin
units:
  EUR: { kind: money, digits: 2 }
  NOK: { kind: money, digits: 2 }
  stars: { kind: points, digits: 0 }
markets:
  DE: { name: Germany, language: de, time_zone: Europe/Berlin }
  NO: { name: Norway, language: en, time_zone: Europe/Oslo }
members:
  sources: [crm]
  attributes: { level: { type: string } }
events:
  visit.completed: { name: Visit }
segments:
  loyal: { if: "member.level == 'gold'" }
budgets:
  all: { per: one, unit: EUR, amount: 1000.00 }
rules:
  visit:
    name: Visit
    when: visit.completed
    promise: public
    then:
      - reward: { value: 25.00 EUR, pay_from: all }
catalog:
  kinds:
    books: { name: Books, icon: book }
    food: { name: Food, icon: coffee }
  split: true
  worth: { stars: 0.02 EUR }
suppliers:
  cards: { kind: tremendous, secret: CARDS_API_KEY, prefer: 10 }
items:
  cake: { name: { en: Cake, de: Kuchen }, category: food, values: [25.00 EUR, 290.00 NOK, 1300 stars] }
  tea: { name: Tea, category: food, values: [10.00 EUR, 20.00 EUR], markets: [DE], about: Green }
policy:
  allow: { NO: [books] }
"""
PROGRAM = read_program(TEXT)
assert isinstance(PROGRAM, Program), PROGRAM
GROUND = Ground(1, PROGRAM, "main", "cards")
Row = dict[str, Any]


def row(sku: str = "b1", **more: object) -> Row:
    """A good row, but for what is said otherwise; None takes a field out."""
    said = {
        "id": sku,
        "name": {"en": f"Book {sku}", "de": f"Buch {sku}"},
        "category": "books",
        "kind": "gift_card",
        "markets": ["DE", "NO"],
        "currency": "EUR",
        "amounts": ["10.00", "25.00"],
        **more,
    }
    return {key: value for key, value in said.items() if value is not None}


def rows(n: int) -> list[Row]:
    return [row(f"b{number}") for number in range(n)]


def written(listed: Sequence[object]) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in listed).encode()


@dataclass
class Shop:
    """A program with a catalog in a database of its own."""

    url: str
    secret: str
    program: Program = field(init=False)
    program_id: int = field(init=False)
    now: datetime = NOW

    def __post_init__(self) -> None:
        assert isinstance(PROGRAM, Program)
        self.program = PROGRAM
        with lent(self.url, self.secret, "owner") as db:
            self.program_id = publish(db, self.program, "test", NOW).program_id

    @contextmanager
    def tx(self, role: Role = "worker", member_id: int | None = None) -> Iterator[Connection]:
        with lent(self.url, self.secret, role) as db, transaction(db, self.program_id, member_id) as tx:
            yield tx

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    @property
    def ground(self) -> Ground:
        return Ground(self.program_id, self.program, "", "")

    def bring(self, data: bytes, *, feed: str = "main", **asked: Any) -> SyncRow:
        """Read a feed, as the web does it."""
        with lent(self.url, self.secret, "web") as db:
            said = Asked(feed, "test", **{"supplier": "cards", **asked})
            return take_feed(db, self.ground, said, read_feed(io.BytesIO(data)), self.clock)

    def brought(self, listed: Sequence[object], **asked: Any) -> SyncRow:
        return self.bring(written(listed), **asked)

    def accept(self, sync: SyncRow) -> SyncRow | NotSettled:
        with self.tx("web") as tx:
            return accept_sync(tx, self.program_id, sync.id, "per_1", self.clock())

    def drop(self, sync: SyncRow) -> SyncRow | NotSettled:
        with self.tx("web") as tx:
            return drop_sync(tx, self.program_id, sync.id, "per_1", self.clock())

    def sync(self, sync: SyncRow) -> SyncRow:
        with self.tx() as tx:
            found = lock_sync(tx, self.program_id, sync.id)
        assert found is not None
        return found

    def staged(self, sync: SyncRow) -> list[StagedRow]:
        with self.tx("web") as tx:
            return list_staged(tx, self.program_id, sync.id, None, 0, 1000)

    def items(self, *skus: str, feed: str = "main") -> dict[str, CatalogItem]:
        with self.tx("web") as tx:
            return load_items(tx, self.program_id, [f"{feed}:{sku}" for sku in skus])

    def live(self, feed: str = "main") -> set[str]:
        with self.tx() as tx:
            found = tx.execute(
                "select sku from catalog_items where program_id = %s and feed = %s and gone_at is null",
                (self.program_id, feed),
            ).fetchall()
        return {each[0] for each in found}

    def ask(self, question: str, *terms: object) -> list[tuple[Any, ...]]:
        with self.tx() as tx:
            return tx.execute(question.encode(), terms or None).fetchall()


def counts(sync: SyncRow) -> Mapping[str, int]:
    return {name: n for name in sync.counts.__slots__ if (n := getattr(sync.counts, name))}
