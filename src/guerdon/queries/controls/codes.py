"""Controls of orders and codes: one code an order, one order a code, of what was chosen.

Who delivers besides our own pools hands over what they have, if anything: a donation has no code. Each order
is delivered once, what it costs is held until then, and places are exact.
"""

from guerdon.queries.controls.control import Control

ORDERS = Control(
    ("codes.orders",),
    """
    with placed as (
      select o.*,
             coalesce(f.state, case when o.canceled_at is null then 'fulfilled' else 'returned' end) as way,
             coalesce(f.supplier, 'pool') = 'pool' as own, f.currency, f.face_minor,
             -- A code is of the amount that was chosen; where an item has none, of its price.
             coalesce(f.currency, o.unit) as worth_in, coalesce(f.face_minor, o.value) as worth
      from orders o
      left join fulfillments f
        on f.program_id = (select this_program()) and f.member_id = o.member_id and f.order_id = o.id
      where o.program_id = (select this_program())
    ),
    given as (select * from codes where program_id = (select this_program()) and order_id is not null),
    lots as (select member_id, id, unit from rewards where program_id = (select this_program()))
    select 'codes.orders', 'ord', coalesce(o.id, c.order_id),
           case when o.id is null then 'a code went to an order that is not there'
                when c.id is null and o.own then 'no code went to it'
                when r.id is null then 'its reward is not there'
                when not o.own
                  then format('it is %s, its code of %s %s and %s', o.way, c.value, c.unit, c.state)
                else format('it is of %s, %s %s, its code of %s, %s %s, and %s', o.item, o.worth, o.worth_in,
                            c.item, c.value, c.unit, c.state) end
    from placed o
    full join given c on c.order_id = o.id
    left join lots r on r.member_id = o.member_id and r.id = o.reward_id
    where o.id is null or r.id is null or r.unit <> o.unit or o.item <> c.item
       or (o.own and (c.id is null or o.worth_in <> c.unit or o.face_minor <> c.value
                      or (o.canceled_at is null) <> (c.state in ('issued', 'redeemed'))))
       or (not o.own and c.id is not null
           and ((o.way = 'fulfilled') <> (c.state in ('issued', 'redeemed'))
                or o.way not in ('fulfilled', 'returned')
                or (o.currency is not null and (o.currency, o.face_minor) <> (c.unit, c.value))))
    """,
)

STATES = Control(
    ("codes.states", "codes.once"),
    """
    with ours as (select * from codes where program_id = (select this_program())),
    again as (
      select max(id) as id, count(*) as n from ours group by code_index having count(*) > 1
      union all
      select max(id), count(*) from ours where order_id is not null group by order_id having count(*) > 1
    )
    select 'codes.states', 'cod', id,
           format('%s, order %s, issued at %s, good until %s', state, order_id, issued_at, expires_at)
    from ours
    where (state <> 'void' and (state in ('issued', 'redeemed')) <> (order_id is not null))
       or (order_id is null) <> (issued_at is null)
       -- What a supplier hands over ends as they say.
       or (more is null and expires_at <= issued_at)
    union all
    select 'codes.once', 'cod', id, format('there or given %s times', n) from again
    """,
)

DELIVERED = Control(
    ("orders.delivered", "orders.attempts", "orders.settled"),
    """
    with ways as (select * from fulfillments where program_id = (select this_program())),
    tried as (
      select member_id, order_id, count(*) filter (where state = 'done') as done,
             count(*) filter (where state not in ('refused', 'absent')) as standing,
             count(distinct key) as keys, count(*) as n
      from supplier_attempts where program_id = (select this_program()) group by 1, 2
    ),
    placed as (
      select member_id, id as order_id, canceled_at from orders where program_id = (select this_program())
    ),
    pooled as (
      select order_id from codes
      where program_id = (select this_program()) and order_id is not null and more is null
    )
    select f.key, 'ord', order_id,
           format('%s by %s: %s attempts, %s of them delivered, %s may have', coalesce(w.state, 'nowhere'),
                  coalesce(w.supplier, 'nobody'), coalesce(t.n, 0), coalesce(t.done, 0),
                  coalesce(t.standing, 0))
    from ways w full join tried t using (member_id, order_id)
    left join placed p using (member_id, order_id)
    left join pooled c using (order_id)
    cross join lateral (values
      ('orders.delivered', w.state in ('fulfilled', 'returned')
         and case when w.supplier = 'pool' then c.order_id is null or coalesce(t.done, 0) > 0
                  when w.supplier = 'manual' then coalesce(t.done, 0) > 1
                  else coalesce(t.done, 0) <> 1 end),
      ('orders.attempts', w.state is null or t.done > 1 or t.standing > 1 or t.keys <> t.n
         or (t.done > 0 and w.state not in ('fulfilled', 'returned'))
         or (w.state = 'ordered' and coalesce(t.standing, 0) <> 1)
         or (w.state in ('failed', 'canceled') and t.standing > 0)),
      -- A choice without its way is from before there were any.
      ('orders.settled', w.state is not null and (p.order_id is null
         or (p.canceled_at is null) <> (w.state in ('reserved', 'ordered', 'unknown', 'fulfilled'))
         or (w.settled_at is null) <> (w.state in ('reserved', 'ordered', 'unknown'))))
    ) as f (key, wrong)
    where f.wrong
    """,
)

HELD = Control(
    ("orders.held",),
    """
    with open_orders as (
      select f.member_id, f.order_id as id, f.state, o.unit, o.value
      from fulfillments f
      join orders o on o.program_id = f.program_id and o.member_id = f.member_id and o.id = f.order_id
      where f.program_id = (select this_program()) and f.state in ('reserved', 'ordered', 'unknown')
    ),
    open_holds as (
      select member_id, id, unit, amount, outcome_known from holds
      where program_id = (select this_program()) and state = 'open' and purpose like 'order:ord\\_%'
    )
    select 'orders.held', 'ord', id,
           format('%s and costs %s %s; held are %s %s, known how it ended: %s', coalesce(o.state, 'over'),
                  coalesce(o.value, 0), o.unit, coalesce(h.amount, 0), h.unit, h.outcome_known)
    from open_orders o full join open_holds h using (member_id, id)
    where o.id is null or h.id is null or (o.unit, o.value) <> (h.unit, h.amount)
       -- Once somebody was asked, nobody knows how it ends.
       or h.outcome_known <> (o.state = 'reserved')
    """,
)

PLACES = Control(
    ("orders.places",),
    """
    with standing as (
      select item_id, slot_id as id, sum(n) as n, sum(w) as w from (
        select item_id, slot_id, 1 as n, 0 as w from fulfillments
        where program_id = (select this_program()) and slot_id is not null
          and state in ('reserved', 'ordered', 'unknown', 'fulfilled')
        -- What is offered is kept.
        union all
        select item_id, slot_id, (state = 'offered')::integer, (state = 'waiting')::integer from slot_waits
        where program_id = (select this_program()) and settled_at is null
      ) as each group by 1, 2
    ),
    told as (
      select item_id, id, taken, capacity, waiting from catalog_slots
      where program_id = (select this_program()) and (taken <> 0 or waiting <> 0)
    )
    select 'orders.places', '', 0::bigint,
           format('place %s of item %s: %s taken of %s, %s orders stand; %s wait, %s are counted', id,
                  item_id, coalesce(t.taken, 0), t.capacity, coalesce(s.n, 0), coalesce(s.w, 0),
                  coalesce(t.waiting, 0))
    from standing s full join told t using (item_id, id)
    where coalesce(s.n, 0) <> coalesce(t.taken, 0) or coalesce(s.w, 0) <> coalesce(t.waiting, 0)
    """,
)

CONTROLS = (ORDERS, STATES, DELIVERED, HELD, PLACES)
