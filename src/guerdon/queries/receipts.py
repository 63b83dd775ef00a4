"""Receipts: what was decided for an event and why, read back from the decision that was stored with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from guerdon.ledger.effects import (
    Effect,
    Extend,
    Hold,
    Issue,
    Post,
    Redeem,
    Refuse,
    Reverse,
    Send,
    Wait,
    decode_decision,
)
from guerdon.store.database import Transaction, see_by_sets

REASONS_OVER_EVENTS = 1000
# Whoever sees few of them goes so far back, in the numbers of events, seen or not.
REASONS_BACK_MAX = 50_000


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule made of an event: a reward, or the reason why not."""

    rule: str
    reason: str
    unit: str
    value: int
    reward: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """One decided event."""

    id: int
    member_id: int
    type: str
    source: str
    external_id: str
    market: str
    location: str | None
    version: int
    outcome: str
    happened_at: datetime
    recorded_at: datetime
    decided_at: datetime
    rules: tuple[RuleOutcome, ...]
    messages: tuple[str, ...]
    redeemed: Redeem | None
    extended: tuple[Extend, ...]
    # What it moved, which a receipt tells where no rule, choice or reward says it.
    moved: tuple[Post, ...] = ()

    @property
    def issued(self) -> tuple[RuleOutcome, ...]:
        """The rules that gave something."""
        return tuple(rule for rule in self.rules if rule.reason == "issued")

    @property
    def refused(self) -> tuple[RuleOutcome, ...]:
        """The rules that gave nothing, each with its reason."""
        return tuple(rule for rule in self.rules if rule.reason != "issued")


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How often a reason was given, and what it kept back."""

    reason: str
    n: int
    unit: str
    value: int


# In the order in which every query below asks for them; the decision follows.
COLUMNS: tuple[LiteralString, ...] = (
    *("id", "member_id", "type", "source", "external_id", "market", "location", "version", "outcome"),
    *("happened_at", "recorded_at", "decided_at"),
)


def chosen(receipts: Iterable[Receipt]) -> list[str]:
    """Keys of the items that were chosen."""
    return [each.redeemed.item for each in receipts if each.redeemed is not None]


def list_latest(
    tx: Transaction, limit: int, market: str | None = None, before: int | None = None
) -> list[Receipt]:
    """The latest decided events of all members, newest first."""
    rows = tx.execute(
        """
        select id, member_id, type, source, external_id, market, location, version, outcome,
               happened_at, recorded_at, decided_at, decision::text
        from events
        where program_id = this_program() and member_id > 0
          and (%(market)s::text is null or market = %(market)s)
          and (%(before)s::bigint is null or id < %(before)s)
        order by id desc limit %(limit)s
        """,
        {"market": market, "before": before, "limit": limit},
    ).fetchall()
    return [receipt_of(row) for row in rows]


def list_latest_ids(tx: Transaction, limit: int, market: str | None = None) -> list[int]:
    """The ids of the latest decided events of all members, newest first."""
    rows = tx.execute(
        """
        select id from events
        where program_id = this_program() and member_id > 0
          and (%(market)s::text is null or market = %(market)s)
        order by id desc limit %(limit)s
        """,
        {"market": market, "limit": limit},
    ).fetchall()
    return [int(row[0]) for row in rows]


def list_of_member(tx: Transaction, member_id: int, limit: int, before: int | None = None) -> list[Receipt]:
    """A member's decided events, newest first."""
    rows = tx.execute(
        """
        select id, member_id, type, source, external_id, market, location, version, outcome,
               happened_at, recorded_at, decided_at, decision::text
        from events
        where program_id = this_program() and member_id = %(member)s
          and (%(before)s::bigint is null or id < %(before)s)
        order by id desc limit %(limit)s
        """,
        {"member": member_id, "before": before, "limit": limit},
    ).fetchall()
    return [receipt_of(row) for row in rows]


def count_reasons(tx: Transaction, market: str | None = None) -> list[ReasonCount]:
    """Why the latest events earned nothing, most frequent reason first."""
    see_by_sets(tx)
    rows = tx.execute(
        """
        select effect ->> 'reason' as reason, count(*), max(effect ->> 'unit'),
               coalesce(sum((effect ->> 'value')::bigint), 0)::bigint
        from (
          select decision from events
          where program_id = this_program() and (%(market)s::text is null or market = %(market)s)
            and id > (select max(id) from events where program_id = this_program()) - %(back)s
          order by id desc limit %(limit)s
        ) latest, json_array_elements(decision -> 'effects') effect
        where effect ->> 'type' = 'refuse'
        group by 1 order by 2 desc, 1
        """,
        {"market": market, "limit": REASONS_OVER_EVENTS, "back": REASONS_BACK_MAX},
    ).fetchall()
    return [ReasonCount(reason, int(n), unit or "", int(value)) for reason, n, unit, value in rows]


def receipt_of(row: Sequence[Any]) -> Receipt:
    """A row of `COLUMNS`, and the decision as text after them."""
    effects = decode_decision(row[len(COLUMNS)]).effects
    columns: dict[str, Any] = dict(zip(COLUMNS, row, strict=False))
    return Receipt(
        **columns,
        rules=tuple(told for effect in effects if (told := _outcome(effect)) is not None),
        messages=tuple(effect.message for effect in effects if isinstance(effect, Send)),
        redeemed=next((effect for effect in effects if isinstance(effect, Redeem)), None),
        extended=tuple(effect for effect in effects if isinstance(effect, Extend)),
        moved=tuple(effect for effect in effects if isinstance(effect, Post)),
    )


def _outcome(effect: Effect) -> RuleOutcome | None:
    """What a receipt says of an effect; the transfers beside it say the same once more."""
    match effect:
        case Issue(rule, reward, unit, value):
            return RuleOutcome(rule, "issued", unit, value, reward)
        case Refuse(rule, reason, unit, value):
            return RuleOutcome(rule, reason, unit, value)
        case Hold(_, rule, reason, unit, value):
            return RuleOutcome(rule, f"held:{reason}", unit, value)
        case Reverse(reward, rule, unit, amount, owed):
            # What an order took after all is owed later than it was taken back.
            return RuleOutcome(rule, "taken_back", unit, amount or owed, reward)
        case Wait(rule, _, order, reward, unit, amount):
            # Its reward has not come yet, or is kept for an order.
            return RuleOutcome(rule, "waits_order" if order else "waits", unit, amount, reward or None)
        case _:
            return None
