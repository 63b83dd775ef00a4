"""Addresses of pictures that suppliers name, and what came of asking there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from guerdon.store.database import Transaction

# When it is named again it is written down no more often than so, but within the day for which an image is
# kept that nobody shows; what nobody named for so long is forgotten.
NAMED_EVERY, NAMED_FOR = timedelta(hours=12), timedelta(days=60)


@dataclass(frozen=True, slots=True)
class PictureRow:
    """What came of an address: the hash of an image, or why there is none, and what that speaks of."""

    address: str
    feed: str
    sku: str
    image: str | None = None
    why: str = ""
    said: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """What is known of an address; `due`: nothing came of it, and it may be asked once more."""

    image: str | None
    due: bool


def look_up_pictures(
    tx: Transaction, program_id: int, addresses: Collection[str], now: datetime
) -> dict[str, FoundPicture]:
    """What is known of these addresses; not those whose image is not there any more."""
    if not addresses:
        return {}
    given = {"program": program_id, "addresses": list(addresses), "now": now, "before": now - NAMED_EVERY}
    tx.execute(
        """
        update catalog_pictures p set named_at = %(now)s
        from (select address from catalog_pictures
              where program_id = %(program)s and address = any(%(addresses)s) and named_at < %(before)s
              order by address for update) as n
        where p.program_id = %(program)s and p.address = n.address
        """,
        given,
    )
    # A day after it did not come, then two, four, and at most 32.
    rows = tx.execute(
        """
        select p.address, p.image,
               p.why <> ''
               and p.asked_at + interval '1 day' * least(2 ^ least(p.tries - 1, 5), 32) <= %(now)s
        from catalog_pictures p
        where p.program_id = %(program)s and p.address = any(%(addresses)s)
          and (p.image is null
               or exists (select from catalog_images m
                          where m.program_id = p.program_id and m.hash = p.image))
        """,
        given,
    ).fetchall()
    return {row[0]: FoundPicture(row[1], row[2]) for row in rows}


def record_pictures(tx: Transaction, program_id: int, rows: Sequence[PictureRow], at: datetime) -> None:
    """Keep what came of addresses, one statement for all; each may stand there once."""
    if not rows:
        return
    # All do it in one order: two workers that keep the same ones wait, and do not lock each other out.
    ordered = sorted(rows, key=lambda row: row.address)
    written = [(row.address, row.image, row.why, row.said, row.feed, row.sku) for row in ordered]
    tx.execute(
        """
        insert into catalog_pictures (program_id, address, image, why, said, feed, sku, tries, asked_at,
                                      named_at)
        select %(program)s, r ->> 0, r ->> 1, r ->> 2, r -> 3, r ->> 4, r ->> 5,
               case when r ->> 2 = '' then 0 else 1 end, %(at)s, %(at)s
        from jsonb_array_elements(%(rows)s::text::jsonb) as r
        on conflict (program_id, address) do update
        set image = excluded.image, why = excluded.why, said = excluded.said, feed = excluded.feed,
            sku = excluded.sku, asked_at = excluded.asked_at, named_at = excluded.named_at,
            tries = case when excluded.why = '' then 0 else catalog_pictures.tries + 1 end
        """,
        {"program": program_id, "at": at, "rows": msgspec.json.encode(written).decode()},
    )


def list_missing_pictures(tx: Transaction, program_id: int, feed: str, limit: int) -> list[PictureRow]:
    """Pictures of a feed that did not come, by their items."""
    rows = tx.execute(
        """
        select address, feed, sku, image, why, said from catalog_pictures
        where program_id = %s and feed = %s and why <> '' order by sku, address limit %s
        """,
        (program_id, feed, limit),
    ).fetchall()
    return [PictureRow(*row) for row in rows]


def forget_pictures(tx: Transaction, program_id: int, now: datetime) -> int:
    """Let go of addresses that nobody named for long; how many those were."""
    gone = tx.execute(
        "delete from catalog_pictures where program_id = %s and named_at < %s", (program_id, now - NAMED_FOR)
    )
    return gone.rowcount
