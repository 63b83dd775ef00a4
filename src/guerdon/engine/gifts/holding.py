"""A claim link that opens in one browser, where the program says so: the first that chooses or confirms.

It is one browser a member: what nobody has yet is with the browser that got a link of the member last.
Another is asked for a code by e-mail, and has that link from then on; whoever had it is asked in turn.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.gifts.holders import Kept, bind_links, load_kept, put_link
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show

BOUND, MOVED = "link.bound", "link.moved"
# Who has the link that a browser comes with: nobody yet, this browser, or another.
Held = Literal["free", "here", "elsewhere"]
# Program, member and reward.
Whose = tuple[int, int, int]


def where_held(tx: Transaction, whose: Whose, mark: bytes | None) -> Held:
    """Which browser has a link. `mark`: the hash of the secret of the one that comes; None: it has none.

    "elsewhere" is also a link that nobody has where another browser got one of this member's last, for each
    opens their balances; and every link of a member who was forgotten.
    """
    return _held(load_kept(tx, whose[:2]), whose[2], mark)


def hold(tx: Transaction, whose: Whose, mark: bytes, now: datetime, others: Sequence[int] = ()) -> Held:
    """Give a browser a link that nobody has yet, in a transaction of the member; who has it then.

    `others`: rewards of the member that pay for the same choice, so that their links open there too. Where
    another browser has any of them, nothing is given: "elsewhere". Of two browsers at the same moment one
    has it, and the other reads that. "free": there is no such reward.
    """
    program_id, member_id, reward_id = whose
    # So that of two browsers with two links, too, one is first; and whoever is being forgotten is then.
    lock_member(tx, program_id, member_id)
    kept, wanted = load_kept(tx, whose[:2]), [reward_id, *others]
    if any(_held(kept, each, mark) == "elsewhere" for each in wanted):
        return "elsewhere"
    free = [each for each in wanted if each not in kept.marks]
    bound = bind_links(tx, (program_id, member_id), free, mark, now) if free else []
    for each in bound:
        record_audit(tx, program_id, show("mem", member_id), BOUND, show("rwd", each), now)
    return "here" if reward_id in {*kept.marks, *bound} else "free"


def take_over(tx: Transaction, whose: Whose, mark: bytes, now: datetime) -> None:
    """Give a link to the browser that gave the code of it, whoever had it, in a transaction of the member.

    What nobody has is with that browser from then on; other links stay where they are until their own code.
    """
    program_id, member_id, reward_id = whose
    lock_member(tx, program_id, member_id)
    kept = load_kept(tx, whose[:2])
    if kept.forgotten or kept.marks.get(reward_id) == mark:
        return
    if put_link(tx, whose, mark, now):
        deed = MOVED if reward_id in kept.marks else BOUND
        record_audit(tx, program_id, show("mem", member_id), deed, show("rwd", reward_id), now)


def list_beside(tx: Transaction, whose: Whose, rewards: Sequence[int]) -> list[int]:
    """Which of a member's rewards open in the browser that a link opens in, so that they may help to pay."""
    kept = load_kept(tx, whose[:2])
    mark = kept.holder(whose[2])
    return [each for each in rewards if kept.holder(each) == mark]


def _held(kept: Kept, reward_id: int, mark: bytes | None) -> Held:
    holder = kept.holder(reward_id)
    if kept.forgotten or holder not in {None, mark}:
        return "elsewhere"
    return "here" if reward_id in kept.marks else "free"
