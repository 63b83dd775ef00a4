"""A claim link that opens by itself no more: another is mailed to where the first one went."""

from datetime import datetime
from typing import Literal

from guerdon.engine.gifts.proving import HOUR, SENT_MAX
from guerdon.engine.wallet.commands import Begun, Done, Wish, begin, finish
from guerdon.ledger.effects import Send
from guerdon.store.database import Transaction
from guerdon.store.gifts.holders import count_links_sent
from guerdon.store.gifts.proofs import load_worth
from guerdon.store.orders.cases import has_address, insert_mail
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import derived_id, show

MESSAGE = "reward:link"
SENT = "link.sent"
Renewed = Literal["sent", "often", "no_address", "unknown"]


def send_link(tx: Transaction, whose: tuple[int, int, int], now: datetime) -> Renewed:
    """Mail a new link to the member of one (program, member, reward), in a transaction of no member.

    At most three an hour to a member, about whatever reward, counted under their lock, for all processes.
    """
    program_id, member_id, reward_id = whose
    if lock_member(tx, program_id, member_id) is None or load_worth(tx, whose) is None:
        return "unknown"
    if not has_address(tx, program_id, member_id):
        return "no_address"
    ever, lately = count_links_sent(tx, whose, MESSAGE, now - HOUR)
    if lately >= SENT_MAX:
        return "often"
    reward, by = show("rwd", reward_id), show("mem", member_id)
    wish = Wish(program_id, member_id, SENT, f"{reward}:{ever}", {"reward": reward}, by)
    begun = begin(tx, wish, now)
    assert isinstance(begun, Begun), "under the lock of its member nobody else uses the key"
    number = derived_id(reward_id, "link", str(ever))
    done = finish(begun, "sent", [Send(number, MESSAGE, "email", reward_id)], active=False)
    assert isinstance(done, Done), "under the lock of its member nobody else uses the key"
    insert_mail(tx, whose, (number, begun.event_id, MESSAGE), now)
    return "sent"
