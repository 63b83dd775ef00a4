"""A claim link that opens in one browser, where the program says so: the first that chooses or confirms.

Another browser is asked for a code by e-mail, and has the link from then on; whoever had it is asked in turn.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from guerdon.store.audit import record_audit
from guerdon.store.database import Transaction
from guerdon.store.gifts.holders import bind_links, load_holder, move_link
from guerdon.values.ids import show

BOUND, MOVED = "link.bound", "link.moved"
# Who has the link that a browser comes with: nobody yet, this browser, or another.
Held = Literal["free", "here", "elsewhere"]
# Program, member and reward.
Whose = tuple[int, int, int]


def where_held(tx: Transaction, whose: Whose, mark: bytes | None) -> Held:
    """Which browser has a link. `mark`: the hash of the secret of the one that comes; None: it has none."""
    holder = load_holder(tx, whose)
    if holder is None:
        return "free"
    return "here" if holder == mark else "elsewhere"


def hold(tx: Transaction, whose: Whose, mark: bytes, now: datetime, others: Sequence[int] = ()) -> Held:
    """Give a browser a link that nobody has yet, in a transaction of the member; who has it then.

    `others`: rewards of the member that pay for the same choice, so that their links open there too.
    Of two browsers at the same moment one has it, and the other reads that. "free": there is no such reward.
    """
    program_id, member_id, reward_id = whose
    for each in bind_links(tx, (program_id, member_id), [reward_id, *others], mark, now):
        record_audit(tx, program_id, show("mem", member_id), BOUND, show("rwd", each), now)
    return where_held(tx, whose, mark)


def take_over(tx: Transaction, whose: Whose, mark: bytes, now: datetime) -> None:
    """Give a link to the browser that gave the code of it, whoever had it, in a transaction of the member."""
    if hold(tx, whose, mark, now) == "elsewhere":
        program_id, member_id, reward_id = whose
        move_link(tx, whose, mark, now)
        record_audit(tx, program_id, show("mem", member_id), MOVED, show("rwd", reward_id), now)
