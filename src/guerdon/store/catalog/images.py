"""Images of items, by the hash of what they are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from guerdon.store.database import Transaction

KEPT = timedelta(days=1)
_DROPPING = 1735289476


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image, and of which kind it is."""

    hash: str
    type: str
    bytes: bytes = field(repr=False)


def record_images(tx: Transaction, program_id: int, images: Sequence[ImageRow], at: datetime) -> None:
    """Keep images; those that are there stay as they are."""
    if not images:
        return
    # All do it in one order: two that keep the same ones wait, and do not lock each other out.
    images = sorted(images, key=lambda image: image.hash)
    tx.execute(
        """
        insert into catalog_images (program_id, hash, type, bytes, added_at)
        select %s, r.hash, r.type, r.bytes, %s
        from unnest(%s::text[], %s::text[], %s::bytea[]) as r (hash, type, bytes)
        on conflict do nothing
        """,
        (
            *(program_id, at),
            *([i.hash for i in images], [i.type for i in images], [i.bytes for i in images]),
        ),
    )


def find_images(tx: Transaction, program_id: int, hashes: Collection[str]) -> set[str]:
    """Which of these are there."""
    rows = tx.execute(
        "select hash from catalog_images where program_id = %s and hash = any(%s)", (program_id, list(hashes))
    ).fetchall()
    return {row[0] for row in rows}


def load_image(tx: Transaction, program_id: int, image: str) -> ImageRow | None:
    """An image by its hash."""
    row = tx.execute(
        "select hash, type, bytes from catalog_images where program_id = %s and hash = %s",
        (program_id, image),
    ).fetchone()
    return None if row is None else ImageRow(*row)


def drop_images(tx: Transaction, program_id: int, now: datetime) -> int:
    """Let go of images of more than a day that no item shows and no open sync brings; how many those were.

    One that was just kept, or whose address was just named, may be of a sync whose rows nobody else can see
    yet. Where another is at it, nothing is done.
    """
    # Two that delete in different orders could lock each other out.
    alone = tx.execute("select pg_try_advisory_xact_lock(%s, %s)", (_DROPPING, program_id)).fetchone()
    if alone is None or not alone[0]:
        return 0
    gone = tx.execute(
        """
        delete from catalog_images m
        where m.program_id = %(program)s and m.added_at < %(before)s
          and m.hash not in (
            select i.image from catalog_items i where i.program_id = %(program)s and i.image is not null)
          and m.hash not in (
            select p.image from catalog_pictures p
            where p.program_id = %(program)s and p.named_at >= %(before)s and p.image is not null)
          and m.hash not in (
            select s.row ->> 'image' from catalog_staged s
            where s.program_id = %(program)s and s.row ->> 'image' is not null
              and s.sync_id = any (array(
                select y.id from catalog_syncs y
                where y.program_id = %(program)s and y.state in ('reading', 'staged'))))
        """,
        {"program": program_id, "before": now - KEPT},
    )
    return gone.rowcount
