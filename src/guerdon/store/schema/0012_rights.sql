-- Who may do what. owner: everything here belongs to it, no login. worker: decides for all members, owns nothing,
-- adds to ledger and events but never changes them. web: sees one program, for a member one member, for staff their
-- part of it, by row security.

grant usage on schema guerdon to guerdon_worker, guerdon_web;
grant usage on all sequences in schema guerdon to guerdon_worker, guerdon_web;
grant select on all tables in schema guerdon to guerdon_worker, guerdon_web;

grant insert on programs, program_versions, api_keys, audit to guerdon_worker, guerdon_web;
grant update (revoked_at) on api_keys to guerdon_web;

grant insert on event_keys, deliveries, inbox, quarantine, intake_counts to guerdon_web, guerdon_worker;
grant update on intake_counts to guerdon_web, guerdon_worker;
grant update (settled_at) on quarantine to guerdon_web, guerdon_worker;
grant insert, delete on inbox, waiting to guerdon_worker;
grant update on inbox to guerdon_worker;
grant update on lanes to guerdon_worker;
grant insert, update, delete on workers to guerdon_worker;

grant insert, update on members, member_ids, persons to guerdon_worker;
-- Whoever changes what a member has locks the member, for which one must have the right to change something of it.
grant update (language) on members to guerdon_web;

grant insert, update on accounts, allowances to guerdon_worker, guerdon_web;
grant insert on transfers, draws, events to guerdon_worker, guerdon_web;
grant insert, update on holds to guerdon_worker, guerdon_web;
grant insert on hold_lots to guerdon_worker, guerdon_web;

grant insert, update on rewards to guerdon_worker;
grant update (state, remaining, held, redeemed_at, expires_at) on rewards to guerdon_web;
grant insert, delete on reversals_waiting to guerdon_worker;
grant insert on orders to guerdon_worker, guerdon_web;
grant update (canceled_at) on orders to guerdon_worker, guerdon_web;
grant insert on codes to guerdon_worker;
grant update (state) on codes to guerdon_worker;
grant update (state, order_id, issued_at) on codes to guerdon_web;

grant insert, update, delete on outbox to guerdon_worker;
grant insert on messages to guerdon_worker;
grant insert, update on rollups, event_rollups, delays to guerdon_worker, guerdon_web;

grant insert, update on budget_nodes, alarms to guerdon_worker;
grant update (settled_at) on alarms to guerdon_web;
grant insert on top_ups, budget_periods, rates to guerdon_worker;
grant insert, update on requests to guerdon_worker, guerdon_web;
grant insert on revisions, signatures to guerdon_worker, guerdon_web;
grant insert, update on people, grants, stand_ins, person_members to guerdon_web, guerdon_worker;
grant insert on seals, anchors, control_runs to guerdon_worker;
grant insert, update, delete on api_answers to guerdon_web, guerdon_worker;

-- Rows are reached through the parent alone: a policy on the parent does not guard a partition asked for by name.
revoke all on event_keys_0, event_keys_1, event_keys_2, event_keys_3 from guerdon_worker, guerdon_web;

create function this_program() returns integer language sql stable parallel safe
  return nullif(current_setting('guerdon.program_id', true), '')::integer;
create function this_member() returns bigint language sql stable parallel safe
  return nullif(current_setting('guerdon.member_id', true), '')::bigint;
-- Who is signing in: the one person whose row is seen before it is known what they may see.
create function this_login() returns text language sql stable parallel safe
  return nullif(current_setting('guerdon.login', true), '');
-- The part of the program that somebody of the staff may see; with both empty it is all of it.
create function this_markets() returns text[] language sql stable parallel safe
  return string_to_array(current_setting('guerdon.markets', true), ',');
create function this_locations() returns text[] language sql stable parallel safe
  return string_to_array(current_setting('guerdon.locations', true), ',');
create function whole_program() returns boolean language sql stable parallel safe
  return coalesce(current_setting('guerdon.markets', true), '') = ''
     and coalesce(current_setting('guerdon.locations', true), '') = '';

-- What a scope sees of rows that stand nowhere themselves. Functions, so that a transaction of the whole program, for
-- which they are never called, does not even plan them; with one plan kept, because a scope calls them row by row.
create function sees_member(in_program integer, in_member bigint) returns boolean
  language plpgsql stable parallel safe
  set search_path = guerdon, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  return exists (select from members where program_id = in_program and member_id = in_member);
end $$;
-- Pools are named after budgets (spent:by_market:DE) and after locations (location:de-kiel).
create function sees_pool(in_program integer, in_name text) returns boolean
  language plpgsql stable parallel safe
  set search_path = guerdon, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  return exists (select from budget_nodes where program_id = in_program
                 and (name = 'budget:' || substr(in_name, strpos(in_name, ':') + 1)
                      or 'location:' || location = in_name));
end $$;
create function sees_request(in_program integer, in_request bigint) returns boolean
  language plpgsql stable parallel safe
  set search_path = guerdon, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  return exists (select from requests where program_id = in_program and id = in_request);
end $$;
create function sees_person(in_program integer, in_person bigint) returns boolean
  language plpgsql stable parallel safe
  set search_path = guerdon, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
  return exists (select from grants where program_id = in_program and person_id = in_person);
end $$;

-- A row is seen when it is of the program that the transaction works for, and then:
-- by a member's transaction, when it is that member's or a pool's (member 0); of what belongs to no member, only what
-- a member's pages and redeeming need;
-- by staff of a narrower scope, when it stands at their markets or locations; of members, those who belong there; of
-- pools, those of budgets there; of what stands nowhere, what is the same for everybody.
do $$
declare
  t record;
  here constant text := 'market = any (this_markets())';
  there constant text := 'location = any (this_locations())';
  whose text;
  place text;
  rule text;
begin
  for t in
    select c.relname as name,
           bool_or(a.attname = 'member_id') as personal,
           bool_or(a.attname = 'market') as at_market,
           bool_or(a.attname = 'location') as at_location
    from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
    where c.relnamespace = 'guerdon'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'programs'
    group by 1 having bool_or(a.attname = 'program_id')
  loop
    whose := case
      when t.personal then '(select this_member()) is null or member_id in (0, (select this_member()))'
      when t.name in ('program_versions', 'rates', 'rollups', 'event_rollups') then 'true'
      -- What a member would be given if people agree to it.
      when t.name = 'requests' then '(select this_member()) is null or beneficiary = (select this_member())'
      -- The codes that wait for somebody, and those of one's own orders.
      when t.name = 'codes' then
        $x$(select this_member()) is null or state = 'free'
           or exists (select from orders o where o.program_id = codes.program_id and o.id = codes.order_id)$x$
      else '(select this_member()) is null'
    end;
    place := case
      when t.name in ('program_versions', 'rates') then 'true'
      -- What happened at no location belongs where its member does.
      when t.name = 'events' then
        here || ' or ' || there || ' or location is null and sees_member(program_id, member_id)'
      when t.at_market and t.at_location then here || ' or ' || there
      when t.at_market then here
      when t.name = 'accounts' then
        'case when member_id = 0 then sees_pool(program_id, name) else sees_member(program_id, member_id) end'
      when t.name = 'holds' then
        'case when member_id = 0 then sees_pool(program_id, account) else sees_member(program_id, member_id) end'
      -- What moved into or out of a pool is that pool's too, whoever's member it was.
      when t.name = 'transfers' then
        'member_id <> 0 and sees_member(program_id, member_id)'
        || ' or sees_pool(program_id, from_account) or sees_pool(program_id, to_account)'
      when t.personal then 'sees_member(program_id, member_id)'
      when t.name in ('top_ups', 'budget_periods') then 'sees_pool(program_id, name)'
      when t.name = 'alarms' then 'sees_pool(program_id, subject)'
      when t.name in ('revisions', 'signatures') then 'sees_request(program_id, request_id)'
      when t.name = 'stand_ins' then
        'sees_person(program_id, person_id) or sees_person(program_id, stand_in)'
      else 'false'
    end;
    rule := 'program_id = (select this_program())';
    if whose <> 'true' then
      rule := rule || ' and (' || whose || ')';
    end if;
    if place <> 'true' then
      rule := rule || ' and ((select whole_program()) or ' || place || ')';
    end if;
    execute format('alter table %I enable row level security', t.name);
    execute format('alter table %I force row level security', t.name);
    execute format('create policy one_program on %I using (%s) with check (%s)', t.name, rule, rule);
  end loop;
end $$;

-- People belong to no program: seen is who is signing in, and who was given something where one looks.
alter table people enable row level security;
alter table people force row level security;
create policy colleagues on people
  using (login = (select this_login())
         or exists (select from grants g
                    where g.program_id = (select this_program()) and g.person_id = people.person_id))
  with check (login = (select this_login())
         or exists (select from grants g
                    where g.program_id = (select this_program()) and g.person_id = people.person_id));
