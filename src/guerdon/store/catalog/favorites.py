"""What members mark in the catalog: so many items at most, each once."""

from collections.abc import Mapping
from datetime import datetime

from guerdon.store.database import Transaction

FAVORITES_MAX = 500


def mark_favorite(tx: Transaction, program_id: int, member_id: int, item_id: int, at: datetime) -> None:
    """Mark an item that is there; past so many nothing is marked any more."""
    tx.execute(
        """
        insert into favorites (program_id, member_id, item_id, at)
        select i.program_id, %(member)s, i.id, %(at)s from catalog_items i
        where i.program_id = %(program)s and i.id = %(item)s and i.gone_at is null
          and (select count(*) from favorites f
               where f.program_id = %(program)s and f.member_id = %(member)s) < %(most)s
        on conflict do nothing
        """,
        {"program": program_id, "member": member_id, "item": item_id, "at": at, "most": FAVORITES_MAX},
    )


def unmark_favorite(tx: Transaction, program_id: int, member_id: int, item_id: int) -> None:
    """Take the mark off."""
    tx.execute(
        "delete from favorites where program_id = %s and member_id = %s and item_id = %s",
        (program_id, member_id, item_id),
    )


def move_favorites(tx: Transaction, program_id: int, led: Mapping[int, int]) -> None:
    """Give what members marked to whoever goes on for them, unless some id still leads to who they were."""
    if not led:
        return
    tx.execute(
        """
        with moved as (
          delete from favorites f using unnest(%(was)s::bigint[], %(now)s::bigint[]) as n (was, now)
          where f.program_id = %(program)s and f.member_id = n.was
            and not exists (select from member_ids i
                            where i.program_id = f.program_id and i.member_id = n.was)
          returning n.now, f.item_id, f.at)
        insert into favorites (program_id, member_id, item_id, at)
        select %(program)s, m.now, m.item_id, m.at
        from (select moved.*, row_number() over (partition by now order by at desc, item_id) as place
              from moved) m
        where m.place + (select count(*) from favorites f
                         where f.program_id = %(program)s and f.member_id = m.now) <= %(most)s
        on conflict do nothing
        """,
        {"program": program_id, "was": list(led), "now": list(led.values()), "most": FAVORITES_MAX},
    )
