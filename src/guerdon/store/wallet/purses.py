"""Reading what members have, for whoever is about to change it: first their lock, then purses and lots.

The lock is the member's row: the batches that decide events hold it too, so what is read here stays as it is
until this transaction ends.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guerdon.ledger.chart import DEBT, PURSE, payer_of_owed
from guerdon.ledger.lots import Debt, Lot
from guerdon.store.database import Transaction

# A member's purse of a unit.
Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class MemberHere:
    """A locked member: what its events are counted under."""

    member_id: int
    market: str
    location: str | None


@dataclass(frozen=True, slots=True)
class Purse:
    """A member's account of one unit, with its lots that are ready and to whom its debt is owed."""

    unit: str
    posted: int = 0
    held: int = 0
    pending: int = 0
    debt: int = 0
    lots: Sequence[Lot] = ()
    debts: Sequence[Debt] = ()


def lock_member(tx: Transaction, program_id: int, member_id: int) -> MemberHere | None:
    """Lock one member until this transaction ends; None when there is none."""
    row = tx.execute(
        """
        select member_id, market, location from members
        where program_id = %s and member_id = %s for no key update
        """,
        (program_id, member_id),
        prepare=True,
    ).fetchone()
    return MemberHere(*row) if row else None


def load_purse(tx: Transaction, program_id: int, member_id: int, unit: str) -> Purse:
    """What a locked member has of one unit; an empty purse when it never had any."""
    return load_purses(tx, program_id, [(member_id, unit)]).get((member_id, unit), Purse(unit))


def load_purses(tx: Transaction, program_id: int, keys: Sequence[Key]) -> dict[Key, Purse]:
    """What locked members have: those of these purses that there are."""
    columns = ([member for member, _ in keys], [unit for _, unit in keys])
    rows = tx.execute(
        """
        select a.member_id, a.unit, a.posted, a.held, a.pending, a.debt
        from unnest(%s::bigint[], %s::text[]) as w (member_id, unit)
        join accounts a on a.program_id = %s and a.member_id = w.member_id and a.name = %s and a.unit = w.unit
        """,
        (*columns, program_id, PURSE),
        prepare=True,
    ).fetchall()
    lots = load_lots(tx, program_id, keys)
    debts = load_debts(tx, program_id, [(m, u) for m, u, _, _, _, debt in rows if debt])
    return {
        (member, unit): Purse(
            unit, posted, held, pending, debt, lots.get((member, unit), ()), debts.get((member, unit), ())
        )
        for member, unit, posted, held, pending, debt in rows
    }


def load_lots(tx: Transaction, program_id: int, keys: Sequence[Key]) -> Mapping[Key, Sequence[Lot]]:
    """Lots that are ready, by member and unit."""
    rows = tx.execute(
        """
        select r.member_id, r.unit, r.id, r.remaining, r.held, r.payer, r.expires_at, r.issued_at
        from unnest(%s::bigint[], %s::text[]) as w (member_id, unit)
        join rewards r on r.program_id = %s and r.member_id = w.member_id and r.unit = w.unit
        where r.state = 'ready'
        """,
        ([member for member, _ in keys], [unit for _, unit in keys], program_id),
        prepare=True,
    ).fetchall()
    found: dict[Key, list[Lot]] = defaultdict(list)
    for member, unit, *columns in rows:
        found[member, unit].append(Lot(*columns))
    return found


def load_debts(tx: Transaction, program_id: int, keys: Sequence[Key]) -> Mapping[Key, Sequence[Debt]]:
    """To which pools members in debt owe how much: what was owed in their name, less what was paid since."""
    if not keys:
        return {}
    rows = tx.execute(
        """
        select t.member_id, t.unit,
               case when t.from_account = %(debt)s then t.to_account else t.from_account end,
               sum(case when t.from_account = %(debt)s then t.amount else -t.amount end)::bigint
        from unnest(%(members)s::bigint[], %(units)s::text[]) as w (member_id, unit)
        join transfers t on t.program_id = %(program)s and t.member_id = w.member_id and t.unit = w.unit
        where t.from_account = %(debt)s
           or ((starts_with(t.from_account, 'owed:') or t.from_account = 'program:owed')
               and not starts_with(t.to_account, 'location:'))
        group by 1, 2, 3
        having sum(case when t.from_account = %(debt)s then t.amount else -t.amount end) > 0
        """,
        {
            "debt": DEBT,
            "members": [member for member, _ in keys],
            "units": [unit for _, unit in keys],
            "program": program_id,
        },
    ).fetchall()
    found: dict[Key, list[Debt]] = defaultdict(list)
    for member, unit, owed, amount in rows:
        found[member, unit].append(Debt(payer_of_owed(owed), amount))
    return found
