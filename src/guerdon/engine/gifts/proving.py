"""Above a value a link alone is not enough: its member also gives a code that was mailed to them.

A code lasts ten minutes and five tries; then another is needed, and of these at most three are sent an hour.
All of it is counted in the database, under the lock of the member, for all processes alike.
"""

from datetime import datetime, timedelta
from typing import Literal

from guerdon.engine.wallet.commands import Begun, Done, Wish, begin, finish
from guerdon.ledger.effects import Send
from guerdon.program.model import Program
from guerdon.rules.choice.prices import face_worth, is_whole
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.gifts.proofs import count_try, insert_proof, load_beside, load_sent, load_worth
from guerdon.store.orders.cases import has_address, insert_mail
from guerdon.store.sealing import Vault
from guerdon.store.sessions.own_words import load_said_at
from guerdon.store.wallet.purses import load_purse, lock_member
from guerdon.values.ids import derived_id, show
from guerdon.values.money import Money
from guerdon.values.proofs import KEY_PURPOSE, is_code, proof_code

MESSAGE = "reward:proof"
SENT, GIVEN, WRONG = "proof.sent", "proof.given", "proof.wrong"
LASTS = timedelta(minutes=10)
HOUR = timedelta(hours=1)
SENT_MAX = 3
# An address that was changed in the app opens nothing of value for so long: the one of before was told.
NEW_FOR = timedelta(hours=24)
Asked = Literal["sent", "often", "no_address", "new_address", "unknown"]
Proven = Literal["given", "wrong", "over"]
# Program, member and reward.
Whose = tuple[int, int, int]


def is_guarded(tx: Transaction, program: Program, whose: Whose) -> bool:
    """Whether a link opens more than it may alone."""
    worth = load_worth(tx, whose)
    if worth is None:
        return False
    if _opens_balance(tx, program, whose, worth.unit):
        return True
    bound = program.catalog.second_factor_above.get(worth.unit)
    if bound is None:
        return False
    balance = program.catalog.combine or not is_whole(program, worth.unit)
    more = _beside_worth(tx, program, whose, worth.unit)
    return (worth.balance if balance else worth.alone) + more > bound.amount_minor


def _opens_balance(tx: Transaction, program: Program, whose: Whose, unit: str) -> bool:
    """Whether more of the balance is reached beside a reward of money than a link to the balance opens."""
    rest = program.catalog.pay_rest_with
    bound = program.catalog.second_factor_above.get(rest) if rest is not None else None
    if rest is None or bound is None or not is_whole(program, unit):
        return False
    purse = load_purse(tx, *whose[:2], rest)
    return max(purse.posted - purse.held, load_beside(tx, whose, rest)) > bound.amount_minor


def _beside_worth(tx: Transaction, program: Program, whose: Whose, unit: str) -> int:
    """What the balance of a reward's member pays beside it at most."""
    if program.catalog.pay_rest_with is None or not is_whole(program, unit):
        return 0
    purse = load_purse(tx, *whose[:2], program.catalog.pay_rest_with)
    worth = face_worth(program, Money(max(0, purse.posted - purse.held), purse.unit))
    return worth.amount_minor if worth is not None and worth.unit == unit else 0


def send_code(tx: Transaction, whose: Whose, now: datetime) -> Asked:
    """Mail a new code to the member of a link; in a transaction of no member."""
    program_id, member_id, reward_id = whose
    if lock_member(tx, program_id, member_id) is None:
        return "unknown"
    if not has_address(tx, program_id, member_id):
        return "no_address"
    changed_at = load_said_at(tx, (program_id, member_id), "email")
    if changed_at is not None and now - changed_at < NEW_FOR:
        return "new_address"
    before = load_sent(tx, whose, now, HOUR)
    if before.lately >= SENT_MAX:
        return "often"
    reward, by = show("rwd", reward_id), show("mem", member_id)
    wish = Wish(program_id, member_id, SENT, f"{reward}:{before.ever}", {"reward": reward}, by)
    begun = begin(tx, wish, now)
    assert isinstance(begun, Begun), "under the lock of its member nobody else uses the key"
    number = derived_id(reward_id, "proof", str(before.ever))
    done = finish(begun, "sent", [Send(number, MESSAGE, "email", reward_id)], active=False)
    assert isinstance(done, Done), "under the lock of its member nobody else uses the key"
    insert_proof(tx, whose, number, (now, now + LASTS))
    insert_mail(tx, whose, (number, begun.event_id, MESSAGE), now)
    return "sent"


def check_code(tx: Transaction, vault: Vault, whose: Whose, said: str, now: datetime) -> Proven:
    """Try what somebody typed; in a transaction of the member."""
    program_id, member_id, reward_id = whose
    lock_member(tx, program_id, member_id)
    sent = load_sent(tx, whose, now, HOUR)
    number = sent.last or 0
    right = is_code(said, proof_code(vault.key(KEY_PURPOSE), program_id, member_id, number))
    if sent.last is None or not sent.is_open(now):
        return "over"
    count_try(tx, (program_id, member_id), number, now if right else None)
    by = show("mem", member_id)
    record_audit(tx, program_id, by, GIVEN if right else WRONG, show("rwd", reward_id), now)
    return "given" if right else "wrong"
