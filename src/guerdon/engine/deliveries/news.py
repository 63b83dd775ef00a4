"""Telling a member what became of an order that took its time, and that there is an answer to their case.

Whoever chose and has it at once sees it; whoever waited has gone. So a mail is decided in the commit in which
it came or failed, once, whenever it is sent. It holds no code: it leads to the page that shows it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import json

from guerdon.ledger.effects import Send
from guerdon.store.database import Transaction
from guerdon.store.orders.cases import find_case_order
from guerdon.store.orders.choices import load_live_version, next_event_ids
from guerdon.store.orders.news import News, insert_news
from guerdon.store.wallet.deeds import Deed, Doing, record_deeds
from guerdon.store.wallet.purses import MemberHere
from guerdon.values.ids import derived_id, show

# Who has it sooner than this is taken to be looking at the page still.
TOLD_AFTER = timedelta(minutes=10)
THERE, FAILED, ANSWERED = "order:there", "order:failed", "order:answered"
NEWS = (THERE, FAILED, ANSWERED)
TOLD = "case.told"


@dataclass(frozen=True, slots=True)
class Awaited:
    """An order that ends, of a locked member: since when they wait, and for which reward they chose."""

    program_id: int
    member_id: int
    order_id: int
    reward_id: int
    since: datetime


def tell_late(tx: Transaction, awaited: Awaited, message: str, event_id: int, now: datetime) -> list[Send]:
    """Have a mail tell how an order ended, where that took long; for the decision of its event."""
    if now - awaited.since <= TOLD_AFTER:
        return []
    number = derived_id(awaited.order_id, "news", message)
    news = News(awaited.program_id, awaited.member_id, number, message, awaited.reward_id)
    if not insert_news(tx, news, event_id, now):
        return []
    return [Send(number, message, "email", awaited.reward_id)]


def tell_answer(
    tx: Transaction, program_id: int, member: MemberHere, answer: tuple[int, str], now: datetime
) -> None:
    """Have a mail tell a locked member that their case (its number, and who answered it) has an answer."""
    case_id, by = answer
    order = find_case_order(tx, program_id, member.member_id, case_id)
    if order is None:
        return
    event_id, number = next_event_ids(tx, 1)[0], derived_id(case_id, "news", ANSWERED)
    news = News(program_id, member.member_id, number, ANSWERED, order.reward_id)
    if not insert_news(tx, news, event_id, now):
        return
    deed = Deed(
        member_id=member.member_id,
        event_id=event_id,
        type=TOLD,
        outcome="sent",
        external_id=str(order.id),
        market=member.market,
        location=member.location,
        data=json.encode({"order": show("ord", order.id), "case": show("cas", case_id)}).decode(),
        effects=[Send(number, ANSWERED, "email", order.reward_id)],
    )
    version = load_live_version(tx, program_id, now)
    record_deeds(tx, program_id, [deed], Doing(version, now, by, TOLD, show("cas", case_id)))
