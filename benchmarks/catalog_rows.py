"""A catalog to be looked through: the rows of `examples/catalog`, as they stand once they are applied.

What reading and checking a feed costs is measured by itself; here is what stands when that is done.
"""

import sys
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from psycopg.types.json import Jsonb

from guerdon.cli import REPOSITORY
from guerdon.store.database import Transaction
from guerdon.values.ids import derived_id

sys.path.append(str(REPOSITORY))

from examples.catalog import Terms, items

SEGMENT = "gold"
POINTS = ("PTS", 100)
AT_ONCE = 5_000
SEED = 1


def fill_catalog(
    tx: Transaction, program_id: int, count: int, now: datetime, only: tuple[str, ...] = (), skip: int = 0
) -> None:
    """Write so many items less the first, each with its offers and places; `only`: all in these markets."""
    terms = Terms(segments=(SEGMENT,), points=POINTS, today=now.date())
    rows = (_row(program_id, row, only) for row in islice(items(SEED, count, terms), skip, None))
    while part := list(islice(rows, AT_ONCE)):
        _write(tx, program_id, part, now)


def _write(tx: Transaction, program_id: int, part: list[dict[str, Any]], now: datetime) -> None:
    given = {"p": program_id, "rows": Jsonb(part), "now": now}
    tx.execute(
        """
        insert into catalog_items (program_id, id, key, feed, sku, brand, category, kind, delivery,
          lead_minutes, markets, currency, denominations, range_min, range_max, range_step, prices, names,
          abouts, terms, uses, supplier, segments, visible_from, visible_to, popularity, generation,
          content_hash, changed_at)
        select %(p)s, id, key, 'bench', key, brand, category, kind, delivery, lead_minutes, markets, currency,
               denominations, range_min, range_max, range_step, prices, name, about, terms, "use", 'manual',
               segments, visible_from, visible_to, popularity, 1, sha256(key::bytea), %(now)s
        from jsonb_to_recordset(%(rows)s) r (id bigint, key text, brand text, category text, kind text,
          delivery text, lead_minutes integer, markets text[], currency text, denominations bigint[],
          range_min bigint, range_max bigint, range_step bigint, prices jsonb, name jsonb, about jsonb,
          terms jsonb, "use" jsonb, segments text[], visible_from timestamptz, visible_to timestamptz,
          popularity integer)
        """,
        given,
    )
    tx.execute(
        """
        insert into catalog_offers (program_id, item_id, supplier, sku, prefer, in_stock)
        select distinct on (r.id, o.supplier) %(p)s, r.id, o.supplier, o.sku, o.prefer, o.stock
        from jsonb_to_recordset(%(rows)s) r (id bigint, offers jsonb),
             jsonb_to_recordset(r.offers) o (supplier text, sku text, prefer integer, stock boolean)
        """,
        given,
    )
    tx.execute(
        """
        insert into catalog_slots (program_id, item_id, id, ref, capacity, taken)
        select %(p)s, id, n, n::text, 10, case when id %% 3 = 0 then 10 else 0 end
        from jsonb_to_recordset(%(rows)s) r (id bigint, places integer), generate_series(1, places) n
        """,
        given,
    )


def _row(program_id: int, row: Mapping[str, Any], only: tuple[str, ...]) -> dict[str, Any]:
    key = f"bench:{row['id']}"
    made = {
        **row,
        "id": derived_id(program_id, "item", key),
        "key": key,
        "denominations": sorted(_minor(each) for each in row.get("amounts") or ()),
        "prices": {unit: int(price) for unit, price in (row.get("prices") or {}).items()},
        "places": len(row.get("slots") or ()) or int(bool(row.get("limited_to"))),
    }
    if row.get("min"):
        made |= {f"range_{name}": _minor(row[name]) for name in ("min", "max", "step")}
    if only:
        made["markets"] = list(only)
    return made


def _minor(amount: str) -> int:
    return int(amount.replace(".", ""))
