"""It does not work: a member says so of an order, and is told what became of it.

An order has one open case at a time, and so many ever: who says it again and again waits for people, not for
a longer list. What the supplier says of it is attached by staff.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.orders.cases import (
    WHATS,
    Case,
    What,
    find_standing_order,
    insert_case,
    list_cases,
    settle_case,
)
from guerdon.store.sealing import Vault
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import derived_id, show

CASES_MAX = 5
WORDS_MAX = 500
ANSWER_MAX = 2000
OPENED, ANSWERED, SETTLED = "case.opened", "case.answered", "case.settled"
Opened = Literal["opened", "open", "often", "what", "no_order"]


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
    case_id: int
    by: str
    words: str = field(repr=False)
    supplier_said: str = field(repr=False, default="")
    settled: bool = True


def answer_case(tx: Transaction, vault: Vault, reply: Reply, now: datetime) -> bool:
    """Answer a case, once; their page shows it. False when somebody answered before."""
    whose = (reply.program_id, reply.member_id, reply.case_id)
    said = (reply.words[:ANSWER_MAX], reply.supplier_said[:ANSWER_MAX])
    if not settle_case(tx, vault, whose, said, (reply.by, reply.settled, now)):
        return False
    action = SETTLED if reply.settled else ANSWERED
    record_audit(tx, reply.program_id, reply.by, action, show("cas", reply.case_id), now)
    return True


def _what(text: str) -> What | None:
    return next((what for what in WHATS if what == text), None)
