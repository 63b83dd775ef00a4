"""Day-buckets: how many events of a type a member had on a day, and the sum of one of their fields.

Made of the events and rebuildable from them, in days of the program's time zone. Only what the program counts
is kept (`store.batch.memory`).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from guerdon.rules.facts import DayKey
from guerdon.store.arrays import days, numbers, texts
from guerdon.store.database import Transaction


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


def recount_days(tx: Transaction, program_id: int, whats: Collection[str], zone: str) -> None:
    """Make these buckets anew out of all events there are; for whoever holds what is kept alone."""
    # It takes as long as there are events: broken off, it would begin anew for ever.
    tx.execute("set local statement_timeout = 0")
    tx.execute(
        "delete from member_days where program_id = %s and what = any(%s)", (program_id, sorted(whats))
    )
    tx.execute(
        """
        insert into member_days (program_id, member_id, what, day, amount)
        select %s, member_id, what, day, amount from recounted_days(%s, %s, %s, null)
        """,
        (program_id, program_id, sorted(whats), zone),
    )
