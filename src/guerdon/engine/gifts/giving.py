"""A member gives a reward away: by a link that they hand over themselves, and take back until it is taken.

The reward stays in its member's books, where its value was given; only what is chosen, and who sees the code,
is another's. While it is given nobody chooses with it by its member's own link (`rules.choice`).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Literal

from guerdon.program.model import Program
from guerdon.rules.choice.payment import Claim
from guerdon.rules.choice.prices import is_whole
from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.gifts.gifts import Gift, cancel_gift, insert_gift, load_gift, seal_words
from guerdon.store.orders.choices import load_claim
from guerdon.store.sealing import Vault
from guerdon.store.wallet.purses import lock_member
from guerdon.values.gifts import CHANCE_BYTES, KEY_PURPOSE, gift_token, read_gift
from guerdon.values.ids import derived_id, show

NAME_MAX, MESSAGE_MAX = 60, 300
MADE, WITHDRAWN = "gift.made", "gift.withdrawn"
Refused = Literal["given", "used", "unknown"]


@dataclass(frozen=True, slots=True)
class Giving:
    """What a member gives: this reward, to somebody whom they may name, with words that they may add."""

    program_id: int
    member_id: int
    reward_id: int
    name: str = field(repr=False, default="")
    message: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Given:
    """What was made of it: the token of its link, which is told this once."""

    id: int
    token: str = field(repr=False)
    expires_at: datetime


def give(tx: Transaction, vault: Vault, program: Program, giving: Giving, now: datetime) -> Given | Refused:
    """Make the link of a gift, or say why there is none."""
    whose = (giving.program_id, giving.member_id)
    found = load_claim(tx, *whose, giving.reward_id) if lock_member(tx, *whose) is not None else None
    if found is None:
        return "unknown"
    before, by = load_gift(tx, *whose, giving.reward_id), show("mem", giving.member_id)
    if before is not None and before.stands(now):
        return "given"
    if not is_unused(program, found[0], now):
        return "used"
    if before is not None:
        cancel_gift(tx, before, now)
        record_audit(tx, giving.program_id, by, WITHDRAWN, show("gft", before.id), now)
    key = vault.key(KEY_PURPOSE)
    token = gift_token(key, giving.program_id, token_bytes(CHANCE_BYTES))
    token_hash = read_gift(key, giving.program_id, token)
    assert token_hash is not None, "it was made with this key"
    number = derived_id(giving.reward_id, "gift", token_hash.hex())
    until, end = now + timedelta(days=program.catalog.gift_days), found[0].expires_at
    expires_at = until if end is None else min(until, end)
    said = (" ".join(giving.name.split())[:NAME_MAX], " ".join(giving.message.split())[:MESSAGE_MAX])
    words = seal_words(vault, giving.program_id, number, said)
    gift = Gift(*whose, number, giving.reward_id, now, expires_at, None, None, None, words)
    insert_gift(tx, gift, token_hash)
    reward = show("rwd", giving.reward_id)
    record_audit(tx, giving.program_id, by, MADE, show("gft", number), now, reward=reward)
    return Given(number, token, expires_at)


def take_back(tx: Transaction, giving: Giving, now: datetime) -> bool:
    """Take a gift back; False when somebody has it already, or there is none."""
    gift = load_gift(tx, giving.program_id, giving.member_id, giving.reward_id)
    if gift is None or not cancel_gift(tx, gift, now):
        return False
    by = show("mem", giving.member_id)
    record_audit(tx, giving.program_id, by, WITHDRAWN, show("gft", gift.id), now)
    return True


def is_unused(program: Program, claim: Claim, now: datetime) -> bool:
    """Whether all of a reward is there to be given: points are a balance, and none of one reward."""
    return (
        is_whole(program, claim.value.unit)
        and claim.state == "ready"
        and (claim.expires_at is None or claim.expires_at > now)
        and claim.standing == 0
        and sum(lot.remaining - lot.held for lot in claim.lots) == claim.value.amount_minor
    )
