"""Allowances: what was used of limits, by members on their own and by all of them together.

A member's own are safe under the member's lock. Those that members share are read without a lock, like
pools, and changed late: when somebody else used them meanwhile and they no longer suffice, the batch is
decided again with them locked first.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from zlib import crc32

from guerdon.rules.facts import SHARED, AllowanceKey
from guerdon.store.arrays import numbers, texts
from guerdon.store.database import Transaction
from guerdon.store.decided import copied, record_lines
from guerdon.store.pools import PoolSpent

# Names are locked by their place: so many locks a batch has at most.
PLACES = 256


@dataclass(frozen=True, slots=True)
class OwnUses:
    """What a batch does to what members have of their own limits, and what it had asked about before.

    Of these members in these periods it had seen all that there was.
    """

    changes: Mapping[AllowanceKey, int]
    members: AbstractSet[int]
    periods: AbstractSet[datetime]
    seen: Mapping[AllowanceKey, int]

    def is_new(self, key: AllowanceKey) -> bool:
        """Whether there is no row of it yet, for certain."""
        return key not in self.seen and key[0] in self.members and key[2] in self.periods


@dataclass(frozen=True, slots=True)
class SharedUses:
    """What a batch does to what members share: its changes, how high each went, what it began with.

    `hourly` are the limits that count several periods together.
    """

    changes: Mapping[AllowanceKey, int]
    highest: Mapping[AllowanceKey, int]
    seen: Mapping[AllowanceKey, int]
    hourly: frozenset[str]


def load_own(
    tx: Transaction, program_id: int, members: Sequence[int], periods: Sequence[datetime]
) -> dict[AllowanceKey, int]:
    """What members have used of their limits in some periods."""
    rows = tx.execute(
        """
        select member_id, name, period, used from allowances
        where program_id = %s and member_id = any(%s::text::bigint[]) and period = any(%s::text::timestamp[])
        """,
        (program_id, numbers(members), _instants(periods)),
        prepare=True,
    ).fetchall()
    return {(member, name, period): used for member, name, period, used in rows}


def load_shared(tx: Transaction, program_id: int, keys: Iterable[AllowanceKey]) -> dict[AllowanceKey, int]:
    """What was used of limits that members share."""
    rows = tx.execute(
        """
        select a.name, a.period, a.used
        from unnest(%s::text::text[], %s::text::timestamp[]) as w (name, period)
        join allowances a
          on a.program_id = %s and a.member_id = %s and a.name = w.name and a.period = w.period
        """,
        (*_columns(sorted(keys)), program_id, SHARED),
        prepare=True,
    ).fetchall()
    return {(SHARED, name, period): used for name, period, used in rows}


def lock_shared(tx: Transaction, program_id: int, names: Iterable[str]) -> None:
    """Let nobody else use these until this transaction ends, in any period, also where no row is yet."""
    places = {(program_id * PLACES + crc32(name.encode()) % PLACES) % 2**31 for name in names}
    if places:
        tx.execute(
            """
            select pg_advisory_xact_lock(1735289450, place)
            from (select place from unnest(%s::int[]) as p (place) order by place) ordered
            """,
            (sorted(places),),
            prepare=True,
        )


def record_own(tx: Transaction, program_id: int, uses: OwnUses, ceilings: Mapping[str, int]) -> None:
    """Use up members' limits, or give back; the table's check refuses what would pass a ceiling.

    Most are new, and these are copied: as the members are locked, nobody else can have made one meanwhile.
    """
    new: list[AllowanceKey] = []
    rest: dict[AllowanceKey, int] = {}
    for key, change in uses.changes.items():
        if key[0] == SHARED or not change:
            continue
        if uses.is_new(key):
            new.append(key)
        else:
            rest[key] = change
    if new:
        # Member by member, as the table's index is.
        new.sort(key=itemgetter(0))
        starts = {period: period.isoformat() for period in uses.periods}
        lines = [
            f"{program_id}\t{key[0]}\t{copied(key[1])}\t{starts[key[2]]}\t{uses.changes[key]}"
            f"\t{_ceiling(key, ceilings)}\n"
            for key in new
        ]
        record_lines(tx, {"allowances": lines})
    _record(tx, program_id, rest, ceilings)


def settle_shared(tx: Transaction, program_id: int, uses: SharedUses, ceilings: Mapping[str, int]) -> None:
    """Use up what members share, or give back.

    Raises `PoolSpent` when one could not bear its highest point in the batch, or when it counts in hours and
    any of them was changed: then what stands beside it counts, too.
    """
    changed = {key: n for key, n in uses.changes.items() if key[0] == SHARED and n}
    if not changed:
        return
    names = {name for _, name, _ in changed}
    lock_shared(tx, program_id, names)
    now = load_shared(tx, program_id, [key for key in uses.seen if key[1] in names])
    for key, seen in uses.seen.items():
        used = now.get(key, 0)
        if key[1] not in names or used == seen:
            continue
        if (
            key[1].partition(":")[0] in uses.hourly
            or used + uses.highest.get(key, 0) > _ceiling(key, ceilings)
            or used + changed.get(key, 0) < 0
        ):
            raise PoolSpent
    _record(tx, program_id, changed, ceilings)


def _record(
    tx: Transaction, program_id: int, used: Mapping[AllowanceKey, int], ceilings: Mapping[str, int]
) -> None:
    more = sorted(key for key, change in used.items() if change > 0)
    if more:
        tx.execute(
            """
            insert into allowances (program_id, member_id, name, period, used, ceiling)
            select %s, m, n, d, u, c
            from unnest(%s::text::bigint[], %s::text::text[], %s::text::timestamp[], %s::text::bigint[],
                        %s::text::bigint[])
              as a (m, n, d, u, c)
            on conflict (program_id, member_id, name, period) do update
            set used = allowances.used + excluded.used, ceiling = greatest(excluded.ceiling, allowances.used)
            """,
            (program_id, *_lines(more, used, ceilings)),
            prepare=True,
        )
    # A row proposed below zero would be refused before it found the one that is there.
    less = sorted(key for key, change in used.items() if change < 0)
    if less:
        tx.execute(
            """
            update allowances a set used = a.used + w.used, ceiling = greatest(w.ceiling, a.used)
            from unnest(%s::text::bigint[], %s::text::text[], %s::text::timestamp[], %s::text::bigint[],
                        %s::text::bigint[])
              as w (member_id, name, period, used, ceiling)
            where a.program_id = %s and a.member_id = w.member_id and a.name = w.name and a.period = w.period
            """,
            (*_lines(less, used, ceilings), program_id),
        )


def _lines(
    keys: Sequence[AllowanceKey], used: Mapping[AllowanceKey, int], ceilings: Mapping[str, int]
) -> tuple[str, ...]:
    return (
        numbers([owner for owner, _, _ in keys]),
        *_columns(keys),
        numbers([used[key] for key in keys]),
        numbers([_ceiling(key, ceilings) for key in keys]),
    )


def _ceiling(key: AllowanceKey, ceilings: Mapping[str, int]) -> int:
    known = ceilings.get(key[1])
    return ceilings[key[1].partition(":")[0]] if known is None else known


def _columns(keys: Sequence[AllowanceKey]) -> tuple[str, str]:
    return texts([name for _, name, _ in keys]), _instants([period for _, _, period in keys])


def _instants(periods: Iterable[datetime]) -> str:
    return "{" + ",".join([f'"{period.isoformat(" ")}"' for period in periods]) + "}"
