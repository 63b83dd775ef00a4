"""Counts: what ended, by the week in which our clock began, in classes of lengths.

Each mark counts once when it ends, when it is opened and when it is used: under all its dimensions, under all
but its location, and added up under each, so that a page of the program or of a rule reads few rows; and in
the one row that its location has of its week, so that a page finds the slowest in few, too. Nothing is ever
negative: a clock that ran ahead counts as no time at all.
"""

from typing import LiteralString

from guerdon.program.catalog.nouns import Deliveries
from guerdon.store.database import Transaction

MOST = 20_000

_COUNT: LiteralString = """
    with due as (
      select program_id, member_id, id, not counted and state <> 'open' as ends,
             not opened_counted and opened_at is not null as opens,
             not used_counted and used_at is not null as uses
      from delivery_marks
      where program_id = %(program)s
        and ((not counted and state <> 'open') or (not opened_counted and opened_at is not null)
             or (not used_counted and used_at is not null))
      limit %(most)s
    ),
    fresh as (
      update delivery_marks m
      set counted = true, opened_counted = m.opened_at is not null, used_counted = m.used_at is not null
      from due d
      where m.program_id = d.program_id and m.member_id = d.member_id and m.id = d.id
      returning m.*, d.ends, d.opens, d.uses
    ),
    told as (
      select f.*,
             greatest(f.received_at - f.happened_at, interval '0') as arrival,
             greatest(f.issued_at - f.received_at, interval '0') as given,
             greatest(f.chosen_at - f.issued_at, interval '0') as choosing,
             greatest(f.ended_at - f.chosen_at, interval '0') as handed,
             greatest(f.opened_at - f.ended_at, interval '0') as opened,
             greatest(f.used_at - f.ended_at, interval '0') as used,
             greatest(coalesce(p.within, %(within_rule)s), l.allowed) as within,
             greatest(coalesce(p.at_most, %(at_most_rule)s), l.allowed) as at_most
      from fresh f
      cross join lateral (
        -- Whoever chose an item with a lead time was told so: it counts from choosing on, after its giving.
        select case when f.lead_minutes > 0 then make_interval(mins => f.lead_minutes) + case
                 when f.saved then interval '0' else greatest(f.issued_at - f.received_at, interval '0') end
               end as allowed
      ) l
      left join unnest(%(rules)s::text[], %(within)s::interval[], %(at_most)s::interval[])
           as p (rule, within, at_most) on p.rule = f.rule
    ),
    measured as (
      select t.rule, t.market, t.location, t.supplier, l.measure, l.ended,
             date_trunc('week', l.begun at time zone %(zone)s)::date as week,
             case when not l.promised then 3 when t.state = 'failed' then 2
                  when l.length <= t.within then 0 when l.length <= t.at_most then 1 else 2 end as kept,
             case when t.state = 'failed' and l.measure in ('handed', 'awaited', 'whole') then 32767
                  else delivery_class((extract(epoch from l.length) * 1000)::bigint) end as class
      from told t
      cross join lateral (
        select 'arrival' as measure, t.received_at as begun, t.arrival as length, 'done' as ended,
               false as promised where t.ends and t.kind = 'reward'
        union all
        select 'given', t.received_at, t.given, 'done', true where t.ends and t.kind = 'reward'
        union all
        select 'whole', t.received_at, t.given, 'done', true where t.ends and t.kind = 'reward' and t.saved
        union all
        select 'choosing', t.issued_at, t.choosing, 'done', false
        where t.ends and t.kind = 'order' and not t.saved and not exists (
          select from delivery_marks b
          where b.program_id = t.program_id and b.member_id = t.member_id and b.reward_id = t.reward_id
            and b.kind = 'order' and (b.chosen_at, b.id) < (t.chosen_at, t.id))
        union all
        select 'handed', t.chosen_at, t.handed,
               case t.state when 'canceled' then 'stopped' else 'done' end, false
        where t.ends and t.kind = 'order'
        union all
        select 'awaited', t.chosen_at, t.handed,
               case t.state when 'canceled' then 'stopped' else 'done' end, false
        where t.ends and t.kind = 'order' and t.lead_minutes > 0
        union all
        select 'whole', t.chosen_at, t.handed + case when t.saved then interval '0' else t.given end,
               case t.state when 'canceled' then 'stopped' else 'done' end, t.state <> 'canceled'
        where t.ends and t.kind = 'order'
        union all
        select 'opened', t.ended_at, t.opened, 'done', false where t.opens
        union all
        select 'used', t.ended_at, t.used, 'done', false where t.uses
      ) l
    ),
    summed as (
      select week, measure, ended, kept, class,
             case when grouping(rule) = 1 then '*' else rule end as rule,
             case when grouping(market) = 1 then '*' else market end as market,
             case when grouping(location) = 0 then location
                  when grouping(rule, market, supplier) = 0 then '+' else '*' end as location,
             case when grouping(supplier) = 1 then '*' else supplier end as supplier, count(*) as n
      from measured
      group by week, measure, ended, kept, class,
               grouping sets ((rule, market, location, supplier), (rule, market, supplier),
                              (rule), (market), (location), (supplier), ())
    ),
    counted as (
      insert into delivery_counts (program_id, week, measure, rule, market, location, supplier, ended,
                                   kept, class, n)
      select %(program)s, week, measure, rule, market, location, supplier, ended, kept, class, n
      from summed
      order by measure, location, week, rule, market, supplier, ended, kept, class
      on conflict (program_id, measure, location, week, rule, market, supplier, ended, kept, class)
      do update set n = delivery_counts.n + excluded.n
    ),
    placed as (
      insert into delivery_places (program_id, measure, week, location, market, done, stopped, never)
      select %(program)s, measure, week, location, market,
             coalesce(sum(delivery_digits(class, n)) filter (where ended = 'done' and class < 32767), 0),
             coalesce(sum(delivery_digits(class, n)) filter (where ended = 'stopped'), 0),
             coalesce(sum(n) filter (where ended = 'done' and class = 32767), 0)
      from (
        select measure, week, location, market, ended, class, count(*) as n
        from measured where location <> '' and measure <> 'awaited' group by 1, 2, 3, 4, 5, 6
      ) each
      group by measure, week, location, market
      order by measure, week, location, market
      on conflict (program_id, measure, week, location, market)
      do update set done = delivery_places.done + excluded.done,
                    stopped = delivery_places.stopped + excluded.stopped,
                    never = delivery_places.never + excluded.never
    )
    select count(*) from fresh
"""


def count_ended(tx: Transaction, program_id: int, zone: str, deliveries: Deliveries, most: int = MOST) -> int:
    """Count what ended, was opened or used and was not counted yet, in weeks of a time zone; how many marks.

    No more than `most`: whoever is told of so many asks again.
    """
    rules = deliveries.rules
    within = [deliveries.of(rule).within for rule in rules]
    at_most = [deliveries.of(rule).at_most for rule in rules]
    row = tx.execute(
        _COUNT,
        {
            "program": program_id,
            "most": most,
            "zone": zone,
            "rules": list(rules),
            "within": within,
            "at_most": at_most,
            "within_rule": deliveries.promise.within,
            "at_most_rule": deliveries.promise.at_most,
        },
    ).fetchone()
    assert row is not None
    return int(row[0])
