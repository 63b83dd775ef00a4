"""Asking: one question goes out to its supplier, by the turns of their account."""

import logging

from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.lanes import paces
from guerdon.engine.orders.lanes.turnstile import Patience, Turn, by_turns, turns_of
from guerdon.engine.orders.placing.question import Question
from guerdon.engine.orders.port import Told, Unknown

log = logging.getLogger(__name__)
# How long, at least, each further request of a question waits for its turn; and the first, sent late.
MORE_S, LATE_S = 30.0, 1.0
# When what may be somebody else's is looked at again, unless it is.
UNSURE_S = 1.0


def ask_one(desk: Desk, question: Question) -> Told | None:
    """Ask; None when it may be somebody else's by now, so that nobody was asked."""
    if not desk.is_sure(question.taken):
        return None
    supplier, ask, tried = question.supplier, question.ask, question.claimed.open
    try:
        with by_turns(_turns(desk, question)):
            if question.step == "find":
                return supplier.find(ask)
            if question.step == "fetch" and tried is not None and tried.their_id is not None:
                return supplier.fetch(tried.their_id, ask)
            return supplier.place(ask)
    except Exception:
        # Whatever it was, it may have happened after it was asked.
        log.exception("the account %s failed while it was asked", supplier.account.key)
        return Unknown("fault")


def _turns(desk: Desk, question: Question) -> Turn:
    """The turns of a question: its first was taken with it, each further request takes one of its own."""
    if desk.opens is None:
        return lambda: 0.0
    supplier, program_id, opens = question.supplier, question.program_id, desk.opens
    pace = paces.pace_of(supplier)
    first = [True]
    more_s = max(MORE_S, paces.further_s(pace))

    def had() -> float:
        if not first:
            patience = Patience(desk.clock, more_s, sleep=desk.sleep)
            return turns_of(opens, program_id, supplier, patience)()
        first.clear()
        if (desk.clock() - question.asked_at).total_seconds() < pace.within_s * paces.APART / 2:
            return 0.0
        # It was long until it is sent: it counts from now, lest others saved up in its place meanwhile.
        return turns_of(
            opens, program_id, supplier, Patience(desk.clock, LATE_S, sleep=desk.sleep)
        ).had_before()

    def turn() -> float:
        after_s = had()
        # While it waited, it may have become somebody else's, who asks as well.
        return after_s if after_s > 0 or desk.is_sure(question.taken) else UNSURE_S

    return turn
