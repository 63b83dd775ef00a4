"""Day-buckets: how many events of a type a member had on a day, and the sum of one of their fields.

Made of the events and rebuildable from them. Only what the program counts is kept (`programs.counted`): a
batch reads that under a lock before it adds, and whoever begins to count something new holds the row for
itself, so that what it adds up and what batches add after it are all there is.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from guerdon.rules.facts import DayKey
from guerdon.store.arrays import days, numbers, texts
from guerdon.store.database import Transaction


def lock_counted(tx: Transaction, program_id: int) -> tuple[frozenset[str], frozenset[str]]:
    """What is counted, and what segments watch, none of which can change until this transaction ends."""
    row = tx.execute(
        "select counted, watched from programs where program_id = %s for share", (program_id,), prepare=True
    ).fetchone()
    return (frozenset(row[0]), frozenset(row[1])) if row else (frozenset(), frozenset())


def load_days(
    tx: Transaction, program_id: int, members: Sequence[int], whats: Collection[str], first: date | None
) -> dict[DayKey, dict[date, int]]:
    """What members' buckets hold from a day on (None: ever): (member, what) -> day -> amount."""
    found: dict[DayKey, dict[date, int]] = defaultdict(dict)
    rows = tx.execute(
        """
        select member_id, what, day, amount from member_days
        where program_id = %s and member_id = any(%s::text::bigint[]) and what = any(%s::text::text[])
          and (%s::date is null or day >= %s)
        """,
        (program_id, numbers(members), texts(sorted(whats)), first, first),
        prepare=True,
    )
    for member, what, day, amount in rows:
        found[member, what][day] = int(amount)
    return found


def find_counted(tx: Transaction, program_id: int) -> frozenset[str]:
    """What is counted now, for whoever only looks."""
    row = tx.execute(
        "select counted from programs where program_id = %s", (program_id,), prepare=True
    ).fetchone()
    return frozenset(row[0]) if row else frozenset()


def count_of_members(
    tx: Transaction, program_id: int, members: Sequence[int], whats: Collection[str], zone: str
) -> dict[DayKey, dict[date, int]]:
    """What the buckets of these members would hold if this were counted, from their events."""
    found: dict[DayKey, dict[date, int]] = defaultdict(dict)
    rows = tx.execute(
        "select member_id, what, day, amount from recounted_days(%s, %s, %s, %s)",
        (program_id, sorted(whats), zone, list(members)),
    )
    for member, what, day, amount in rows:
        found[member, what][day] = int(amount)
    return found


def record_days(tx: Transaction, program_id: int, added: Mapping[tuple[int, str, date], int]) -> None:
    """Add to members' buckets: (member, what, day) -> amount."""
    if not added:
        return
    keys = sorted(added)
    tx.execute(
        """
        insert into member_days (program_id, member_id, what, day, amount)
        select %s, b.* from unnest(
          %s::text::bigint[], %s::text::text[], %s::text::date[], %s::text::numeric[]) as b
        on conflict (program_id, member_id, what, day) do update
        set amount = member_days.amount + excluded.amount
        """,
        (
            program_id,
            numbers([member for member, _, _ in keys]),
            texts([what for _, what, _ in keys]),
            days([day for _, _, day in keys]),
            numbers([added[key] for key in keys]),
        ),
        prepare=True,
    )


def begin_counting(tx: Transaction, program_id: int, whats: Collection[str], zone: str) -> list[str]:
    """Count these from now on too, and all that there was of them; returns those that are new.

    Waits for the batches that are running, and those that come wait for it.
    """
    row = tx.execute(
        "select counted from programs where program_id = %s for no key update", (program_id,)
    ).fetchone()
    new = sorted(set(whats) - set(row[0] if row else ()))
    if new:
        tx.execute(
            "update programs set counted = counted || %s::text[] where program_id = %s", (new, program_id)
        )
        tx.execute("delete from member_days where program_id = %s and what = any(%s)", (program_id, new))
        tx.execute(
            """
            insert into member_days (program_id, member_id, what, day, amount)
            select %s, member_id, what, day, amount from recounted_days(%s, %s, %s, null)
            """,
            (program_id, program_id, new, zone),
        )
    return new
