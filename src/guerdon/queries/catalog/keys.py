"""What a page needs beside a search: an item by its number, and what a member is in and marked."""

from collections.abc import Iterable

from guerdon.store.database import Transaction
from guerdon.values.texts import Text


def find_item_key(tx: Transaction, program_id: int, number: int) -> str | None:
    """The key of an item of the catalog that is there."""
    row = tx.execute(
        "select key from catalog_items where program_id = %s and id = %s and gone_at is null",
        (program_id, number),
    ).fetchone()
    return str(row[0]) if row else None


def load_names(tx: Transaction, keys: Iterable[str | None]) -> dict[str, Text]:
    """What items of the catalog are called, by their keys; gone ones too, unknown ones not."""
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return {}
    rows = tx.execute(
        "select key, names from catalog_items where program_id = (select this_program()) and key = any(%s)",
        (wanted,),
    ).fetchall()
    return dict(rows)


def list_segments(tx: Transaction, program_id: int, member_id: int) -> list[str]:
    """The segments that a member is in, for what is kept for some of them."""
    rows = tx.execute(
        "select segment from segment_members where program_id = %s and member_id = %s order by 1",
        (program_id, member_id),
    ).fetchall()
    return [str(row[0]) for row in rows]


def list_favorites(tx: Transaction, program_id: int, member_id: int) -> frozenset[int]:
    """Items that a member marked and that are still there."""
    rows = tx.execute(
        """
        select f.item_id from favorites f
        join catalog_items i on i.program_id = f.program_id and i.id = f.item_id and i.gone_at is null
        where f.program_id = %s and f.member_id = %s
        """,
        (program_id, member_id),
    ).fetchall()
    return frozenset(int(row[0]) for row in rows)
