-- Who may do what. owner: everything here belongs to it, no login. worker: decides for all members, owns nothing,
-- adds to ledger and events but never changes them. web: sees one program, and for a member one member, by row security.

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

grant insert, update on accounts, allowances to guerdon_worker, guerdon_web;
grant insert on transfers, draws, events to guerdon_worker, guerdon_web;
grant insert, update on holds to guerdon_worker, guerdon_web;
grant insert on hold_lots to guerdon_worker, guerdon_web;

grant insert, update on rewards to guerdon_worker;
grant update (state, remaining, held, redeemed_at) on rewards to guerdon_web;
grant insert, delete on reversals_waiting to guerdon_worker;
grant insert on orders to guerdon_worker, guerdon_web;
grant update (canceled_at) on orders to guerdon_worker;
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
grant insert, update on people, grants, stand_ins, person_members to guerdon_web;
grant insert on seals, control_runs to guerdon_worker;
grant insert, update, delete on api_answers to guerdon_web, guerdon_worker;

-- Rows are reached through the parent alone: a policy on the parent does not guard a partition asked for by name.
revoke all on event_keys_0, event_keys_1, event_keys_2, event_keys_3 from guerdon_worker, guerdon_web;

create function this_program() returns integer language sql stable parallel safe
  return nullif(current_setting('guerdon.program_id', true), '')::integer;
create function this_member() returns bigint language sql stable parallel safe
  return nullif(current_setting('guerdon.member_id', true), '')::bigint;

-- A row is seen when the transaction says which program it works for; a member's transaction also says which member,
-- and then sees that member's rows and the program's pools (member 0) only.
do $$
declare t record;
begin
  for t in
    select c.relname,
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'member_id' and not a.attisdropped) as personal
    from pg_class c join pg_attribute p on p.attrelid = c.oid and p.attname = 'program_id' and not p.attisdropped
    where c.relnamespace = 'guerdon'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'programs'
  loop
    execute format('alter table %I enable row level security', t.relname);
    execute format('alter table %I force row level security', t.relname);
    if t.personal then
      execute format(
        'create policy one_program on %I using (program_id = (select this_program()) and ((select this_member()) is null or member_id in (0, (select this_member()))))'
        ' with check (program_id = (select this_program()) and ((select this_member()) is null or member_id in (0, (select this_member()))))',
        t.relname);
    else
      execute format(
        'create policy one_program on %I using (program_id = (select this_program())) with check (program_id = (select this_program()))',
        t.relname);
    end if;
  end loop;
end $$;
