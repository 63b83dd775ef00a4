"""It does not work: a member says so of an order, and is told what became of it.

An order has one open case at a time, and so many ever: who says it again and again waits for people, not for
a longer list. What the supplier says of it stands at the case: the worker asks by itself (`inquiring.py`),
and staff may have it asked anew.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

from guerdon.engine.deliveries.news import tell_answer
from guerdon.engine.orders.desk import OpensAccount
from guerdon.engine.orders.port import (
    Absent,
    Ask,
    Later,
    Pending,
    Placed,
    Recipient,
    Rejected,
    Shut,
    Supplier,
    Told,
    Unknown,
)
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.catalog.items import POOL
from guerdon.store.database import Transaction
from guerdon.store.orders.cases import (
    WHATS,
    Case,
    What,
    find_standing_order,
    insert_case,
    list_cases,
    settle_case,
    settle_looked,
)
from guerdon.store.orders.delivered import Traced, find_traced
from guerdon.store.orders.lanes import list_lanes
from guerdon.store.privacy.forgetting import is_forgotten
from guerdon.store.sealing import Vault
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import derived_id, show

log = logging.getLogger(__name__)
CASES_MAX = 5
SAYS_MAX = 500
WORDS_MAX = 500
ANSWER_MAX = 2000
OPENED, ANSWERED, SETTLED = "case.opened", "case.answered", "case.settled"
LOOKED = "case.looked"
Opened = Literal["opened", "open", "often", "what", "no_order"]
# What whoever delivered it may say: the supplier, or our own pool by its code.
CAME = ("placed", "pending", "refused", "unknown", "absent", "pool_issued", "pool_redeemed", "pool_void")
# Why nothing was learned: nobody can be asked; they are not to be asked, do not answer, or are asked as often
# as may be; it is answered.
Learned = Literal["", "unasked", "shut", "later", "often", "settled"]
Opens = Callable[[], AbstractContextManager[Transaction]]
InTurn = Callable[[Supplier], AbstractContextManager[None]]


def unhindered(supplier: Supplier) -> AbstractContextManager[None]:  # noqa: ARG001  it has no pace
    """An account in this process that is asked at any time."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Accounts:
    """What asking needs; `open_account` is None for an account that cannot be asked."""

    program: Program
    open_account: OpensAccount
    vault: Vault
    # What is asked of an account in here has its turns.
    turns: InTurn = unhindered


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a member says of an order of theirs."""

    program_id: int
    member_id: int
    order_id: int
    what: str
    words: str = field(repr=False, default="")


def open_case(tx: Transaction, vault: Vault, said: Complaint, now: datetime) -> Opened:
    """Open a case about an order, unless one is open."""
    whose = (said.program_id, said.member_id, said.order_id)
    what = _what(said.what)
    if what is None:
        return "what"
    if lock_member(tx, *whose[:2]) is None or find_standing_order(tx, *whose) is None:
        return "no_order"
    before = list_cases(tx, vault, *whose)
    if any(case.state == "open" for case in before):
        return "open"
    if len(before) >= CASES_MAX:
        return "often"
    number = derived_id(said.order_id, "case", str(len(before)))
    words = " ".join(said.words.split())[:WORDS_MAX]
    case = Case(number, what, words, "open", "", now, None, None)
    inserted = insert_case(tx, vault, whose, case)
    assert inserted, "under the lock of its member nobody else opens one"
    by, subject = show("mem", said.member_id), show("cas", number)
    record_audit(tx, said.program_id, by, OPENED, subject, now, order=show("ord", said.order_id), what=what)
    return "opened"


@dataclass(frozen=True, slots=True)
class Reply:
    """What staff answer to a member's case, beside what its supplier said; `settled`: nothing is left."""

    program_id: int
    member_id: int
    order_id: int
    case_id: int
    by: str
    words: str = field(repr=False)
    supplier_said: str = field(repr=False, default="")
    settled: bool = True


def answer_case(tx: Transaction, vault: Vault, reply: Reply, now: datetime) -> bool:
    """Answer a case, once; their page shows it, and a mail leads there. False: somebody answered before."""
    whose = (reply.program_id, reply.member_id, reply.order_id, reply.case_id)
    said = (reply.words[:ANSWER_MAX], reply.supplier_said[:ANSWER_MAX])
    # Members before cases, as whoever opens one locks them.
    member = lock_member(tx, *whose[:2])
    if member is None or not settle_case(tx, vault, whose, said, (reply.by, reply.settled, now)):
        return False
    action = SETTLED if reply.settled else ANSWERED
    record_audit(tx, reply.program_id, reply.by, action, show("cas", reply.case_id), now)
    tell_answer(tx, reply.program_id, member, (reply.case_id, reply.by), now)
    return True


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A case of a member's order about which whoever delivered it is asked, by staff or by the worker."""

    program_id: int
    member_id: int
    order_id: int
    case_id: int
    by: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What whoever delivered an order says of it now. `came`: a word of `CAME`; `says`: their own words."""

    came: str
    says: str = ""
    currency: str = ""
    face_minor: int | None = None
    expires_at: datetime | None = None


def ask_anew(opens: Opens, desk: Accounts, asked: Inquiry, now: datetime) -> Learned:
    """Ask whoever delivered an order what became of it, with no transaction open; attach it to the case.

    It places nothing and changes nothing of the order. Of our own pool it is how the code stands.
    """
    with opens() as tx:
        traced = find_traced(tx, asked.program_id, asked.member_id, asked.order_id)
        lane = list_lanes(tx, asked.program_id).get(traced.supplier) if traced else None
    if traced is None:
        return "unasked"
    if lane is not None and lane.shut_at is not None:
        return "shut"
    looked = Looked(f"pool_{traced.code_state}") if traced.supplier == POOL else _looked(desk, asked, traced)
    if not isinstance(looked, Looked):
        return looked
    with opens() as tx:
        return "" if attach(tx, desk.vault, asked, (traced.supplier, looked), now) else "settled"


def attach(tx: Transaction, vault: Vault, asked: Inquiry, found: tuple[str, Looked], now: datetime) -> bool:
    """Attach to a case what its supplier (by name) says of it; False: it is not open any more."""
    supplier, looked = found
    whose = (asked.program_id, asked.member_id, asked.order_id, asked.case_id)
    if lock_member(tx, *whose[:2]) is None or is_forgotten(tx, *whose[:2]):
        # Their words may name who was forgotten meanwhile.
        return False
    if not settle_looked(tx, vault, whose, msgspec.json.encode(looked).decode(), (asked.by, now)):
        return False
    case, order = show("cas", asked.case_id), show("ord", asked.order_id)
    told = {"supplier": supplier, "came": looked.came}
    record_audit(tx, asked.program_id, asked.by, LOOKED, case, now, order=order, told=told)
    return True


def looked_of(case: Case) -> Looked | None:
    """What was found for a case, if anybody was asked."""
    try:
        return msgspec.json.decode(case.looked, type=Looked) if case.looked else None
    except msgspec.MsgspecError:
        return None


def _looked(desk: Accounts, asked: Inquiry, traced: Traced) -> Looked | Learned:
    account = desk.open_account(desk.program, traced.supplier)
    if account is None or account.account.asked_of != traced.asked_of:
        # Nobody is there, or the name stands for somebody else by now.
        return "unasked"
    if traced.number is None or traced.by_staff:
        # Nobody was asked, or it was staff who delivered it in the end.
        return "unasked"
    if traced.their_id is None and not account.abilities.finds:
        return "unasked"
    ask = ask_of(desk.program, asked.order_id, traced)
    return learned_of(ask_account(account, desk.turns(account), ask, traced.their_id))


def ask_of(program: Program, order_id: int, traced: Traced) -> Ask:
    """An order as its supplier is asked what became of it; of its member nothing is told."""
    assert traced.number is not None, "somebody was asked for it"
    assert traced.first_asked_at is not None, "an attempt was made at some time"
    unit = program.units.get(traced.currency or "")
    return Ask(
        ref=show("ord", order_id),
        key=traced.key,
        attempt=traced.number,
        first_asked_at=traced.first_asked_at,
        sku=traced.sku,
        currency=traced.currency or "",
        digits=unit.digits if unit is not None else 2,
        face_minor=traced.face_minor or 0,
        recipient=Recipient(),
        asked_at=traced.asked_at,
    )


def ask_account(
    account: Supplier, in_turn: AbstractContextManager[None], ask: Ask, their_id: str | None
) -> Told:
    """What an account says of an order, by its own number or by our reference; `Later` where it fails."""
    try:
        with in_turn:
            return account.find(ask) if their_id is None else account.fetch(their_id, ask)
    except Exception:
        log.exception("the account %s failed while it was asked", account.account.key)
        return Later(0.0, "trouble")


def learned_of(told: Told) -> Looked | Learned:  # noqa: PLR0911  a line a case
    """What is learned from an answer, or why nothing is."""
    match told:
        case Placed():
            return Looked("placed", "", told.currency, told.face_minor, told.expires_at)
        case Pending():
            return Looked("pending", told.says[:SAYS_MAX])
        case Rejected():
            return Looked("refused", told.says[:SAYS_MAX])
        case Unknown():
            return Looked("unknown", told.says[:SAYS_MAX])
        case Absent():
            return Looked("absent")
        case Shut():
            return "shut"
        case Later(why=why):
            return "often" if why == "turn" else "later"


def _what(text: str) -> What | None:
    return next((what for what in WHATS if what == text), None)
