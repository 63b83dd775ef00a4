"""A house whose rewards and orders were written as they would have been, at times of our choosing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
from tests.lending import lent
from tests.wallet.house import wallet_program

from guerdon.engine.deliveries.following import follow_deliveries
from guerdon.engine.deliveries.watching import watch_deliveries
from guerdon.engine.library import Library
from guerdon.engine.publish import publish
from guerdon.ledger.contents import GiveReward, write_content
from guerdon.program.model import Program
from guerdon.store.database import Connection
from guerdon.store.sealing import Vault
from guerdon.worker import MAPPERS

# A Monday.
DAY = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
NOW = DAY + timedelta(days=3)


def after(seconds: float = 0, begin: datetime = DAY) -> datetime:
    return begin + timedelta(seconds=seconds)


@dataclass
class ClockHouse:
    """An installation with a program, and whoever owns its tables at hand."""

    url: str
    secret: str
    program: Program = field(default_factory=wallet_program)
    program_id: int = 0
    now: datetime = NOW
    number: int = 0

    def begin(self) -> None:
        """Publish the program."""
        with lent(self.url, self.secret, "owner") as db:
            self.program_id = publish(db, self.program, "test", DAY - timedelta(days=400)).program_id

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection]:
        """Whom no trigger stops."""
        options = "-c search_path=guerdon -c session_replication_role=replica"
        with psycopg.connect(self.url, autocommit=True, options=options) as db:
            yield db

    @contextmanager
    def worker(self) -> Iterator[Connection]:
        with lent(self.url, self.secret, "worker") as db:
            yield db

    def reward(
        self,
        took: float,
        *,
        received: datetime = DAY,
        happened: datetime | None = None,
        rule: str = "gift",
        unit: str = "EUR",
        market: str = "DE",
        location: str | None = "de-kiel",
    ) -> int:
        """A reward given so many seconds after its event was received; its number is its member's, too."""
        self.number += 1
        issued = received + timedelta(seconds=took)
        with self.owner() as db:
            db.execute(
                """
                insert into members (program_id, member_id, market, language, location, enrolled_at)
                values (%s, %s, %s, 'en', %s, %s)
                """,
                (self.program_id, self.number, market, location, received),
            )
            db.execute(
                """
                insert into events (program_id, member_id, id, type, source, external_id, market, location,
                                    version, outcome, data, decision, happened_at, recorded_at, decided_at)
                values (%s, %s, %s, 'gift.given', 'crm', %s, %s, %s, 1, 'issued', '{}', '{}', %s, %s, %s)
                """,
                (
                    *(self.program_id, self.number, self.number, str(self.number), market, location),
                    *(happened or received, received, issued),
                ),
            )
            db.execute(
                """
                insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer,
                                     happened_at, issued_at, available_at)
                values (%s, %s, %s, %s, %s, %s, 100, 100, 'budget:pot', %s, %s, %s)
                """,
                (
                    *(self.program_id, self.number, self.number, self.number, rule, unit),
                    *(happened or received, issued, issued),
                ),
            )
        return self.number

    def order(
        self,
        reward: int,
        chosen: datetime,
        took: float | None,
        *,
        state: str = "fulfilled",
        supplier: str = "fast",
        item_id: int | None = None,
    ) -> int:
        """An order of a reward, settled so many seconds after it was chosen (None: open); its number."""
        self.number += 1
        settled = None if took is None else chosen + timedelta(seconds=took)
        with self.owner() as db:
            db.execute(
                """
                insert into orders (program_id, member_id, id, reward_id, item, unit, value, device,
                                    placed_at)
                values (%s, %s, %s, %s, 'mug', 'EUR', 100, 'phone', %s)
                """,
                (self.program_id, reward, self.number, reward, chosen),
            )
            db.execute(
                """
                insert into fulfillments (program_id, member_id, order_id, item_id, supplier, state,
                                          chosen_at, settled_at)
                values (%s, %s, %s, %s, %s, %s, %s, %s)
                """,
                (self.program_id, reward, self.number, item_id, supplier, state, chosen, settled),
            )
        return self.number

    def item(self, lead: timedelta) -> int:
        """An item that takes so long as a rule; its number."""
        self.number += 1
        with self.owner() as db:
            db.execute(
                """
                insert into catalog_items (program_id, id, key, feed, sku, category, kind, delivery, markets,
                                           currency, denominations, names, supplier, generation,
                                           content_hash, changed_at, lead_minutes)
                values (%s, %s, %s, 'main', %s, 'home', 'product', 'physical', '{DE}', 'EUR', '{100}',
                        '{"en": "Thing"}', 'fast', 1, sha256('x'), %s, %s)
                """,
                (
                    *(self.program_id, self.number, f"main:{self.number}", str(self.number), DAY),
                    lead // timedelta(minutes=1),
                ),
            )
        return self.number

    def request(self, state: str, created: datetime, rule: str = "gift", location: str = "de-kiel") -> int:
        """A reward that waited for people, and what became of it; its number."""
        self.number += 1
        closed = None if state in {"open", "returned", "approved"} else created
        content = GiveReward(
            self.number, rule, self.number, "EUR", 100, "budget:pot", "DE", location, created, event_id=0
        )
        written = write_content(content)
        with self.owner() as db:
            db.execute(
                """
                insert into requests (program_id, id, kind, state, maker, beneficiary, market, location, unit,
                                      amount, reason, created_at, expires_at, closed_at)
                values (%s, %s, 'reward', %s, 'rule:gift', %s, 'DE', %s, 'EUR', 100, 'x', %s, %s, %s)
                """,
                (
                    *(self.program_id, self.number, state, self.number, location),
                    *(created, created + timedelta(days=14), closed),
                ),
            )
            db.execute(
                """
                insert into revisions (program_id, request_id, revision, maker, content, content_sha,
                                       recorded_at)
                values (%s, %s, 1, 'rule:gift', %s, %s, %s)
                """,
                (self.program_id, self.number, written.text, written.sha, created),
            )
        return self.number

    def settle(self, order: int, at: datetime) -> None:
        """Let an order come."""
        with self.owner() as db:
            db.execute(
                "update fulfillments set state = 'ordered', ordered_at = %s where order_id = %s", (at, order)
            )
            db.execute(
                "update fulfillments set state = 'fulfilled', settled_at = %s where order_id = %s",
                (at, order),
            )

    def library(self) -> Library:
        return Library(Vault(self.secret), MAPPERS)

    def follow(self) -> int:
        with self.worker() as db:
            return follow_deliveries(db, self.library(), self.now)

    def watch(self) -> int:
        with self.worker() as db:
            return watch_deliveries(db, self.library(), self.now)
