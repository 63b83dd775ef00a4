"""Controls of figures: what screens show is the sum of the rows behind it."""

from guerdon.queries.controls.control import Control

ISSUED = Control(
    ("figures.issued", "figures.events"),
    """
    with counted as (
      select rule, unit, sum(issued) as n, sum(issued_value) as value from rollups
      where program_id = (select this_program()) group by 1, 2
    ),
    given as (
      select rule, unit, count(*) as n, sum(value) as value from rewards
      where program_id = (select this_program()) group by 1, 2
    ),
    told as (
      select type, market, sum(events) as n from event_rollups
      where program_id = (select this_program()) group by 1, 2
    ),
    decided as (
      select type, market, count(*) as n from events where program_id = (select this_program()) group by 1, 2
    )
    select 'figures.issued', '', 0::bigint,
           format('%s in %s: %s rewards worth %s, the figures say %s worth %s', rule, unit, coalesce(g.n, 0),
                  coalesce(g.value, 0), coalesce(c.n, 0), coalesce(c.value, 0))
    from counted c full join given g using (rule, unit)
    where coalesce(c.n, 0) <> coalesce(g.n, 0) or coalesce(c.value, 0) <> coalesce(g.value, 0)
    union all
    select 'figures.events', '', 0, format('%s in %s: %s events, the figures say %s', type, market, d.n, t.n)
    from told t join decided d using (type, market) where t.n > d.n
    """,
)

# Of money: points and credits are spent from a balance, and are no reward's. A reward that is used in parts
# counts once, with the first order that stands.
REDEEMED = Control(
    ("figures.redeemed",),
    """
    with money as (
      select distinct u.key as unit from program_versions v, json_each(v.bundle::json -> 'units') u
      where v.program_id = (select this_program()) and u.value ->> 'kind' = 'money'
    ),
    standing as (
      select r.rule, o.unit, o.value, o.device, o.placed_at - r.issued_at <= interval '48 hours' as soon,
             row_number() over (partition by o.member_id, o.reward_id order by o.placed_at, o.id) = 1 as first
      from orders o
      join rewards r on r.program_id = o.program_id and r.member_id = o.member_id and r.id = o.reward_id
      where o.program_id = (select this_program()) and r.program_id = (select this_program())
        and o.canceled_at is null and o.unit in (select unit from money)
    ),
    placed as (
      select rule, unit, count(*) filter (where first) as n, sum(value) as value,
             count(*) filter (where first and device = 'phone') as phone,
             count(*) filter (where first and soon) as soon
      from standing group by 1, 2
    ),
    told as (
      select rule, unit, sum(redeemed) as n, sum(redeemed_value) as value, sum(redeemed_phone) as phone,
             sum(redeemed_48h) as soon, bool_or(redeemed > issued or redeemed_value > issued_value) as beyond
      from rollups where program_id = (select this_program()) group by 1, 2
    ),
    compared as (
      select rule, unit, coalesce(t.beyond, false) as beyond,
        array[coalesce(p.n, 0), coalesce(p.value, 0), coalesce(p.phone, 0), coalesce(p.soon, 0)] as found,
        array[coalesce(t.n, 0), coalesce(t.value, 0), coalesce(t.phone, 0), coalesce(t.soon, 0)] as said
      from placed p full join told t using (rule, unit)
    )
    select 'figures.redeemed', '', 0::bigint,
           format('%s in %s: %s rewards used worth %s, the figures say %s worth %s;'
                  ' %s by phone and %s within two days, they say %s and %s',
                  rule, unit, found[1], found[2], said[1], said[2], found[3], found[4], said[3], said[4])
    from compared where found <> said or beyond
    """,
)

CONTROLS = (ISSUED, REDEEMED)
