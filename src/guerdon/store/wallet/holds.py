"""Holds as rows: value set aside for one purpose, with the lots it came from; it leaves `open` once.

Whether whoever it is held for has said how it ended stands with it: what is unknown neither expires nor is
released, or a supplier's late yes would have been paid by nobody.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.ledger.chart import PURSE
from guerdon.store.database import Transaction

End = Literal["captured", "released", "expired"]


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold of a member, with what it set aside of each lot."""

    id: int
    unit: str
    amount: int
    captured: int
    state: str
    purpose: str
    outcome_known: bool
    lots: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold to be opened."""

    id: int
    unit: str
    amount: int
    purpose: str
    expires_at: datetime | None
    lots: Mapping[int, int]


def load_holds(tx: Transaction, program_id: int, keys: Sequence[tuple[int, int]]) -> dict[int, HoldRow]:
    """Holds by id, locked: (member, hold)."""
    columns = ([member for member, _ in keys], [hold for _, hold in keys])
    rows = tx.execute(
        """
        select h.id, h.unit, h.amount, h.captured, h.state, h.purpose, h.outcome_known
        from unnest(%s::bigint[], %s::bigint[]) as w (member_id, id)
        join holds h on h.program_id = %s and h.member_id = w.member_id and h.id = w.id
        where h.account = %s order by h.member_id, h.id for update of h
        """,
        (*columns, program_id, PURSE),
    ).fetchall()
    lots: dict[int, dict[int, int]] = defaultdict(dict)
    for hold_id, reward_id, amount in tx.execute(
        """
        select l.hold_id, l.reward_id, l.amount
        from unnest(%s::bigint[], %s::bigint[]) as w (member_id, id)
        join hold_lots l on l.program_id = %s and l.member_id = w.member_id and l.hold_id = w.id
        """,
        (*columns, program_id),
    ).fetchall():
        lots[hold_id][reward_id] = amount
    return {
        hold_id: HoldRow(hold_id, unit, amount, captured, state, purpose, known, lots[hold_id])
        for hold_id, unit, amount, captured, state, purpose, known in rows
    }


def record_hold(tx: Transaction, program_id: int, member_id: int, hold: NewHold, at: datetime) -> None:
    """Open a hold."""
    tx.execute(
        """
        insert into holds (program_id, member_id, id, account, unit, amount, purpose, opened_at, expires_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            program_id,
            member_id,
            hold.id,
            PURSE,
            hold.unit,
            hold.amount,
            hold.purpose,
            at,
            hold.expires_at,
        ),
    )
    tx.execute(
        """
        insert into hold_lots (program_id, member_id, hold_id, reward_id, amount)
        select %s, %s, %s, l.* from unnest(%s::bigint[], %s::bigint[]) as l
        """,
        (program_id, member_id, hold.id, list(hold.lots), list(hold.lots.values())),
    )


def settle_holds(
    tx: Transaction, program_id: int, ends: Sequence[tuple[int, int, int]], state: End, at: datetime
) -> int:
    """Close open holds: (member, hold, captured). How many were open and are closed by it."""
    closed = tx.execute(
        """
        update holds h set state = %s, captured = c.captured, closed_at = %s,
               outcome_known = h.outcome_known or %s
        from unnest(%s::bigint[], %s::bigint[], %s::bigint[]) as c (member_id, id, captured)
        where h.program_id = %s and h.member_id = c.member_id and h.id = c.id
          and h.state = 'open' and h.amount >= c.captured
        """,
        (
            state,
            at,
            # Who captures says by it how it ended.
            state == "captured",
            [member for member, _, _ in ends],
            [hold for _, hold, _ in ends],
            [captured for _, _, captured in ends],
            program_id,
        ),
    )
    return closed.rowcount


def settle_outcome(tx: Transaction, program_id: int, member_id: int, hold_id: int, *, known: bool) -> bool:
    """Note whether the outcome of an open hold is known; False when it is not open."""
    noted = tx.execute(
        """
        update holds set outcome_known = %s
        where program_id = %s and member_id = %s and id = %s and state = 'open'
        """,
        (known, program_id, member_id, hold_id),
    )
    return noted.rowcount == 1
