"""Signing in without a password: a code of six digits is mailed to an address that we know.

Whoever asks learns nothing of whether we do. A code is a keyed hash of its number, so it is stored nowhere;
its number is a hash of the browser that asked as well, so it counts in that browser alone. It ends after ten
minutes or five tries, and an address is sent so many within a while.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from guerdon.engine.gifts.proving import LASTS, MESSAGE
from guerdon.engine.wallet.commands import Begun, Done, Wish, begin, finish
from guerdon.ledger.effects import Send
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.gifts.proofs import count_try, insert_proof, load_sent
from guerdon.store.messages.outbox import insert_message
from guerdon.store.orders.cases import has_address
from guerdon.store.sealing import Vault
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import derived_id, show
from guerdon.values.proofs import KEY_PURPOSE, is_code, proof_code

SENT, GIVEN, WRONG = "sign_in.sent", "sign_in.given", "sign_in.wrong"
# What a code is for: it stands where a second factor has its reward, and no reward has such a number.
About = Literal["sign_in", "erase", "email", "phone"]
_ABOUT: dict[About, int] = {"sign_in": 0, "erase": 1, "email": 2, "phone": 3}
SOON, SOON_MAX = timedelta(minutes=15), 5
DAY, DAY_MAX = timedelta(days=1), 10
Asked = Literal["sent", "often", "no_address", "unknown"]


@dataclass(frozen=True, slots=True)
class Asking:
    """Whose code it is, and what for. `browser`: what is kept of the one that asks."""

    program_id: int
    member_id: int
    about: About
    browser: bytes

    @property
    def place(self) -> tuple[int, int, int]:
        """Where its codes are counted: program, member, and what they are for."""
        return self.program_id, self.member_id, _ABOUT[self.about]

    def number(self, before: int) -> int:
        """The number of a code before which so many were sent."""
        return derived_id(self.member_id, self.about, str(before), self.browser.hex())


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A code that goes where its member is not reached yet; `divert` keeps where, by the code's number."""

    message: str
    channel: Literal["email", "sms"]
    divert: Callable[[int], None]


def send_code(tx: Transaction, asking: Asking, now: datetime, elsewhere: Elsewhere | None = None) -> Asked:
    """Mail a new code to a member, or send it elsewhere; in a transaction of no member."""
    program_id, member_id, about = asking.program_id, asking.member_id, asking.about
    if lock_member(tx, program_id, member_id) is None:
        return "unknown"
    if elsewhere is None and not has_address(tx, program_id, member_id):
        return "no_address"
    before = load_sent(tx, asking.place, now, DAY)
    if before.lately >= DAY_MAX or load_sent(tx, asking.place, now, SOON).lately >= SOON_MAX:
        return "often"
    who = show("mem", member_id)
    wish = Wish(program_id, member_id, SENT, f"{who}:{about}:{before.ever}", {"for": about}, who)
    begun = begin(tx, wish, now)
    assert isinstance(begun, Begun), "under the lock of its member nobody else uses the key"
    number = asking.number(before.ever)
    message, channel = (elsewhere.message, elsewhere.channel) if elsewhere else (MESSAGE, "email")
    done = finish(begun, "sent", [Send(number, message, channel)], active=False)
    assert isinstance(done, Done), "under the lock of its member nobody else uses the key"
    insert_proof(tx, asking.place, number, (now, now + LASTS))
    if elsewhere is not None:
        elsewhere.divert(number)
    insert_message(tx, (program_id, member_id), (number, begun.event_id, message, channel), now)
    return "sent"


def check_code(tx: Transaction, vault: Vault, asking: Asking, said: str, now: datetime) -> bool:
    """Try what somebody typed in the browser that asked; the same code is given once."""
    program_id, member_id = asking.program_id, asking.member_id
    if lock_member(tx, program_id, member_id) is None:
        return False
    sent = load_sent(tx, asking.place, now, DAY)
    number = asking.number(sent.ever - 1)
    if sent.last != number or not sent.is_open(now):
        # None was sent, or another browser asked for it.
        return False
    right = is_code(said, proof_code(vault.key(KEY_PURPOSE), program_id, member_id, number))
    count_try(tx, (program_id, member_id), number, now if right else None)
    who = show("mem", member_id)
    record_audit(tx, program_id, who, GIVEN if right else WRONG, who, now, about=asking.about)
    return right
