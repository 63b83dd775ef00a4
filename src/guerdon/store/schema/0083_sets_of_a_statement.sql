-- What a narrower scope sees is found once for a statement; so that is to cost little, also where a statement reads
-- many months and each month asks for itself.
create or replace function seen_members() returns setof bigint
  language plpgsql stable parallel safe cost 10 rows 1000
  set search_path = guerdon, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  markets constant text[] := this_markets();
  locations constant text[] := this_locations();
begin
  return query select member_id from members
    where program_id = this_program() and (market = any (markets) or location = any (locations));
end $$;

-- The pools of budgets that are seen, by all their names; see sees_pool.
create function seen_pools() returns setof text
  language plpgsql stable parallel safe cost 10 rows 100
  set search_path = guerdon, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  return query
    select kind || substr(name, 8) from budget_nodes, unnest(array['budget:', 'spent:', 'owed:']) kind
    where program_id = this_program()
    union
    select 'location:' || location from budget_nodes where program_id = this_program() and location is not null;
end $$;

-- Of transfers whole years are gone through: whoever adds up looks their pools up among those that are seen, before
-- members are found at all.
do $$
declare
  rule constant text := 'program_id = (select this_program())'
    || ' and ((select this_member() is null) or member_id = any (array[0::bigint, (select this_member())]))'
    || ' and ((select whole_program()) or case when (select by_sets())'
    || ' then from_account in (select seen_pools()) or to_account in (select seen_pools())'
    || '   or member_id <> 0 and member_id in (select seen_members())'
    || ' else member_id <> 0 and sees_member(program_id, member_id)'
    || '   or sees_pool(program_id, from_account) or sees_pool(program_id, to_account) end)';
begin
  execute format('alter policy one_program on transfers using (%s) with check (%s)', rule, rule);
end $$;

-- Rewards of a span of days, by whose and by which rule; and those of which something is left: for sums that read no row
-- of the table itself.
create index rewards_happened on rewards (program_id, unit, happened_at) include (member_id, rule);
create index rewards_left on rewards (program_id, payer, unit) include (member_id, remaining, expires_at, state)
  where state in ('pending', 'ready');

-- What a pool paid and got in four weeks is added up for its pace: by these alone.
drop index transfers_out_of_pools;
drop index transfers_into_pools;
create index transfers_out_of_pools on transfers (program_id, from_account, recorded_at, id)
  include (to_account, unit, amount, member_id) where from_account not in ('purse', 'pending', 'debt');
create index transfers_into_pools on transfers (program_id, to_account, recorded_at, id)
  include (from_account, unit, amount, member_id) where to_account not in ('purse', 'pending', 'debt');

-- What expired, for what is expected to: hardly any event is of that kind.
create index events_expired on events (program_id, id) where outcome = 'expired';
