"""Everything that the stand-in knows: products, balances, orders, and the stored answer of every key."""

import base64
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from standins.runa.products import PRODUCTS
from standins.runa.signatures import signed
from standins.suppliers.callbacks import Callbacks
from standins.suppliers.clock import Clock, written
from standins.suppliers.faults import Faults
from standins.suppliers.paces import Pace
from standins.suppliers.table import Table
from standins.suppliers.truth import Issue, Truth

TABLE = Table(Path(__file__).with_name("fields.md"))
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
VERSION, REMOVED = "2024-02-05", ("2023-07-27", "2023-01-16")
RETRIES_S = (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
KEY_LIFE_MS = TABLE.figure("key_life_days") * 86_400_000
PROCESSING, COMPLETED, FAILED = "PROCESSING", "COMPLETED", "FAILED"


@dataclass
class Payout:
    """What one item pays out: a link, and what stands behind it."""

    item_id: str
    asked: dict[str, Any]
    face_value: float
    token: str
    code: str
    pin: str
    status: str = "ACTIVE"


@dataclass
class Order:
    """An order with its items."""

    id: str
    body: dict[str, Any]
    created_ms: int
    status: str
    currency: str
    price: float
    truth: Issue
    payouts: list[Payout] = field(default_factory=list)
    completed_ms: int | None = None


@dataclass
class Stored:
    """What is kept under a key: the request, and its answer once there is one."""

    body: bytes
    at_ms: int
    answer: tuple[int, Any] | None = None


@dataclass
class World:
    """One stand-in, whole; a test may start it anew."""

    seed: int
    clock: Clock = field(default_factory=Clock)
    origin: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    truth: Truth = field(default_factory=Truth)
    behaviour: dict[str, Any] = field(default_factory=lambda: {"in_progress": 102, "redemption": True})
    pictures: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    stored: dict[str, Stored] = field(default_factory=dict)
    payouts: dict[str, tuple[Order, Payout]] = field(default_factory=dict)
    due: list[tuple[int, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.faults = Faults(self.seed)
        self.pace = Pace(TABLE.figure("orders_per_minute"), 60_000)
        self.key = f"XX{self.letters(6)}.{self.letters(32).lower()}~{self.letters(3)}"
        self.secret = f"whsec_{base64.b64encode(self.random.randbytes(24)).decode()}"
        self.products = {product["code"]: product for product in PRODUCTS}
        self.balances = {"EUR": 100_000.0, "GBP": 100_000.0, "USD": 100_000.0}
        self.callbacks = Callbacks(self.sign, RETRIES_S, TABLE.figure("hook_timeout_s"))

    def letters(self, count: int) -> str:
        """An id that the seed decides."""
        return "".join(self.random.choices(LETTERS, k=count))

    def uuid(self) -> str:
        """A UUID that the seed decides."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def sign(self, body: bytes, message_id: str, now_ms: int) -> dict[str, str]:
        """The headers that prove a webhook."""
        return signed(self.secret, message_id, now_ms // 1000, body)

    def keys(self) -> dict[str, Any]:
        """Secrets and tokens."""
        return {"key": self.key, "secret": self.secret}

    def tick(self) -> None:
        """Let happen whatever is due."""
        now_ms = self.clock.now_ms()
        ready = sorted((one for one in self.due if one[0] <= now_ms), key=lambda one: one[0])
        if ready:
            self.due = [one for one in self.due if one[0] > now_ms]
            for _, act in ready:
                act()
        self.callbacks.tick(now_ms)

    def tell(self, body: dict[str, Any], shape: str, copies: int = 1) -> None:
        """Send a webhook."""
        wrong = TABLE.problem(shape, body)
        assert wrong is None, wrong.written()
        self.callbacks.tell(f"msg_{self.letters(24)}", body, self.clock.now_ms(), copies)

    def link(self, payout: Payout) -> str:
        """The address of a payout."""
        return f"{self.origin}/-/{payout.token}"

    def control(self, name: str, asked: dict[str, Any]) -> Any:
        """Do what only this control door knows."""
        if name == "POST balance":
            self.balances[str(asked["currency"])] = float(asked["balance"])
            return self.balances
        if name == "POST products":
            for product in asked.get("products", []):
                wrong = TABLE.problem("Product", product)
                if wrong is not None:
                    raise ValueError(wrong.written())
                self.products[product["code"]] = product
            for gone in asked.get("remove", []):
                del self.products[gone]
            return {"products": len(self.products)}
        if name == "POST payouts":
            _, payout = self.payouts[asked["token"]]
            payout.status = str(asked["status"])
            return {"status": payout.status}
        raise KeyError(name)


def moment(at_ms: int) -> str:
    """A moment as Runa writes it."""
    return written(at_ms).replace("Z", "+00:00")
