"""Pictures of items, by the hash of what they are."""

from guerdon.store.database import Transaction


def find_image(tx: Transaction, program_id: int, picture: str) -> tuple[str, bytes] | None:
    """A picture's type and bytes."""
    row = tx.execute(
        "select type, bytes from catalog_images where program_id = %s and hash = %s", (program_id, picture)
    ).fetchone()
    return (str(row[0]), bytes(row[1])) if row else None
