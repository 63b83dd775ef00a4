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
    ),
    sent as (
      select location, sum(events) as n from location_days
      where program_id = (select this_program()) group by 1
    ),
    came as (
      select location, count(*) as n from events
      where program_id = (select this_program()) and location is not null group by 1
    ),
    amounts as (
      select rule, location, unit, sum(n) as n, sum(n * value) as value from location_gifts
      where program_id = (select this_program()) and cause <> 'budget' group by 1, 2, 3
    ),
    at_places as (
      select rule, location, unit, sum(issued) as n, sum(issued_value) as value from rollups
      where program_id = (select this_program()) group by 1, 2, 3
    ),
    of_markets as (
      select day, market, rule, unit,
             array[sum(issued), sum(issued_value), sum(refused), sum(redeemed), sum(redeemed_value),
                   sum(redeemed_phone), sum(redeemed_48h)]::bigint[] as added
      from rollups where program_id = (select this_program()) group by 1, 2, 3, 4
    ),
    kept as (
      select day, market, rule, unit,
             array[issued, issued_value, refused, redeemed, redeemed_value, redeemed_phone, redeemed_48h]
               as added
      from market_days where program_id = (select this_program())
    ),
    rewarded as (
      select market, unit, rules, count(*) as members
      from (select m.market, r.unit, array_agg(distinct r.rule order by r.rule) as rules
            from rewards r
            join members m on m.program_id = r.program_id and m.member_id = r.member_id
            where r.program_id = (select this_program())
            group by r.member_id, m.market, r.unit) each_member
      group by 1, 2, 3
    ),
    known as (
      select market, unit, rules, members from rewarded_members
      where program_id = (select this_program()) and members <> 0
    )
    select 'figures.issued', '', 0::bigint,
           format('%s in %s: %s rewards worth %s, the figures say %s worth %s', rule, unit, coalesce(g.n, 0),
                  coalesce(g.value, 0), coalesce(c.n, 0), coalesce(c.value, 0))
    from counted c full join given g using (rule, unit)
    where coalesce(c.n, 0) <> coalesce(g.n, 0) or coalesce(c.value, 0) <> coalesce(g.value, 0)
    union all
    select 'figures.events', '', 0, format('%s in %s: %s events, the figures say %s', type, market, d.n, t.n)
    from told t join decided d using (type, market) where t.n > d.n
    union all
    select 'figures.events', '', 0, format('%s: %s events, the figures say %s', location, d.n, t.n)
    from sent t join came d using (location) where t.n > d.n
    union all
    select 'figures.issued', '', 0,
           format('%s at %s in %s: %s rewards worth %s, by amounts %s worth %s', rule, location, unit, a.n,
                  a.value, g.n, g.value)
    from amounts g join at_places a using (rule, location, unit) where g.n > a.n or g.value > a.value
    union all
    select 'figures.issued', '', 0,
           format('%s in %s on %s in %s: its locations add up to %s, the figures say %s', rule, market, day,
                  unit, a.added, k.added)
    from of_markets a full join kept k using (day, market, rule, unit) where a.added is distinct from k.added
    union all
    select 'figures.issued', '', 0,
           format('%s in %s: %s members were rewarded by %s, the figures say %s', market, unit,
                  coalesce(r.members, 0), array_to_string(rules, ', '), coalesce(k.members, 0))
    from rewarded r full join known k using (market, unit, rules) where r.members is distinct from k.members
    """,
)

# Of money: points and credits are spent from a balance, and are no reward's. A reward that is used in parts
# counts once, with the first order that stands; of an order that several paid, each has its own part.
REDEEMED = Control(
    ("figures.redeemed",),
    """
    with money as (
      select distinct u.key as unit from program_versions v, json_each(v.bundle::json -> 'units') u
      where v.program_id = (select this_program()) and u.value ->> 'kind' = 'money'
    ),
    standing as (
      select r.rule, o.unit, coalesce(p.amount, o.value) as value, o.device,
             o.placed_at - r.issued_at <= interval '48 hours' as soon,
             row_number() over (partition by o.member_id, r.id
                                order by coalesce(f.settled_at, o.placed_at), o.id) = 1 as first
      from orders o
      left join fulfillments f
        on f.program_id = (select this_program()) and f.member_id = o.member_id and f.order_id = o.id
      left join order_parts p
        on p.program_id = (select this_program()) and p.member_id = o.member_id and p.order_id = o.id
      join rewards r on r.program_id = o.program_id and r.member_id = o.member_id
        and r.id = coalesce(p.reward_id, o.reward_id)
      where o.program_id = (select this_program()) and r.program_id = (select this_program())
        and o.canceled_at is null and o.unit in (select unit from money)
        and coalesce(f.state, 'fulfilled') = 'fulfilled'
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

# Every reward has its mark on the delivery clock.
FOLLOWED = Control(
    ("deliveries.followed",),
    """
    select 'deliveries.followed', 'rwd', r.id, 'has no mark, though its time was gone through'
    from rewards r
    join delivery_progress p on p.program_id = r.program_id and r.issued_at < p.rewards_to - interval '1 hour'
    left join delivery_marks m on m.program_id = r.program_id and m.member_id = r.member_id and m.id = r.id
    where r.program_id = (select this_program()) and m.id is null
    """,
)

# What is counted is the count of marks. Lengths are compared as sums: each was counted by a class whose
# middle is at most 5 % from it, so all of a kind together are no further off.
COUNTED = Control(
    ("deliveries.counted",),
    """
    with marks as (
      select *, extract(epoch from greatest(issued_at - received_at, interval '0')) * 1000 as given_ms,
             extract(epoch from greatest(ended_at - chosen_at, interval '0')) * 1000 as handed_ms
      from delivery_marks where program_id = (select this_program()) and counted
    ),
    lasted as (
      select 'given' as measure, rule, market, location, supplier, given_ms as ms, true as came
      from marks where kind = 'reward'
      union all
      select 'handed', rule, market, location, supplier, handed_ms, state <> 'failed'
      from marks where kind = 'order'
      union all
      select 'awaited', rule, market, location, supplier, handed_ms, state <> 'failed'
      from marks where kind = 'order' and lead_minutes > 0
      union all
      select 'whole', rule, market, location, supplier,
             case when kind = 'reward' then given_ms when saved then handed_ms else given_ms + handed_ms end,
             state <> 'failed'
      from marks where kind = 'order' or saved
      union all
      select 'opened', rule, market, location, supplier,
             extract(epoch from greatest(opened_at - ended_at, interval '0')) * 1000, true
      from marks where opened_counted
      union all
      select 'used', rule, market, location, supplier,
             extract(epoch from greatest(used_at - ended_at, interval '0')) * 1000, true
      from marks where used_counted
    ),
    recounted as (
      select measure, rule, market, location, supplier, count(*) as n, count(*) filter (where came) as came,
             coalesce(sum(ms) filter (where came), 0)::double precision as ms
      from lasted group by 1, 2, 3, 4, 5
    ),
    kept as (
      select measure, rule, market, location, supplier, sum(n) as n,
             coalesce(sum(n) filter (where class < 32767), 0) as came,
             coalesce(sum(n * case class when 0 then 1
                                   else 2 * power(1.05::float8 / 0.95, class) / (1.05 / 0.95 + 1) end)
                      filter (where class < 32767), 0) as ms
      from delivery_counts
      where program_id = (select this_program())
        and measure in ('given', 'handed', 'awaited', 'whole', 'opened', 'used')
        and rule <> '*' and market <> '*' and location not in ('*', '+') and supplier <> '*'
      group by 1, 2, 3, 4, 5
    ),
    added (measure, week, class, ended, kept, dimension, key, n) as (
      select measure, week, class, ended, kept,
             case when location = '+' then 'places' when rule <> '*' then 'rule'
                  when market <> '*' then 'market' when location <> '*' then 'location'
                  when supplier <> '*' then 'supplier' else 'all' end,
             case when location = '+' then concat_ws('|', rule, market, supplier)
                  when rule <> '*' then rule when market <> '*' then market
                  when location <> '*' then location when supplier <> '*' then supplier else '' end, n
      from delivery_counts
      where program_id = (select this_program())
        and (location = '+' or not (rule <> '*' and market <> '*' and location <> '*' and supplier <> '*'))
    ),
    parts (measure, week, class, ended, kept, dimension, key, n) as (
      select c.measure, c.week, c.class, c.ended, c.kept, d.dimension, d.key, sum(c.n)
      from delivery_counts c
      cross join lateral (values ('rule', c.rule), ('market', c.market), ('location', c.location),
                                 ('supplier', c.supplier), ('all', ''),
                                 ('places', concat_ws('|', c.rule, c.market, c.supplier)))
                 as d (dimension, key)
      where c.program_id = (select this_program())
        and c.rule <> '*' and c.market <> '*' and c.location not in ('*', '+') and c.supplier <> '*'
      group by 1, 2, 3, 4, 5, 6, 7
    ),
    classes as (
      select measure, week, location, market, ended, class, sum(n) as n
      from delivery_counts
      where program_id = (select this_program()) and measure <> 'awaited'
        and rule <> '*' and market <> '*' and location not in ('', '*', '+') and supplier <> '*'
      group by 1, 2, 3, 4, 5, 6
    ),
    at_places as (
      select measure, week, location, market,
             coalesce(sum(n * ('1e' || class * 12)::numeric)
                      filter (where ended = 'done' and class < 32767), 0) as done,
             coalesce(sum(n * ('1e' || class * 12)::numeric) filter (where ended <> 'done'), 0) as stopped,
             coalesce(sum(n) filter (where ended = 'done' and class = 32767), 0) as never
      from classes group by 1, 2, 3, 4
    ),
    places as (
      select measure, week, location, market, done, stopped, never from delivery_places
      where program_id = (select this_program())
    )
    select 'deliveries.counted', '', 0::bigint,
           format('%s of %s at %s by %s: %s marks, %s counted', measure, rule, location, supplier,
                  coalesce(r.n, 0), coalesce(k.n, 0))
    from recounted r full join kept k using (measure, rule, market, location, supplier)
    where coalesce(r.n, 0) <> coalesce(k.n, 0) or coalesce(r.came, 0) <> coalesce(k.came, 0)
       or abs(coalesce(r.ms, 0) - coalesce(k.ms, 0)) > 0.0501 * coalesce(r.ms, 0) + 2 * coalesce(r.came, 0)
    union all
    select 'deliveries.counted', '', 0::bigint,
           format('%s in the week of %s, %s %s: added up to %s, the parts are %s', measure, week, dimension,
                  key, coalesce(a.n, 0), coalesce(p.n, 0))
    from added a full join parts p using (measure, week, class, ended, kept, dimension, key)
    where coalesce(a.n, 0) <> coalesce(p.n, 0)
    union all
    select 'deliveries.counted', '', 0::bigint,
           format('%s in the week of %s at %s in %s: the row of its classes is not what was counted', measure,
                  week, location, market)
    from places p full join at_places c using (measure, week, location, market)
    where coalesce(p.done, 0) <> coalesce(c.done, 0) or coalesce(p.stopped, 0) <> coalesce(c.stopped, 0)
       or coalesce(p.never, 0) <> coalesce(c.never, 0)
    """,
)

CONTROLS = (ISSUED, REDEEMED, FOLLOWED, COUNTED)
