"""Rewards that are taken back at the counter: a rule's reversal, decided and written as a batch does it."""

from dataclasses import replace
from itertools import count
from typing import Any

from tests.orders.counter import Counter
from tests.redeem.house import BUDGET, House

from guerdon.engine.apply import Rows, add_decision, apply_rows
from guerdon.ledger.effects import Decision
from guerdon.rules.facts import Event, Facts, Standing, Waiting
from guerdon.rules.playbook import Playbook
from guerdon.rules.reversals import take_back
from guerdon.store.batch.holdings import load_debts_of, lock_holdings
from guerdon.store.wallet.purses import lock_member

PLACE = "location:de-hamburg-hafencity"
_events = count(5_000_000)


def reverse(
    here: Counter, member_id: int, reward_id: int, if_spent: str = "debt", part: tuple[int, int] | None = None
) -> Decision:
    """Let an event take a reward back, whole or a part of it, by a rule that says who owes what was spent."""
    house, now, event_id = here.house, here.now, next(_events)
    playbook = Playbook(here.program, house.program_id, 1)
    event = Event(
        id=event_id,
        type="booking.canceled",
        connection="hubspot_eu",
        external_id=str(event_id),
        happened_at=now,
        recorded_at=now,
        day=playbook.day_of(now),
        data={},
        fields={},
    )
    standing = Standing(member_id, "DE", "en", "de-hamburg-hafencity", {})
    with house.working() as tx:
        lock_member(tx, house.program_id, member_id)
        facts = Facts(now, pools={BUDGET: 0}, allowances={})
        facts.debts = load_debts_of(tx, house.program_id, [member_id])
        lots = lock_holdings(tx, house.program_id, [member_id], ["booking", "referral"], "Europe/Berlin")
        (lot,) = [each for each in lots[member_id] if each.reward_id == reward_id]
        want = Waiting(event_id, member_id, lot.rule, None, now, "canceled", "reverse", if_spent=if_spent)
        if part is not None:
            want = replace(want, part=part[0], whole=part[1])
        balance = playbook.is_balance(lot.unit)
        effects, _ = take_back(want, lot, lots[member_id], facts, balance=balance)
        decision = Decision(effects)
        rows = Rows(playbook, now)
        add_decision(rows, event, standing, decision)
        apply_rows(tx, rows, facts)
    return decision


def lot(house: House, reward_id: int) -> tuple[Any, ...]:
    """What is left of a reward, what of it is held, what was taken back, and its state."""
    ((found),) = house.rows(
        "select remaining, held, reversed, state from rewards where id = %(r)s", r=reward_id
    )
    return tuple(found)


def owed(house: House) -> tuple[int, int]:
    """What members owe, and what the location does."""
    ((members, place),) = house.rows(
        "select coalesce(sum(debt), 0)::bigint,"
        " coalesce(-sum(posted) filter (where name = %(place)s), 0)::bigint from accounts",
        place=PLACE,
    )
    return int(str(members)), int(str(place))


def waits(house: House) -> list[tuple[object, ...]]:
    """What was to be taken back while it was kept for an order: how much, and what came of it."""
    return house.rows("select amount, came_to from order_reversals order by event_id, order_id, reward_id")
