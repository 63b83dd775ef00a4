"""The link once more: a member asks for the mail that leads to their code, a few times at most.

No mail holds a code; this one, too, leads to the page that shows it.
"""

from datetime import datetime
from typing import Literal

from guerdon.engine.wallet.commands import Begun, Done, Wish, begin, finish
from guerdon.ledger.effects import Send
from guerdon.store.database import Transaction
from guerdon.store.orders.cases import count_mails, find_standing_order, insert_mail
from guerdon.values.ids import derived_id, show

AGAIN = "order:again"
EVENT_TYPE = "order.resent"
MAILS_MAX = 3
Resent = Literal["sent", "often", "no_order"]


def resend(tx: Transaction, whose: tuple[int, int, int], now: datetime) -> Resent:
    """Send a member the link to an order's page again. `whose`: program, member, order; a tx of no member."""
    program_id, member_id, order_id = whose
    order = find_standing_order(tx, *whose)
    if order is None:
        return "no_order"
    sent = count_mails(tx, program_id, member_id, AGAIN, order.reward_id)
    if sent >= MAILS_MAX:
        return "often"
    shown, by = show("ord", order_id), show("mem", member_id)
    wish = Wish(program_id, member_id, EVENT_TYPE, f"{shown}:{sent}", {"order": shown}, by)
    begun = begin(tx, wish, now)
    if not isinstance(begun, Begun):
        # Two taps at once: the mail of the other is on its way.
        return "sent"
    number = derived_id(order_id, "again", str(sent))
    done = finish(begun, "sent", [Send(number, AGAIN, "email", order.reward_id)], active=False)
    insert_mail(tx, (program_id, member_id, order.reward_id), (number, begun.event_id, AGAIN), now)
    assert isinstance(done, Done), "under the lock of its member nobody else uses the key"
    return "sent"


def mails_left(tx: Transaction, program_id: int, member_id: int, reward_id: int) -> int:
    """How often the link may still be asked for."""
    return max(0, MAILS_MAX - count_mails(tx, program_id, member_id, AGAIN, reward_id))
