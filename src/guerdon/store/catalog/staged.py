"""What a sync would do, row by row, until it is applied or dropped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

from guerdon.store.database import Transaction

What = Literal["new", "changed", "gone", "wrong"]


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A row of a sync: what it would do, or what is wrong with it: a code, and what it speaks of.

    `text`: the row as JSON, where whoever made it has it already.
    """

    line: int
    sku: str
    what: What
    row: Mapping[str, object]
    hash: bytes | None = None
    problem: str = ""
    said: Mapping[str, str | int] = field(default_factory=dict)
    text: bytes = field(default=b"", repr=False)


def record_staged(tx: Transaction, program_id: int, sync_id: int, rows: Sequence[StagedRow]) -> None:
    """Keep rows of a sync, one statement for all."""
    if not rows:
        return
    # As one document: it is taken apart where it is written.
    written = [
        (
            *(row.line, row.sku, row.what, msgspec.Raw(row.text) if row.text else row.row),
            *(None if row.hash is None else row.hash.hex(), row.problem, row.said),
        )
        for row in rows
    ]
    tx.execute(
        """
        insert into catalog_staged (program_id, sync_id, line, sku, what, row, content_hash, problem, said)
        select %s, %s, (r ->> 0)::bigint, r ->> 1, r ->> 2, r -> 3, decode(r ->> 4, 'hex'), r ->> 5, r -> 6
        from jsonb_array_elements(%s::text::jsonb) as r
        """,
        (program_id, sync_id, msgspec.json.encode(written).decode()),
    )


def list_staged(
    tx: Transaction, program_id: int, sync_id: int, what: What | None, after: int, limit: int
) -> list[StagedRow]:
    """Rows of a sync in their order, of one kind or of all, from one line on."""
    rows = tx.execute(
        """
        select line, sku, what, row, content_hash, problem, said from catalog_staged
        where program_id = %s and sync_id = %s and line > %s and (%s::text is null or what = %s)
        order by line limit %s
        """,
        (program_id, sync_id, after, what, what, limit),
    ).fetchall()
    return [StagedRow(*row) for row in rows]


def drop_staged(tx: Transaction, program_id: int, feed: str) -> None:
    """Let go of what earlier syncs of a feed had read, whatever they came to."""
    tx.execute(
        """
        delete from catalog_staged
        where program_id = %(program)s
          and sync_id = any (array(
            select id from catalog_syncs
            where program_id = %(program)s and feed = %(feed)s and state not in ('reading', 'staged')))
        """,
        {"program": program_id, "feed": feed},
    )


def count_lessened(tx: Transaction, program_id: int, sync_id: int, now: datetime) -> int:
    """How many items that are there would lose: time, a market, members, who delivers, or an amount."""
    row = tx.execute(
        """
        select count(*)
        from catalog_staged s
        cross join lateral jsonb_to_record(s.row) as r (
          id bigint, markets text[], currency text, denominations bigint[], range_min bigint,
          range_max bigint, range_step bigint, prices jsonb, segments text[], visible_from timestamptz,
          visible_to timestamptz, offers jsonb)
        join catalog_items i on i.program_id = s.program_id and i.id = r.id and i.gone_at is null
        where s.program_id = %(program)s and s.sync_id = %(sync)s and s.what = 'changed'
          and (r.visible_to <= %(now)s and coalesce(i.visible_to > %(now)s, true)
            or r.visible_from > %(now)s and coalesce(i.visible_from <= %(now)s, true)
            or not r.markets @> i.markets
            or cardinality(r.segments) > 0
               and (cardinality(i.segments) = 0 or not r.segments @> i.segments)
            or r.currency is distinct from i.currency
            or not r.prices @> i.prices
            or not r.denominations @> i.denominations
            or i.range_min is not null
               and (r.range_min, r.range_max, r.range_step)
                   is distinct from (i.range_min, i.range_max, i.range_step)
            or not jsonb_path_exists(r.offers, '$[*] ? (@.in_stock == true)')
               and exists (select from catalog_offers o
                           where o.program_id = i.program_id and o.item_id = i.id and o.in_stock))
        """,
        {"program": program_id, "sync": sync_id, "now": now},
    ).fetchone()
    assert row is not None
    return int(row[0])


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog has of a feed, by what the feed calls it, in lower case; images of what is there."""

    hashes: Mapping[str, bytes]
    gone: frozenset[str]
    images: Mapping[str, str]

    def live(self) -> Iterator[str]:
        """What is there now."""
        return (sku for sku in self.hashes if sku not in self.gone)


def load_known(tx: Transaction, program_id: int, feed: str) -> Known:
    """What the catalog has of a feed, gone items too."""
    rows = tx.execute(
        """
        select lower(sku), content_hash, gone_at is not null, image from catalog_items
        where program_id = %s and feed = %s
        """,
        (program_id, feed),
    ).fetchall()
    return Known(
        {row[0]: row[1] for row in rows},
        frozenset(row[0] for row in rows if row[2]),
        {row[0]: row[3] for row in rows if row[3] is not None and not row[2]},
    )
