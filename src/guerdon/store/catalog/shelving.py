"""Lays items on the shelves of their markets, as far as finding and ordering need them."""

from collections.abc import Collection, Iterable, Sequence
from typing import LiteralString, NamedTuple

from guerdon.store import arrays
from guerdon.store.database import Transaction


class Laid(NamedTuple):
    """An item that is laid on its shelves: its id and number, its names as they are sorted, about where."""

    item_id: int
    no: int
    names: Sequence[str]
    name_at: int


_TAKE_AWAY: LiteralString = """
with former as (
  delete from shelf
  where program_id = %(p)s and (%(all)s or item_id in (select unnest(%(gone)s::text::bigint[])))
  returning item_id, new_at
), names as (
  delete from shelf_names
  where program_id = %(p)s and (%(all)s or item_id in (select unnest(%(gone)s::text::bigint[])))
)
select item_id, min(new_at)::text from former group by 1
"""
_RACKS: LiteralString = """
insert into shelf_racks (program_id, id, category, kind, brand, delivery, crate, maker)
select %(p)s, n.id, n.category, n.kind, n.brand, n.delivery,
       coalesce(c.crate, min(n.id) over (partition by n.category, n.kind, n.delivery)),
       coalesce(m.maker, min(n.id) over (partition by n.brand))
from (select (select coalesce(max(id), 0) from shelf_racks where program_id = %(p)s)
               + row_number() over () as id, r.*
      from (select category, kind, brand, delivery from catalog_items
            where program_id = %(p)s and id in (select unnest(%(ids)s::text::bigint[]))
            except
            select category, kind, brand, delivery from shelf_racks where program_id = %(p)s) r) n
left join (select category, kind, delivery, min(crate) as crate from shelf_racks
           where program_id = %(p)s group by 1, 2, 3) c
  on (c.category, c.kind, c.delivery) = (n.category, n.kind, n.delivery)
left join (select brand, min(maker) as maker from shelf_racks where program_id = %(p)s group by 1) m
  on m.brand = n.brand
"""
# Who delivers and how many places there are is asked item by item, by key: there are no figures yet of how
# many rows a catalog has that came in this transaction, and one guess too few would be a square of them.
_LAY: LiteralString = """
insert into shelf (program_id, market, item_id, no, crate, maker, name_at, low, amounts, high, step, currency,
                   others, lead_minutes, fame, new_at, visible_from, visible_to, segments, stock)
select %(p)s, market, i.id, n.no, r.crate, r.maker, n.name_at, coalesce(i.range_min, i.denominations[1]),
       nullif(i.denominations, '{}'), i.range_max, i.range_step, i.currency,
       nullif(i.prices || o.least, '{}'), i.lead_minutes,
       ln(1 + greatest(i.popularity, 0)), coalesce(n.since, i.visible_from, i.changed_at),
       coalesce(i.visible_from, '-infinity'), coalesce(i.visible_to, 'infinity'), nullif(i.segments, '{}'),
       case when not coalesce(f.sent or f.pooled, true) then 'no'
            when exists (select from catalog_slots l where l.program_id = %(p)s and l.item_id = i.id
                         and (l.gone_at is null or l.starts_at is not null))
              then 'places'
            when coalesce(f.sent, i.supplier <> 'pool') then 'yes'
            else 'pool' end
from unnest(%(ids)s::text::bigint[], %(nos)s::text::integer[], %(since)s::text::timestamptz[],
            %(ats)s::text::bigint[]) n (id, no, since, name_at)
join catalog_items i on i.program_id = %(p)s and i.id = n.id
join shelf_racks r on (r.program_id, r.category, r.kind, r.brand, r.delivery)
                    = (i.program_id, i.category, i.kind, i.brand, i.delivery)
cross join lateral (
  select bool_or(in_stock and supplier <> 'pool') as sent, bool_or(in_stock and supplier = 'pool') as pooled
  from catalog_offers where program_id = %(p)s and item_id = i.id) f
cross join lateral (
  select coalesce(jsonb_object_agg(key, (select min(each::bigint)
                                         from jsonb_array_elements_text(value) each)), '{}') as least
  from jsonb_each(i.other_amounts)) o
cross join lateral (select distinct unnest(i.markets)) m (market)
-- A market is looked through as a whole, so what lies in it lies together.
order by market, n.no
"""
_NAMES: LiteralString = """
insert into shelf_names (program_id, item_id, names)
select %(p)s, id, names::text[] from unnest(%(ids)s::text::bigint[], %(names)s::text::text[]) n (id, names)
"""


def replace_on_shelf(
    tx: Transaction, program_id: int, gone: Collection[int] | None, laid: Sequence[Laid]
) -> None:
    """Take items away (None: all), and lay these there."""
    ids = arrays.numbers(each.item_id for each in laid)
    taken = {"p": program_id, "all": gone is None, "gone": arrays.numbers(gone or ())}
    # What was there before is not new again.
    since: dict[int, str] = dict(tx.execute(_TAKE_AWAY, taken).fetchall())
    tx.execute(_RACKS, {"p": program_id, "ids": ids})
    tx.execute(
        _LAY,
        {
            "p": program_id,
            "ids": ids,
            "nos": arrays.numbers(each.no for each in laid),
            "since": _instants(since.get(each.item_id) for each in laid),
            "ats": arrays.numbers(each.name_at for each in laid),
        },
    )
    names = arrays.texts(arrays.texts(each.names) for each in laid)
    tx.execute(_NAMES, {"p": program_id, "ids": ids, "names": names})


def _instants(values: Iterable[str | None]) -> str:
    """Instants as PostgreSQL wrote them; those that are not known stay so."""
    return "{" + ",".join(["null" if value is None else f'"{value}"' for value in values]) + "}"
