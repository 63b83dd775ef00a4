"""Controls of orders and codes: one code an order, one order a code, of what was chosen."""

from guerdon.queries.controls.control import Control

ORDERS = Control(
    ("codes.orders",),
    """
    with placed as (select * from orders where program_id = (select this_program())),
    given as (select * from codes where program_id = (select this_program()) and order_id is not null),
    lots as (select member_id, id, unit from rewards where program_id = (select this_program()))
    select 'codes.orders', 'ord', coalesce(o.id, c.order_id),
           case when o.id is null then 'a code went to an order that is not there'
                when c.id is null then 'no code went to it'
                when r.id is null then 'its reward is not there'
                else format('it is of %s, its code of %s and %s', o.item, c.item, c.state) end
    from placed o
    full join given c on c.order_id = o.id
    left join lots r on r.member_id = o.member_id and r.id = o.reward_id
    where o.id is null or c.id is null or r.id is null or r.unit <> o.unit
       or (o.item, o.unit) <> (c.item, c.unit)
       or (o.canceled_at is null) <> (c.state in ('issued', 'redeemed'))
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
    select 'codes.states', 'cod', id, format('%s, order %s, issued at %s', state, order_id, issued_at)
    from ours
    where (state <> 'void' and (state in ('issued', 'redeemed')) <> (order_id is not null))
       or (order_id is null) <> (issued_at is null)
    union all
    select 'codes.once', 'cod', id, format('there or given %s times', n) from again
    """,
)

CONTROLS = (ORDERS, STATES)
