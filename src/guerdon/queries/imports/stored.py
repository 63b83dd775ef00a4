"""Members as they stand, to be compared with what a file says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a member, but for who that is; `attributes` is JSON text."""

    market: str
    language: str
    location: str | None
    attributes: str


def load_stored(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> dict[int, Stored]:
    """Members by id."""
    rows = tx.execute(
        """
        select member_id, market, language, location, attributes::text from members
        where program_id = %s and member_id = any(%s)
        """,
        (program_id, list(member_ids)),
    ).fetchall()
    return {row[0]: Stored(*row[1:]) for row in rows}
