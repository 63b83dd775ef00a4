"""What the engine needs of a supplier: asked with no transaction open, it answers with one of a closed set.

`Placed`: it is done, and this is what the member gets. `Pending`: accepted, and comes later. `Rejected`:
known not to have been placed. `Unknown`: it may have been placed, and nothing else may be tried before that
is known. `Absent`: asked for by our reference, it is proved that there is none. `Later`: nothing went out;
again in so many seconds. `Shut`: nobody may ask until a person does something.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

# returns_original: the same key gives the order that there is. replays_response: the same key gives the same
# answer, a failure too. reject_duplicate: the same key is an error once it was used. none: no promise.
Idempotency = Literal["returns_original", "replays_response", "reject_duplicate", "none"]
# What a member is handed: a code, its PIN, a link, what a scanner reads (and how), or that nothing is shown.
CredentialKind = Literal["code", "pin", "url", "barcode", "note"]
# Why an order was not placed, as staff read it and as another supplier may be asked.
Why = Literal["out_of_stock", "price", "amount", "funds", "recipient", "unknown_item", "limit", "refused"]


@dataclass(frozen=True, slots=True)
class Pace:
    """So many requests, whatever for, in any `within_s` seconds."""

    calls: int
    within_s: float


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a supplier can do: what one may do after a lost answer follows from it.

    `key_lives`: for so long a key is remembered; None: for ever. `answer_max_s`: its slowest promised answer.
    `per_minute`: requests that it takes; `per_second` where it counts those of a second (then sixty
    times as many are `per_minute`). `finds`: it can be asked by our reference. `lands_within_s`: what was
    asked and not answered stands in its books by then, or never will; before that, `Absent` is none.
    """

    idempotency: Idempotency
    key_lives: timedelta | None
    per_minute: int
    answer_max_s: float
    finds: bool
    answers_later: bool = False
    cancels: bool = False
    has_balance: bool = False
    lists_items: bool = False
    lists_orders: bool = False
    calls_back: bool = False
    lands_within_s: float = 300.0
    per_second: int | None = None

    @property
    def pace(self) -> Pace:
        """How fast it may be asked by its papers."""
        return Pace(self.per_minute, 60.0) if self.per_second is None else Pace(self.per_second, 1.0)


@dataclass(frozen=True, slots=True)
class Account:
    """An account with a supplier, as the program names it; secrets come from the environment."""

    key: str
    address: str
    secret: str = field(repr=False)
    hook_secret: str = field(repr=False, default="")
    options: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    # What was agreed; None: what its kind's papers say.
    pace: Pace | None = None

    @property
    def asked_of(self) -> str:
        """Whom a question goes to: another kind or address knows nothing of what was asked before."""
        return f"{self.kind} {self.address}"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets it, as far as the item needs to know."""

    name: str = field(repr=False, default="")
    email: str = field(repr=False, default="")
    phone: str = field(repr=False, default="")
    country: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Ask:
    """One order to be placed. `ref` is ours for life; `key` is the attempt's, stored before anybody is asked.

    `face_minor` is what the member gets, in the smallest part of `currency` (with `digits` after the point).
    `asked_at` is when it was asked for last under this key, as far as anybody knows.
    """

    ref: str
    key: str
    attempt: int
    first_asked_at: datetime
    sku: str
    currency: str
    digits: int
    face_minor: int
    recipient: Recipient
    item_name: str = ""
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """Something that the member is handed; `format` is that of a bar code: code128, ean13, qr, pdf417."""

    kind: CredentialKind
    text: str = field(repr=False)
    format: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """It is done; what it was worth and cost is what they say, to be compared with what was asked."""

    their_id: str
    credentials: tuple[Credential, ...] = field(repr=False)
    currency: str
    face_minor: int
    cost_minor: int | None = None
    cost_currency: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """Accepted; what becomes of it is asked by `their_id`."""

    their_id: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Known not to have been placed, in the supplier's words. `permanent`: it will not be otherwise."""

    why: Why
    says: str
    permanent: bool = True
    their_id: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been placed: a lost answer, one that cannot be read, or a fault of theirs."""

    says: str
    after_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no order of this reference, and the supplier would know."""


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing went out, or it was turned away unread: again after so many seconds.

    `why`: limit, unreachable, trouble, or turn: we ask it as fast as we may, and waited for long enough.
    """

    after_s: float
    why: str


@dataclass(frozen=True, slots=True)
class Shut:
    """The account may not ask: the key is wrong, or it may not do this. A person has to look."""

    says: str


@dataclass(frozen=True, slots=True)
class Canceled:
    """The order is void at the supplier; `credit_minor` is what it gives back, where it says."""

    credit_minor: int | None = None
    credit_currency: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """What there is left to order with, in the smallest part of a currency."""

    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An item as a supplier lists it: a row of a feed (the form that `engine.catalog.feeds` reads)."""

    row: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A page of what a supplier has. Without `after` it is the last; a page not whole says so by an error."""

    items: Sequence[Listed]
    after: str | None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An order as the supplier's books have it; `face_minor` is None where they do not say what it was worth.

    `currency` is then the one that it cost.
    """

    their_id: str
    ref: str
    state: Literal["placed", "pending", "failed", "canceled"]
    currency: str
    face_minor: int | None
    cost_minor: int | None
    at: datetime
    cost_currency: str = ""


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A page of a supplier's books. Without `after` it is the last."""

    lines: Sequence[StatementLine]
    after: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A callback that is really theirs says: look at this order. What it came to is asked, never believed."""

    their_id: str = ""
    ref: str = ""
    # Unique for ever where they say one: the same notice twice is one.
    id: str = ""


Told = Placed | Pending | Rejected | Unknown | Absent | Later | Shut


class Supplier(Protocol):
    """An account with a supplier, ready to be asked from any thread. It holds no state of its own.

    A vendor's folder, `suppliers/<kind>/`, has a `VENDOR` (see `suppliers/__init__.py`) that makes these.
    """

    @property
    def account(self) -> Account:
        """Whose account it is."""

    @property
    def abilities(self) -> Abilities:
        """What it can do."""

    def place(self, ask: Ask) -> Told:
        """Order it. Asked again with the same `key`, it never becomes a second order within `key_lives`."""

    def find(self, ask: Ask) -> Told:
        """What became of an order by our reference; `Absent` only if that is proved."""

    def fetch(self, their_id: str, ask: Ask) -> Told:
        """What became of an order by its own number."""

    def cancel(self, their_id: str) -> Canceled | Rejected | Unknown | Later | Shut:
        """Take an order back, if it still can be; what is void already is `Canceled` too."""

    def balance(self) -> Balance | Later | Shut | None:
        """What there is left; None where it cannot be asked."""

    def list_items(self, after: str | None) -> ItemPage | Later | Shut:
        """A page of its catalog."""

    def list_orders(self, since: datetime, after: str | None) -> StatementPage | Later | Shut:
        """A page of its books since then, for reconciliation."""

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice | None:
        """What a callback names; None when its signature is not theirs. Never raises."""
