"""Everything that the stand-in knows: products, funds, orders with rewards, what is still to happen."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from standins.suppliers.callbacks import Callbacks
from standins.suppliers.clock import Clock, written
from standins.suppliers.faults import Faults
from standins.suppliers.paces import Pace
from standins.suppliers.table import Table
from standins.suppliers.truth import Issue, Truth
from standins.tremendous.products import PRODUCTS
from standins.tremendous.signatures import signed

TABLE = Table(Path(__file__).with_name("fields.md"))
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
RETRIES_S = (60, 300, 1800)
WITHIN_S = 10.0
# What a unit of a currency costs of the balance, which is in US dollars; invented.
DOLLARS = {"USD": 1.0, "EUR": 1.1, "GBP": 1.3, "CAD": 0.75, "SEK": 0.1, "PLN": 0.25, "AED": 0.27}
HELD, OPEN, EXECUTED, CANCELED = "PENDING INTERNAL PAYMENT APPROVAL", "OPEN", "EXECUTED", "CANCELED"


@dataclass
class Order:
    """An order with its one reward."""

    id: str
    reward_id: str
    external_id: str | None
    asked: dict[str, Any]
    created_ms: int
    status: str
    denomination: float
    cents: int
    delivery: str
    truth: Issue
    refunded: bool = False
    canceled: bool = False
    hidden: bool = False

    @property
    def spec(self) -> dict[str, Any]:
        """The reward as it was asked for."""
        return dict(self.asked["reward"])


@dataclass
class World:
    """One stand-in, whole; a test may start it anew."""

    seed: int
    clock: Clock = field(default_factory=Clock)
    origin: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    truth: Truth = field(default_factory=Truth)
    behaviour: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    references: dict[str, Order] = field(default_factory=dict)
    transactions: list[dict[str, Any]] = field(default_factory=list)
    due: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    cents: int = TABLE.figure("sandbox_cents")

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.faults = Faults(self.seed)
        self.pace = Pace(TABLE.figure("requests_per_second"), 1000)
        self.token = f"TEST_{self.letters(32)}"
        self.webhook_id = self.letters(12)
        self.private_key = self.letters(40)
        self.campaign = self.letters(12)
        self.balance_id = self.letters(12)
        self.products = {product["id"]: product for product in PRODUCTS}
        self.callbacks = Callbacks(self.sign, RETRIES_S, WITHIN_S)

    def letters(self, count: int) -> str:
        """An id that the seed decides."""
        return "".join(self.random.choices(LETTERS, k=count))

    def uuid(self) -> str:
        """A UUID that the seed decides."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def sign(self, body: bytes, message_id: str, now_ms: int) -> dict[str, str]:
        """The header that proves a webhook."""
        del message_id, now_ms
        return signed(self.private_key, body)

    def keys(self) -> dict[str, Any]:
        """Secrets and tokens."""
        return {
            "token": self.token,
            "private_key": self.private_key,
            "webhook_id": self.webhook_id,
            "campaign": self.campaign,
            "funding_source": self.balance_id,
        }

    def tick(self) -> None:
        """Let happen whatever is due."""
        now_ms = self.clock.now_ms()
        ready = sorted((one for one in self.due if one[0] <= now_ms), key=lambda one: one[0])
        if ready:
            self.due = [one for one in self.due if one[0] > now_ms]
            for _, act in ready:
                act()
        self.callbacks.tick(now_ms)

    def tell(self, event: str, resource: str, kind: str, copies: int = 1) -> None:
        """Send a webhook; it names the thing and says no more of it."""
        now_ms = self.clock.now_ms()
        message_id = self.uuid()
        body = {
            "event": event,
            "uuid": message_id,
            "created_utc": written(now_ms),
            "payload": {"resource": {"id": resource, "type": kind}, "meta": {}},
        }
        wrong = TABLE.problem("Event", body)
        assert wrong is None, wrong.written()
        self.callbacks.tell(message_id, body, now_ms, copies)

    def pay(self, order: Order, cents: int, action: str) -> None:
        """Move money of the balance and write it down."""
        self.cents += cents
        self.transactions.append(
            {
                "created_at": written(self.clock.now_ms()),
                "amount": cents / 100,
                "currency_code": "USD",
                "balance": self.cents / 100,
                "action": action,
                "description": f"{action} {order.id}",
                "order": {"id": order.id, "external_id": order.external_id},
            }
        )

    def new_link(self, order: Order) -> str:
        """A link to a reward; each call makes another, and all of them lead to the same reward."""
        made = f"https://testflight.tremendous.com/rewards/payout/{self.letters(10).lower()}--{self.uuid()}"
        order.truth.codes.append(made)
        self.links.append(made)
        return made

    def control(self, name: str, asked: dict[str, Any]) -> Any:
        """Do what only this control door knows."""
        if name == "POST balance":
            self.cents = int(asked["cents"])
            return {"cents": self.cents}
        if name == "POST products":
            for product in asked.get("products", []):
                wrong = TABLE.problem("Product", product)
                if wrong is not None:
                    raise ValueError(wrong.written())
                self.products[product["id"]] = product
                self.tell("PRODUCTS.ADDED", product["id"], "products")
            for gone in asked.get("remove", []):
                del self.products[gone]
                self.tell("PRODUCTS.REMOVED", gone, "products")
            return {"products": len(self.products)}
        if name == "POST rewards/fail":
            order = next(one for one in self.orders.values() if one.reward_id == asked["id"])
            order.delivery = "FAILED"
            self.tell("REWARDS.DELIVERY.FAILED", order.reward_id, "rewards")
            return {"id": order.reward_id}
        raise KeyError(name)
