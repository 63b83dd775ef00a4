"""Controls of orders and codes: one code an order, one order a code, of what was chosen.

Who delivers besides our own pools hands over what they have, if anything: a donation has no code. Each order
is delivered once, what it costs is held until then, what is to be taken back of that waits for it, and places
are exact.
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
      -- What a balance pays beside is held under a number of its own.
      union all
      select f.member_id, b.hold_id, f.state, b.unit, b.amount
      from fulfillments f
      join order_balances b
        on b.program_id = f.program_id and b.member_id = f.member_id and b.order_id = f.order_id
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

# What a balance paid beside the rewards of an order was spent by the event that delivered it.
BESIDE = Control(
    ("orders.beside",),
    """
    with paid as (
      select b.member_id, b.order_id, b.unit, b.amount,
             case when o.id is null then 'nowhere' else coalesce(f.state, 'fulfilled') end as way
      from order_balances b
      left join orders o
        on o.program_id = (select this_program()) and o.member_id = b.member_id and o.id = b.order_id
      left join fulfillments f
        on f.program_id = (select this_program()) and f.member_id = b.member_id and f.order_id = b.order_id
      where b.program_id = (select this_program())
    ),
    spent as (
      select p.member_id, p.order_id, p.unit, sum(t.amount) as amount
      from paid p
      join events e
        on e.program_id = (select this_program()) and e.member_id = p.member_id
        and e.type = 'reward.redeemed' and e.external_id = p.order_id::text
      join transfers t
        on t.program_id = e.program_id and t.member_id = e.member_id and t.event_id = e.id
        and t.recorded_at = e.recorded_at and t.from_account = 'purse' and t.unit = p.unit
        and (starts_with(t.to_account, 'spent:') or t.to_account = 'program:spent')
      group by 1, 2, 3
    )
    select 'orders.beside', 'ord', order_id,
           format('it is %s; a balance pays %s %s beside, %s were spent', p.way, p.amount, p.unit,
                  coalesce(s.amount, 0))
    from paid p left join spent s using (member_id, order_id, unit)
    where p.way = 'nowhere'
       or coalesce(s.amount, 0) <> case when p.way in ('fulfilled', 'returned') then p.amount else 0 end
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

# What is to be taken back of what an order keeps waits for that order, and comes to what became of it.
WITHHELD = Control(
    ("withheld.waiting", "withheld.kept", "withheld.settled"),
    """
    with said as (
      select w.member_id, w.order_id, w.reward_id, w.amount, w.came_to, w.settled_at is null as waits,
             -- A choice without its way is from before there were any.
             case when f.state is not null then f.state when o.id is null then 'nowhere'
                  when o.canceled_at is null then 'fulfilled' else 'returned' end as way
      from order_reversals w
      left join orders o
        on o.program_id = (select this_program()) and o.member_id = w.member_id and o.id = w.order_id
      left join fulfillments f
        on f.program_id = (select this_program()) and f.member_id = w.member_id and f.order_id = w.order_id
      where w.program_id = (select this_program())
    ),
    wanted as (
      select member_id, order_id, reward_id, sum(amount) as amount from said
      where waits and way in ('reserved', 'ordered', 'unknown') group by 1, 2, 3
    ),
    kept as (
      select w.member_id, w.order_id, w.reward_id, sum(l.amount) as amount
      from wanted w
      cross join lateral (
        select w.order_id as id
        union all
        select b.hold_id from order_balances b
        where b.program_id = (select this_program()) and b.member_id = w.member_id and b.order_id = w.order_id
      ) n
      join holds h on h.program_id = (select this_program()) and h.member_id = w.member_id and h.id = n.id
        and h.state = 'open'
      join hold_lots l on l.program_id = h.program_id and l.member_id = h.member_id
        and l.hold_id = h.id and l.reward_id = w.reward_id
      group by 1, 2, 3
    )
    select f.key, 'ord', order_id,
           format('it is %s; of %s that were to be taken back it says: %s', way, amount,
                  coalesce(came_to, 'they wait'))
    from said cross join lateral (values
      ('withheld.waiting', waits
         and (came_to is not null or way not in ('reserved', 'ordered', 'unknown'))),
      ('withheld.settled', not waits
         and case came_to when 'taken_back' then way not in ('failed', 'canceled', 'returned')
               when 'spent' then way not in ('fulfilled', 'returned') else true end)
    ) as f (key, wrong)
    where f.wrong
    union all
    select 'withheld.kept', 'ord', order_id,
           format('%s of a reward wait to be taken back, %s of it are kept', w.amount, coalesce(k.amount, 0))
    from wanted w left join kept k using (member_id, order_id, reward_id)
    where w.amount > coalesce(k.amount, 0)
    """,
)

CONTROLS = (ORDERS, STATES, DELIVERED, HELD, BESIDE, WITHHELD, PLACES)
