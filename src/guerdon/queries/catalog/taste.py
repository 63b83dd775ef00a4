"""What is known of a member that a ranking may use."""

from guerdon.queries.catalog.keys import list_favorites
from guerdon.rules.ranking import Taste
from guerdon.store.database import Transaction

# What they chose long ago says little.
CHOICES_MAX = 50


def load_taste(tx: Transaction, program_id: int, member_id: int) -> Taste:
    """Of which categories a member chose lately, and what they marked."""
    rows = tx.execute(
        """
        select i.category, count(*)
        from (select item from orders where program_id = %(p)s and member_id = %(m)s and canceled_at is null
              order by placed_at desc limit %(most)s) o
        join catalog_items i on i.program_id = %(p)s and i.key = o.item
        group by 1
        """,
        {"p": program_id, "m": member_id, "most": CHOICES_MAX},
    ).fetchall()
    return Taste({category: int(n) for category, n in rows}, list_favorites(tx, program_id, member_id))
