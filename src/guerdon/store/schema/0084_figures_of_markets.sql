-- Figures of markets, so that an overview reads as many rows as there are days and rules, however many locations there
-- are and whatever happened; written in the same commit as what they count.

-- Rollups without their location, which whoever sees whole markets reads.
create table market_days (
  program_id       integer not null,
  day              date not null,
  market           text not null,
  rule             text not null,
  unit             text not null,
  issued           bigint not null default 0,
  issued_value     bigint not null default 0,
  refused          bigint not null default 0,
  redeemed         bigint not null default 0,
  redeemed_value   bigint not null default 0,
  redeemed_phone   bigint not null default 0,
  redeemed_48h     bigint not null default 0,
  primary key (program_id, day, market, rule, unit)
) with (fillfactor = 70);

-- What is added up is the program's, however little of it whoever causes it sees: for as long as it takes, the
-- transaction sees all of the program, and then its part again.
create function see_part(part text[]) returns void language sql
  begin atomic
    select set_config('guerdon.markets', part[1], true), set_config('guerdon.locations', part[2], true),
           set_config('guerdon.member_id', part[3], true);
  end;
create function see_all() returns text[] language plpgsql as $$
declare
  part constant text[] := array[coalesce(current_setting('guerdon.markets', true), ''),
    coalesce(current_setting('guerdon.locations', true), ''), coalesce(current_setting('guerdon.member_id', true), '')];
begin
  perform guerdon.see_part(array['', '', '']);
  return part;
end $$;

-- Whoever changes a rollup changes its market's: it is locked with it, even where nothing is added.
create function add_to_market_days() returns trigger language plpgsql
  set search_path = guerdon, pg_temp as $$
declare
  part constant text[] := see_all();
begin
  if tg_op = 'INSERT' then
    insert into market_days as d
    select program_id, day, market, rule, unit, sum(issued), sum(issued_value), sum(refused), sum(redeemed),
           sum(redeemed_value), sum(redeemed_phone), sum(redeemed_48h)
    from fresh group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (program_id, day, market, rule, unit) do update
    set issued = d.issued + excluded.issued, issued_value = d.issued_value + excluded.issued_value,
        refused = d.refused + excluded.refused, redeemed = d.redeemed + excluded.redeemed,
        redeemed_value = d.redeemed_value + excluded.redeemed_value,
        redeemed_phone = d.redeemed_phone + excluded.redeemed_phone, redeemed_48h = d.redeemed_48h + excluded.redeemed_48h;
  else
    insert into market_days as d
    select program_id, day, market, rule, unit, sum(sign * issued), sum(sign * issued_value), sum(sign * refused),
           sum(sign * redeemed), sum(sign * redeemed_value), sum(sign * redeemed_phone), sum(sign * redeemed_48h)
    from (select 1 as sign, * from fresh union all select -1, * from stale) changed
    group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (program_id, day, market, rule, unit) do update
    set issued = d.issued + excluded.issued, issued_value = d.issued_value + excluded.issued_value,
        refused = d.refused + excluded.refused, redeemed = d.redeemed + excluded.redeemed,
        redeemed_value = d.redeemed_value + excluded.redeemed_value,
        redeemed_phone = d.redeemed_phone + excluded.redeemed_phone, redeemed_48h = d.redeemed_48h + excluded.redeemed_48h;
  end if;
  perform see_part(part);
  return null;
end $$;
create trigger rollups_add_up after insert on rollups referencing new table as fresh
  for each statement execute function add_to_market_days();
create trigger rollups_change_sums after update on rollups referencing old table as stale new table as fresh
  for each statement execute function add_to_market_days();

-- Also where rows are written for which nothing else is asked any more: sums are sums.
alter table rollups enable always trigger rollups_add_up;
alter table rollups enable always trigger rollups_change_sums;

-- How many members of a market were rewarded by just this set of rules, in a unit, ever: a member is one of them once.
create table rewarded_members (
  program_id  integer not null,
  market      text not null,
  unit        text not null,
  -- In the order of their names.
  rules       text[] not null,
  members     bigint not null default 0,
  primary key (program_id, market, unit, rules),
  constraint rewarded_members_were_rewarded check (cardinality(rules) > 0)
) with (fillfactor = 70);

-- Members who move take their count along.
create function move_rewarded_members() returns trigger language plpgsql
  set search_path = guerdon, pg_temp as $$
declare
  part constant text[] := see_all();
begin
  if exists (select from stale o join fresh n using (program_id, member_id) where o.market <> n.market) then
    insert into rewarded_members as c
    with moved as (
      select r.program_id, r.unit, o.market as before, n.market as after, array_agg(distinct r.rule order by r.rule) as rules
      from stale o join fresh n using (program_id, member_id)
      join rewards r using (program_id, member_id)
      where o.market <> n.market group by r.program_id, r.member_id, r.unit, o.market, n.market
    )
    select program_id, s.market, unit, rules, sum(s.members)
    from moved, lateral (values (before, -1), (after, 1)) s (market, members)
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (program_id, market, unit, rules) do update set members = c.members + excluded.members;
  end if;
  perform see_part(part);
  return null;
end $$;
create trigger members_take_their_count after update on members referencing old table as stale new table as fresh
  for each statement execute function move_rewarded_members();
alter table members enable always trigger members_take_their_count;

-- The owner is guarded like everybody, but for this.
alter table rollups no force row level security;
alter table rewards no force row level security;
alter table members no force row level security;
insert into market_days
select program_id, day, market, rule, unit, sum(issued), sum(issued_value), sum(refused), sum(redeemed), sum(redeemed_value),
       sum(redeemed_phone), sum(redeemed_48h)
from rollups group by 1, 2, 3, 4, 5;
insert into rewarded_members
select program_id, market, unit, rules, count(*)
from (select r.program_id, m.market, r.unit, array_agg(distinct r.rule order by r.rule) as rules
      from rewards r join members m using (program_id, member_id) group by r.program_id, r.member_id, m.market, r.unit) each_member
group by 1, 2, 3, 4;
alter table rollups force row level security;
alter table rewards force row level security;
alter table members force row level security;

grant select on market_days, rewarded_members to guerdon_worker, guerdon_web;
grant insert, update on market_days, rewarded_members to guerdon_worker, guerdon_web;

do $$
declare
  name text;
  rule constant text := 'program_id = (select this_program()) and (select this_member() is null)'
    || ' and ((select whole_program()) or market = any ((select this_markets())::text[]))';
begin
  foreach name in array array['market_days', 'rewarded_members']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;

-- Whether a transaction sees markets as wholes: within locations it reads the rows behind such sums, which are few there.
create function sees_markets() returns boolean language sql stable parallel safe
  return coalesce(current_setting('guerdon.locations', true), '') = '' and this_member() is null;

-- Figures by day: added up where whole markets are seen, of each location elsewhere.
create view day_figures with (security_invoker = true) as
  select day, market, rule, unit, issued, issued_value, refused, redeemed, redeemed_value, redeemed_phone,
         redeemed_48h
  from market_days where (select sees_markets())
  union all
  select day, market, rule, unit, issued, issued_value, refused, redeemed, redeemed_value, redeemed_phone,
         redeemed_48h
  from rollups
  where not (select sees_markets()) and location = any ((select this_locations())::text[])
  union all
  select day, market, rule, unit, issued, issued_value, refused, redeemed, redeemed_value, redeemed_phone,
         redeemed_48h
  from rollups
  where not (select sees_markets()) and (select this_markets() <> '{}')
    and location <> all (coalesce((select this_locations())::text[], '{}'));
grant select on day_figures to guerdon_worker, guerdon_web;

-- By location alone, before the rest: one reads few of them.
create index rollups_of_locations on rollups (program_id, location, day);
