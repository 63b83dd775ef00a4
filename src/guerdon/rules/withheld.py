"""What was to be taken back while it was kept for an order: that order ended, and now it is.

Given back, it goes to the pool that had paid, before anybody has it again. Delivered, it is spent: the rule
says who owes it, as of any other reward that was spent before it was taken back. Where what was delivered is
returned, it is there to be taken after all; a member who owed it pays with what they have again.
"""

from collections.abc import Sequence
from dataclasses import replace

from guerdon.ledger.chart import DEBT, PURSE, location_account, owed_account
from guerdon.ledger.effects import Draw, Effect, Post, Reverse
from guerdon.ledger.lots import Lot, draw_earliest
from guerdon.rules.facts import Withheld
from guerdon.values.ids import derived_id


def take_from_freed(
    event_id: int, unit: str, freed: Sequence[Lot], wanted: Sequence[Withheld]
) -> tuple[list[Effect], list[Lot]]:
    """Take it out of what an order gives back (lots as they were kept for it); and what is left of these."""
    effects: list[Effect] = []
    left = {lot.reward_id: lot for lot in freed}
    for want in wanted:
        lot = left[want.reward_id]
        assert want.amount <= lot.remaining, "more is to be taken back than was kept for the order"
        post = _number(event_id, want)
        effects += [
            Post(post, PURSE, lot.payer, unit, want.amount),
            Draw(post, lot.reward_id, want.amount),
        ]
        left[lot.reward_id] = replace(lot, remaining=lot.remaining - want.amount)
    return effects, [lot for lot in left.values() if lot.remaining]


def owe_for_spent(
    event_id: int, unit: str, spent: Sequence[Lot], free: Sequence[Lot], wanted: Sequence[Withheld]
) -> list[Effect]:
    """Let it be owed what an order took: by its member, after what is `free`, by a location, or by nobody."""
    effects: list[Effect] = []
    payers = {lot.reward_id: lot.payer for lot in spent}
    for want in wanted:
        payer, number = payers[want.reward_id], _number(event_id, want)
        rest = want.amount
        if want.if_spent == "debt":
            drawn = draw_earliest(free, rest)
            paid = sum(part for _, part in drawn)
            if paid:
                effects.append(Post(number, PURSE, payer, unit, paid))
                effects += [Draw(number, lot.reward_id, part) for lot, part in drawn]
                parts = {lot.reward_id: part for lot, part in drawn}
                free = [replace(lot, remaining=lot.remaining - parts.get(lot.reward_id, 0)) for lot in free]
                rest -= paid
        by = _owed_by(want)
        if rest and by:
            effects.append(Post(derived_id(number, "owed"), by, owed_account(payer), unit, rest))
            effects.append(Reverse(want.reward_id, want.by, unit, 0, rest, by))
    return effects


def owe_no_more(
    event_id: int, unit: str, returned: Sequence[Lot], wanted: Sequence[Withheld]
) -> list[Effect]:
    """What was delivered was returned, and taken back then: a location that owed it owes it no more."""
    payers = {lot.reward_id: lot.payer for lot in returned}
    return [
        Post(
            derived_id(_number(event_id, want), "owed"),
            owed_account(payers[want.reward_id]),
            location_account(want.location),
            unit,
            want.amount,
        )
        for want in wanted
        if want.if_spent == "location" and want.location
    ]


def _owed_by(want: Withheld) -> str:
    if want.if_spent == "debt":
        return DEBT
    return location_account(want.location) if want.if_spent == "location" and want.location else ""


def _number(event_id: int, want: Withheld) -> int:
    return derived_id(event_id, "withheld", str(want.reward_id), str(want.event_id), want.by)
