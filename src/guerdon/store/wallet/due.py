"""What is due at a moment: pending value that matures, lots and holds that end, members who were away long.

Each question locks members whom nobody else has at hand, in id order and so many at a time; who is skipped is
found again the next time. What is due is asked again under the lock, so two workers never end a lot twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from guerdon.ledger.chart import PURSE
from guerdon.ledger.lots import Lot
from guerdon.store.database import Transaction
from guerdon.store.wallet.purses import MemberHere

# Members who have something due, those for whom it has been due longest first.
DUE: dict[str, LiteralString] = {
    "mature": """
        select member_id from rewards
        where program_id = %(program)s and state = 'pending' and available_at <= %(now)s
        order by available_at limit %(most)s
    """,
    "expire": """
        select member_id from rewards
        where program_id = %(program)s and state = 'ready' and expires_at <= %(now)s and held = 0
        order by expires_at limit %(most)s
    """,
    "run_out": """
        select member_id from holds
        where program_id = %(program)s and state = 'open' and expires_at <= %(now)s and outcome_known
          and member_id > 0
        order by expires_at limit %(most)s
    """,
}


@dataclass(frozen=True, slots=True)
class DueLot:
    """A lot that is due, of a member and a unit, and the rule that gave it."""

    member_id: int
    unit: str
    rule: str
    lot: Lot


@dataclass(frozen=True, slots=True)
class Absence:
    """A unit that ends for who neither earned nor spent any of it for so long, in days of a time zone."""

    unit: str
    months: int
    days: int
    time_zone: str


def lock_due_members(
    tx: Transaction, program_id: int, what: str, now: datetime, most: int
) -> list[MemberHere]:
    """Lock members for whom something of a kind is due."""
    due = tx.execute(DUE[what], {"program": program_id, "now": now, "most": most}).fetchall()
    return _lock(tx, program_id, sorted({row[0] for row in due}))


def lock_absent_members(
    tx: Transaction, program_id: int, absence: Absence, now: datetime, most: int
) -> list[MemberHere]:
    """Lock members who have something free of a unit and did not touch it for that long."""
    locked = _lock(tx, program_id, _find_absent(tx, program_id, absence, now, most))
    # Who earned or spent between the question and the lock is there again, and nobody comes between now.
    ids = [member.member_id for member in locked]
    still = set(_find_absent(tx, program_id, absence, now, most, ids)) if ids else set()
    return [member for member in locked if member.member_id in still]


def _find_absent(
    tx: Transaction,
    program_id: int,
    absence: Absence,
    now: datetime,
    most: int,
    among: Sequence[int] | None = None,
) -> list[int]:
    found = tx.execute(
        """
        select a.member_id from accounts a
        where a.program_id = %(program)s and a.name = %(purse)s and a.unit = %(unit)s and a.member_id > 0
          and a.posted > a.held
          and (%(among)s::bigint[] is null or a.member_id = any(%(among)s::bigint[]))
          and ((a.active_at at time zone %(zone)s)::date
               + make_interval(months => %(months)s, days => %(days)s + 1)) at time zone %(zone)s <= %(now)s
          and exists (
            select from rewards r where r.program_id = a.program_id and r.member_id = a.member_id
              and r.unit = a.unit and r.state = 'ready' and r.held = 0
          )
        order by a.member_id limit %(most)s
        """,
        {
            "program": program_id,
            "purse": PURSE,
            "unit": absence.unit,
            "zone": absence.time_zone,
            "months": absence.months,
            "days": absence.days,
            "now": now,
            "most": most,
            "among": None if among is None else list(among),
        },
    ).fetchall()
    return [row[0] for row in found]


def _lock(tx: Transaction, program_id: int, members: Sequence[int]) -> list[MemberHere]:
    if not members:
        return []
    rows = tx.execute(
        """
        select member_id, market, location from members
        where program_id = %s and member_id = any(%s) order by member_id for no key update skip locked
        """,
        (program_id, list(members)),
    ).fetchall()
    return [MemberHere(*row) for row in rows]


def load_maturing(
    tx: Transaction, program_id: int, members: Sequence[int], now: datetime, most: int
) -> list[DueLot]:
    """Pending lots of locked members that may be spent by now."""
    return _lots(
        tx.execute(
            """
            select member_id, unit, rule, id, remaining, held, payer, expires_at, issued_at from rewards
            where program_id = %s and member_id = any(%s) and state = 'pending' and available_at <= %s
            order by available_at, member_id, id limit %s
            """,
            (program_id, list(members), now, most),
        ).fetchall()
    )


def load_ending(
    tx: Transaction, program_id: int, members: Sequence[int], now: datetime, most: int
) -> list[DueLot]:
    """Ready lots of locked members whose last day is over, and of which nothing is set aside."""
    return _lots(
        tx.execute(
            """
            select member_id, unit, rule, id, remaining, held, payer, expires_at, issued_at from rewards
            where program_id = %s and member_id = any(%s) and state = 'ready' and held = 0
              and expires_at <= %s
            order by expires_at, member_id, id limit %s
            """,
            (program_id, list(members), now, most),
        ).fetchall()
    )


def load_untouched(
    tx: Transaction, program_id: int, members: Sequence[int], unit: str, most: int
) -> list[DueLot]:
    """Ready lots of a unit, of locked members, of which nothing is set aside."""
    return _lots(
        tx.execute(
            """
            select member_id, unit, rule, id, remaining, held, payer, expires_at, issued_at from rewards
            where program_id = %s and member_id = any(%s) and unit = %s and state = 'ready' and held = 0
            order by member_id, id limit %s
            """,
            (program_id, list(members), unit, most),
        ).fetchall()
    )


def load_run_out(
    tx: Transaction, program_id: int, members: Sequence[int], now: datetime, most: int
) -> list[tuple[int, int]]:
    """Open holds of locked members that nobody took in time: (member, hold)."""
    rows = tx.execute(
        """
        select member_id, id from holds
        where program_id = %s and member_id = any(%s) and state = 'open' and expires_at <= %s
          and outcome_known
        order by expires_at, member_id, id limit %s
        """,
        (program_id, list(members), now, most),
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


def settle_matured(tx: Transaction, program_id: int, lots: Sequence[tuple[int, int]]) -> int:
    """Let pending lots be ready: (member, reward). How many were pending."""
    settled = tx.execute(
        """
        update rewards r set state = 'ready'
        from unnest(%s::bigint[], %s::bigint[]) as m (member_id, id)
        where r.program_id = %s and r.member_id = m.member_id and r.id = m.id and r.state = 'pending'
        """,
        ([member for member, _ in lots], [reward for _, reward in lots], program_id),
    )
    return settled.rowcount


def _lots(rows: Sequence[tuple[object, ...]]) -> list[DueLot]:
    return [DueLot(member, unit, rule, Lot(*columns)) for member, unit, rule, *columns in rows]  # type: ignore[arg-type]
