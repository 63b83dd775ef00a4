-- Figures of locations, written in the same commit as what they count: on which days one sent events, what was taken
-- back there, and which amounts a rule really gave there. With them a page of hundreds of locations reads no event.

-- Events that came for a location, on their day in the program's time zone; what we tell ourselves is no sign of life.
create table location_days (
  program_id  integer not null,
  day         date not null,
  location    text not null,
  market      text not null,
  events      bigint not null default 0,
  -- Rewards of which something was taken back.
  reversed    bigint not null default 0,
  primary key (program_id, day, location, market),
  constraint location_days_are_somewhere check (location <> ''),
  constraint location_days_count check (least(events, reversed) >= 0)
) with (fillfactor = 70);

-- When one that is silent sent its last.
create index location_days_back on location_days (program_id, location, day desc);

-- How often a rule gave an amount at a location, in the week (its Monday) in which it happened. Of rules that give by a
-- figure of the event, such as points for a price, nothing is kept: their amounts are meant to differ.
create table location_gifts (
  program_id  integer not null,
  week        date not null,
  rule        text not null,
  location    text not null,
  market      text not null,
  unit        text not null,
  value       bigint not null,
  version     integer not null,
  -- rule: as the rule says. people: what people agreed to. budget: nothing was given, because no budget paid for it.
  cause       text not null check (cause in ('rule', 'people', 'budget')),
  n           bigint not null default 0,
  primary key (program_id, week, rule, location, market, unit, value, version, cause),
  constraint location_gifts_are_somewhere check (location <> ''),
  constraint location_gifts_give_something check (value > 0),
  constraint location_gifts_count check (n >= 0)
) with (fillfactor = 70);

-- The rewards of one location, the latest first.
create index delivery_marks_at_locations on delivery_marks (program_id, location, received_at desc, id desc)
  where kind = 'reward';

-- What was decided before, by the days and rules of the version that is there now. The owner is guarded like everybody,
-- but for this.
alter table events no force row level security;
alter table rewards no force row level security;
alter table program_versions no force row level security;
insert into location_days (program_id, day, location, market, events, reversed)
with latest as (
  select distinct on (program_id) program_id, coalesce(bundle::json ->> 'time_zone', 'UTC') as zone
  from program_versions order by program_id, version desc
)
select e.program_id, (e.happened_at at time zone l.zone)::date, e.location, e.market,
       count(*) filter (where e.source not in ('guerdon', 'referrals')),
       count(*) filter (where e.outcome = 'reversed')
from events e join latest l on l.program_id = e.program_id
where e.location <> '' and (e.source not in ('guerdon', 'referrals') or e.outcome = 'reversed')
group by 1, 2, 3, 4;
insert into location_gifts (program_id, week, rule, location, market, unit, value, version, cause, n)
with latest as (
  select distinct on (program_id) program_id, coalesce(bundle::json ->> 'time_zone', 'UTC') as zone,
         bundle::json -> 'rules' as rules
  from program_versions order by program_id, version desc
),
rated as (
  select distinct l.program_id, r.key as rule
  from latest l, json_each(l.rules) r, json_array_elements(r.value -> 'then') step
  where step -> 'reward' -> 'value' ->> 'rate' is not null
)
select e.program_id, date_trunc('week', e.happened_at at time zone l.zone)::date, r.rule, e.location, e.market, r.unit,
       r.value, e.version, case e.type when 'approval.granted' then 'people' else 'rule' end, count(*)
from rewards r
join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
join latest l on l.program_id = e.program_id
where e.location <> '' and (r.program_id, r.rule) not in (select program_id, rule from rated)
group by 1, 2, 3, 4, 5, 6, 7, 8, 9;
alter table events force row level security;
alter table rewards force row level security;
alter table program_versions force row level security;

grant select on location_days, location_gifts to guerdon_worker, guerdon_web;
grant insert, update on location_days, location_gifts to guerdon_worker;

-- Staff see those of their places.
do $$
declare
  name text;
  rule constant text := 'program_id = (select this_program()) and (select this_member()) is null'
    || ' and ((select whole_program()) or market = any (this_markets()) or location = any (this_locations()))';
begin
  foreach name in array array['location_days', 'location_gifts']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;
