"""Codes that were taken, each in its window once; and how many wrong ones there were lately."""

from datetime import datetime, timedelta

from guerdon.store.database import Transaction

# Program and member.
Whose = tuple[int, int]


def count_wrong(tx: Transaction, whose: Whose, now: datetime, within: timedelta) -> int:
    """How many wrong codes of a member were tried lately."""
    row = tx.execute(
        "select wrong from card_tries where program_id = %s and member_id = %s and since > %s",
        (*whose, now - within),
    ).fetchone()
    return int(row[0]) if row else 0


def note_wrong(tx: Transaction, whose: Whose, now: datetime, within: timedelta) -> None:
    """Count a wrong code; after a while it begins anew."""
    tx.execute(
        """
        insert into card_tries as t values (%(program)s, %(member)s, %(now)s, 1)
        on conflict (program_id, member_id) do update
        set wrong = case when t.since > %(after)s then t.wrong + 1 else 1 end,
            since = case when t.since > %(after)s then t.since else %(now)s end
        """,
        {"program": whose[0], "member": whose[1], "now": now, "after": now - within},
    )


def take_window(
    tx: Transaction, whose: Whose, window_no: int, location: str, now: datetime, still: int
) -> bool:
    """Take the code of a window; False: it was taken before. Windows before `still` are let go of."""
    tx.execute(
        "delete from card_uses where program_id = %s and member_id = %s and window_no < %s", (*whose, still)
    )
    return (
        tx.execute(
            "insert into card_uses values (%s, %s, %s, %s, %s) on conflict do nothing",
            (*whose, window_no, location, now),
        ).rowcount
        == 1
    )
