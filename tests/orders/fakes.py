"""A supplier in this process, of each class of promise about a key used twice, with faults on demand."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from threading import Lock

from guerdon.engine.orders.port import (
    Abilities,
    Absent,
    Account,
    Ask,
    Balance,
    Canceled,
    Credential,
    Idempotency,
    ItemPage,
    Later,
    Notice,
    Pending,
    Placed,
    Rejected,
    Shut,
    StatementPage,
    Told,
    Unknown,
)

_numbers = count(1)


class Killed(BaseException):
    """The worker dies in the middle of asking."""


@dataclass
class Fake:
    """An account with it; `faults` are what befalls the next questions, in their order ("" is none)."""

    key: str
    idempotency: Idempotency = "returns_original"
    finds: bool = True
    per_minute: int = 60_000
    lives: timedelta | None = None
    answer_max_s: float = 1.0
    faults: deque[str] = field(default_factory=deque)
    asked: list[tuple[str, str]] = field(default_factory=list)
    placed: dict[str, Placed] = field(default_factory=dict)
    by_ref: dict[str, list[Placed]] = field(default_factory=dict)
    replies: dict[str, Told] = field(default_factory=dict)
    canceled: list[str] = field(default_factory=list)
    cancels: bool = True
    address: str = "https://fake.example"
    # Its codes, where a test wants to say them.
    codes: deque[str] = field(default_factory=deque)
    # Until when it says they are good.
    ends_at: datetime | None = None
    lock: Lock = field(default_factory=Lock)

    @property
    def account(self) -> Account:
        return Account(self.key, self.address, "secret")

    @property
    def abilities(self) -> Abilities:
        return Abilities(
            self.idempotency, self.lives, self.per_minute, self.answer_max_s, self.finds, cancels=self.cancels
        )

    def _order(self, ask: Ask, *, wrong: bool = False) -> Placed:
        number = next(_numbers)
        code = self.codes.popleft() if self.codes else f"{self.key}-{number}"
        made = Placed(
            f"their-{number}",
            (Credential("code", code), Credential("pin", "1234")),
            ask.currency,
            ask.face_minor + 1 if wrong else ask.face_minor,
            expires_at=self.ends_at,
        )
        self.placed[ask.key] = made
        self.by_ref.setdefault(ask.ref, []).append(made)
        return made

    def place(self, ask: Ask) -> Told:
        with self.lock:
            self.asked.append(("place", ask.key))
            fault = self.faults.popleft() if self.faults else ""
            if fault == "killed before":
                raise Killed
            if fault in ("limit", "unreachable"):
                return Later(1.0, fault)
            if fault == "shut":
                return Shut("the key is wrong")
            known = self._known(ask)
            if known is not None:
                return known
            told = self._answer(ask, fault)
            if fault == "killed after":
                self.replies[ask.key] = told
                raise Killed
            self.replies[ask.key] = told
            return told

    def _known(self, ask: Ask) -> Told | None:
        match self.idempotency:
            case "returns_original":
                return self.placed.get(ask.key)
            case "replays_response":
                return self.replies.get(ask.key)
            case "reject_duplicate":
                return Rejected("refused", "used before") if ask.key in self.replies else None
            case "none":
                return None

    def _answer(self, ask: Ask, fault: str) -> Told:
        if fault == "fails":
            return Unknown("500", 0.0)
        if fault == "sold out":
            return Rejected("out_of_stock", "none left")
        made = self._order(ask, wrong=fault == "wrong")
        if fault == "lost":
            return Unknown("no answer", 0.0)
        if fault == "pending":
            return Pending(made.their_id)
        return made

    def find(self, ask: Ask) -> Told:
        with self.lock:
            self.asked.append(("find", ask.key))
            if self.faults and self.faults[0] == "find fails":
                self.faults.popleft()
                return Unknown("500", 0.0)
            made = self.by_ref.get(ask.ref)
            return made[0] if made else Absent()

    def fetch(self, their_id: str, ask: Ask) -> Told:
        with self.lock:
            self.asked.append(("fetch", ask.key))
            if self.faults and self.faults[0] == "still":
                self.faults.popleft()
                return Pending(their_id)
            return next(made for made in self.placed.values() if made.their_id == their_id)

    def cancel(self, their_id: str) -> Canceled | Rejected | Unknown | Later | Shut:
        self.canceled.append(their_id)
        return Canceled()

    def balance(self) -> Balance | Later | Shut | None:
        return None

    def list_items(self, after: str | None) -> ItemPage | Later | Shut:  # noqa: ARG002
        return ItemPage((), None)

    def list_orders(self, since: datetime, after: str | None) -> StatementPage | Later | Shut:  # noqa: ARG002
        return StatementPage((), None)

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice | None:  # noqa: ARG002
        return Notice(ref=body.decode())
