"""Reach: a row for each member, locked by whoever hands a message over to them or changes what they chose."""

from collections.abc import Sequence

from guerdon.store.database import Transaction


def lock_reach(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> dict[int, int]:
    """Lock members until this transaction ends, in their order; gives the generation of each one's links."""
    ids = sorted(set(member_ids))
    tx.execute(
        """
        insert into reach (program_id, member_id) select %s, n from unnest(%s::bigint[]) n
        where not exists (select from reach r where r.program_id = %s and r.member_id = n)
        order by n on conflict do nothing
        """,
        (program_id, ids, program_id),
    )
    rows = tx.execute(
        """
        select member_id, generation from reach where program_id = %s and member_id = any(%s)
        order by member_id for update
        """,
        (program_id, ids),
    ).fetchall()
    return {row[0]: row[1] for row in rows}


def renew_links(tx: Transaction, program_id: int, member_id: int) -> None:
    """Make all links to a member's choices void that went out before."""
    tx.execute(
        """
        update reach set generation = generation + 1, updated_at = clock_timestamp()
        where program_id = %s and member_id = %s
        """,
        (program_id, member_id),
    )


def load_generation(tx: Transaction, program_id: int, member_id: int) -> int:
    """The generation of a member's links; whoever was never told anything has the first one."""
    row = tx.execute(
        "select generation from reach where program_id = %s and member_id = %s", (program_id, member_id)
    ).fetchone()
    return 0 if row is None else int(row[0])
