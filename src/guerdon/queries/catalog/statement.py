"""The statement that looks at a market's shelf once: what is there, counted by what one filters by, a page.

`here`: what fits, each with its `place`, one number to count by: its crate (category, kind, delivery), the
band of its price, whether it can be paid, and in the lowest six bits which filters it misses; a facet tells
what misses none but its own (1 category, 2 kind, 4 brand, 8 delivery, 16 price, 32 afford).
Brands are many: they are counted by number, and only those that may be told are called by name. By name, a
page is of the items up to `edge`: names are read of these alone. Rights let no index be asked what is not
plain equality, so the rest is looked at row by row.
"""

from typing import LiteralString

STATEMENT: LiteralString = """
with crates as materialized (
  select r.id, r.category, r.kind, r.delivery, coalesce(k.weight, 0) as liked,
         case when r.category is distinct from coalesce(%(category)s, r.category) then 1 else 0 end
         + case when r.kind is distinct from coalesce(%(kind)s, r.kind) then 2 else 0 end
         + case when r.delivery is distinct from coalesce(%(delivery)s, r.delivery) then 8 else 0 end
           as missed
  from shelf_racks r
  left join unnest(%(liked)s::text[], %(likes)s::float8[]) k (category, weight) on k.category = r.category
  -- No crate is greater. Of equals the planner expects too few, here and below, and would go through all of
  -- them for each item: so it is asked for what is not less, and for what is true.
  where r.program_id = %(program)s::int and r.crate >= r.id
    and (%(allowed)s::text[] is null or r.category = any(%(allowed)s::text[]))
), here as materialized (
  select s.item_id, s.maker, s.lead_minutes, s.fame, s.new_at, s.stock, s.price, s.name_at, s.fit, k.liked,
         ((s.crate * 8::bigint + coalesce(width_bucket(s.price, %(edges)s::bigint[]), 7)) * 4 + s.nearly) * 64
         + k.missed
         + case when %(brand)s::text is null or s.maker = (
             select r.maker from shelf_racks r
             where r.program_id = %(program)s::int and r.brand = %(brand)s limit 1) then 0 else 4 end
         + case when %(from)s::bigint is null and %(to)s::bigint is null then 0
                when s.price >= coalesce(%(from)s::bigint, 0)
                     and s.price <= coalesce(%(to)s::bigint, s.price) then 0 else 16 end
         + case when s.nearly <> coalesce(%(afford)s::int, s.nearly) then 32 else 0 end as place
  from (
    select s.*, case when s.price <= %(left)s::bigint then 0 when s.price <= %(almost)s::bigint then 1
                     else 2 end as nearly
    from (
      select s.item_id, s.maker, s.crate, s.lead_minutes, s.fame, s.stock,
             case when %(sort)s = 'newest' then s.new_at end as new_at,
             case when %(unit)s::text is null then s.low
                  else coalesce((s.others ->> %(unit)s)::bigint,
                                case when s.currency = %(money)s::text
                                     then (least(s.low, %(dear)s) * %(num)s + %(den)s - 1) / %(den)s end)
             end as price,
             case when %(sort)s = 'name' then s.name_at >> 10 * (%(tongue)s - 1) & 1023 end as name_at,
             case when %(fits)s::bytea is null then 0
                  when s.no < %(size)s then get_byte(%(fits)s, s.no) else 0 end as fit
      from shelf s
      where s.program_id = %(program)s::int and s.market = %(market)s
        and s.visible_from <= %(now)s and s.visible_to > %(now)s
        and (s.segments is null or s.segments && %(segments)s::text[])
        and (%(few)s::int[] is null or s.no = any(%(few)s::int[]))
        and (%(fits)s::bytea is null
             or case when s.no < %(size)s then get_byte(%(fits)s, s.no) else 0 end > 0)
        and (%(exactly)s::bigint is null or s.currency = %(money)s::text
             and (s.amounts @> array[%(exactly)s::bigint]
                  or %(exactly)s::bigint between s.low and s.high
                     and (%(exactly)s::bigint - s.low) %% s.step = 0)
             -- What is sold in several units of money has all its amounts of the others in its row alone.
             or (s.others ->> %(unit)s)::bigint <= %(exactly)s::bigint and exists (
                  select from catalog_items i
                  where i.program_id = s.program_id and i.id = s.item_id
                    and i.other_amounts -> %(unit)s @> to_jsonb(%(exactly)s::bigint)))
        and (%(member)s::bigint is null or s.item_id in (
               select f.item_id from favorites f
               where f.program_id = %(program)s::int and f.member_id = %(member)s))
        and (not %(in_stock)s or case s.stock
               when 'yes' then true when 'no' then false
               when 'places' then exists (
                 select from catalog_slots l
                 where l.program_id = s.program_id and l.item_id = s.item_id and l.gone_at is null
                   and l.taken < l.capacity and coalesce(l.starts_at > %(now)s, true)
                   and coalesce(l.market = s.market, true))
               else exists (
                 select from codes c join catalog_items i on i.program_id = c.program_id and i.key = c.item
                 where c.program_id = s.program_id and i.id = s.item_id and c.state = 'free'
                   and c.expires_at > %(good_after)s) end)
      -- A price is found once for each row, whatever asks for it.
      offset 0
    ) s
  ) s
  join crates k on k.id = s.crate
), counted as materialized (
  select place, count(*)::int as n from here group by 1
), wide as materialized (
  select n, (place >> 11)::int as id, (place >> 8 & 7)::int as band, (place >> 6 & 3)::int as nearly,
         (place & 63)::int as missed
  from counted
), racked as materialized (
  select k.category, k.kind, k.delivery, w.missed, w.n
  from (select id, missed, sum(n)::int as n from wide group by id, missed) w join crates k on k.id = w.id
), made as materialized (
  select n, brand
  from (
    select c.n, (select r.brand from shelf_racks r
                 where r.program_id = %(program)s::int and r.id = c.maker) as brand
    from (select maker, count(*)::int as n from here where not (place & 59)::int::boolean group by maker
          order by n desc fetch first (%(brands)s + 1) rows with ties) c
    offset 0
  ) b
  where brand <> ''
), edge as materialized (
  select name_at from here
  where %(sort)s = 'name' and not (place & 63)::int::boolean
  order by name_at limit 1 offset %(limit)s + %(offset)s - 1
), page as (
  select h.item_id, h.price, (h.place >> 6 & 3)::int as nearly, h.stock, row_number() over () as at
  from (
    select h.* from here h
    left join unnest(%(items)s::bigint[], %(own)s::float8[]) m (item_id, weight)
      on m.item_id = h.item_id
    where not (h.place & 63)::int::boolean
      and (%(sort)s <> 'name' or h.name_at <= coalesce((select name_at from edge), 1023))
    order by case %(sort)s when 'price' then h.price when 'soonest' then h.lead_minutes end,
             case %(sort)s when 'dearest' then h.price end desc nulls last,
             case %(sort)s when 'newest' then h.new_at end desc,
             case %(sort)s when 'name' then (
               select n.names[%(tongue)s] from shelf_names n
               where n.program_id = %(program)s::int and n.item_id = h.item_id) end,
             h.fit * %(fit)s::float8
             + case h.place >> 6 & 3 when 0 then %(enough)s::float8 when 1 then %(near)s::float8 else 0 end
             + h.fame * %(fame)s::float8 + %(quick)s::float8 / (1 + h.lead_minutes / 60.0::float8)
             + h.liked + coalesce(m.weight, 0) desc,
             h.item_id
    limit %(limit)s offset %(offset)s
  ) h
)
select 'stamp',
       coalesce((select stamp from shelf_numbers where program_id = %(program)s::int), 0)::text,
       null::bigint, null::bigint, null::int, null::bool
union all
select 'total', '', coalesce(sum(n), 0), null, null, null from racked where missed = 0
union all
(select 'category', category, sum(n), null, null, null from racked where missed & ~1 = 0 group by 2
 order by 3 desc, 2)
union all
(select 'kind', kind, sum(n), null, null, null from racked where missed & ~2 = 0
 group by 2 order by 3 desc, 2)
union all
(select 'brand', brand, n, null, null, null from made order by 3 desc, 2 limit %(brands)s)
union all
(select 'delivery', delivery, sum(n), null, null, null from racked where missed & ~8 = 0 group by 2
 order by 3 desc, 2)
union all
(select 'price', band::text, sum(n), null, null, null from wide where missed & ~16 = 0 and band < 7
 group by band order by band)
union all
(select 'afford', nearly::text, sum(n), null, null, null from wide where missed & ~32 = 0 and nearly < 2
 group by nearly order by nearly)
union all
(select 'item', i.key, 0, p.price, p.nearly,
        case p.stock when 'yes' then true when 'no' then false
          when 'places' then exists (
            select from catalog_slots l
            where l.program_id = i.program_id and l.item_id = i.id and l.gone_at is null
              and l.taken < l.capacity and coalesce(l.starts_at > %(now)s, true)
              and coalesce(l.market = %(market)s, true))
          else exists (select from codes c
                       where c.program_id = i.program_id and c.item = i.key and c.state = 'free'
                         and c.expires_at > %(good_after)s) end
 from page p join catalog_items i on i.program_id = %(program)s::int and i.id = p.item_id
 order by p.at)
"""
