-- Forgetting: whoever asks to be forgotten is, in what rules saw of them too; bodies of what came in are kept for a
-- time. And webhooks that stay with the address that they were made for.

-- Who was forgotten, and which attributes went with it: those that some version of the program marks as personal.
create table forgotten_members (
  program_id    integer not null,
  member_id     bigint not null,
  attributes    text[] not null,
  forgotten_at  timestamptz not null,
  primary key (program_id, member_id)
);
create constraint trigger forgotten_members_are_audited after insert or update or delete on forgotten_members
  deferrable initially deferred for each row execute function demand_audit();

-- States that ended stay as they were, but for what is forgotten: of a member who is, the attributes named there.
create function refuse_all_but_forgetting() returns trigger language plpgsql set search_path = guerdon, pg_temp as $$
declare
  was constant jsonb := old.attributes::jsonb;
  is_now constant jsonb := new.attributes::jsonb;
begin
  if (new.program_id, new.member_id, new.state, new.market, new.language, new.location, new.ended_at)
     is distinct from
     (old.program_id, old.member_id, old.state, old.market, old.language, old.location, old.ended_at)
     or was = is_now then
    raise exception 'rows of % are never changed; write a correcting row', tg_table_name using errcode = '42501';
  end if;
  if not exists (select from forgotten_members f
                 where f.program_id = old.program_id and f.member_id = old.member_id
                   and is_now = was - f.attributes) then
    raise exception 'of a state that ended only what was forgotten goes' using errcode = '23514';
  end if;
  return new;
end $$;
drop trigger member_states_only_grow on member_states;
create trigger member_states_only_grow before delete or truncate on member_states
  for each statement execute function refuse_change();
create trigger member_states_only_forget before update on member_states
  for each row execute function refuse_all_but_forgetting();

-- Which elements of a body that is held were needed when somebody last looked, and when that was: it is not opened again
-- for the same.
alter table deliveries add column needed text, add column looked_at timestamptz;
-- What leads to a body, by the body. The inbox has none: it is hot, and what is in it is soon decided.
create index waiting_by_delivery on waiting (program_id, delivery_id);
create index errands_by_delivery on errands (program_id, delivery_id) where delivery_id is not null;

-- Delete bodies that came before an instant and that nobody needs any more: nothing of them is still to be decided, waits
-- for its contact, is to be read at its CRM or stands in quarantine. So many are looked at, from one number on; answers
-- the last that was (null: there are no more) and how many are gone. By this function alone: whatever else goes wrong
-- in a worker, what came in and was not decided is not deleted by it.
create function drop_bodies(in_before timestamptz, in_after bigint, in_at_most integer)
  returns table (last_id bigint, dropped bigint) language plpgsql security definer set search_path = guerdon, pg_temp as $$
begin
  return query
  with old as materialized (
    select d.id, d.recorded_at from deliveries d
    where d.program_id = this_program() and d.recorded_at < in_before and d.id > in_after
    order by d.id limit in_at_most
  ), needed as (
    -- By the span that is looked at, so that each is read once and not once a body.
    select i.delivery_id from inbox i where i.program_id = this_program()
      and i.delivery_id > in_after and i.delivery_id <= (select max(o.id) from old o)
    union all
    select w.delivery_id from waiting w where w.program_id = this_program()
      and w.delivery_id > in_after and w.delivery_id <= (select max(o.id) from old o)
    union all
    select e.delivery_id from errands e where e.program_id = this_program()
      and e.delivery_id > in_after and e.delivery_id <= (select max(o.id) from old o)
    union all
    select q.delivery_id from quarantine q where q.program_id = this_program() and q.settled_at is null
      and q.delivery_id > in_after and q.delivery_id <= (select max(o.id) from old o)
  ), free as materialized (
    select o.id from old o except select n.delivery_id from needed n
  ), gone as (
    delete from deliveries d using free f
    where d.program_id = this_program() and d.id = f.id and d.recorded_at < in_before
    returning d.id
  )
  select (select max(o.id) from old o), (select count(*) from gone);
end $$;
revoke all on function drop_bodies from public;
grant execute on function drop_bodies to guerdon_worker;

grant select on forgotten_members to guerdon_worker, guerdon_web;
grant insert, update on forgotten_members to guerdon_worker;
grant update (attributes) on member_states to guerdon_worker;
-- What is left of a body that is still needed, and what of quarantine is nobody's any more.
grant update (body, needed, looked_at) on deliveries to guerdon_worker;
grant update (settled_as, settled_by, settled_for) on quarantine to guerdon_worker;

-- Whoever changes who wants to be told of a program (store/announcements) waits for what is under way in that program
-- alone, and nobody of another waits for them. What does not say for which program it works is waited for by everybody.
create or replace function find_announced() returns trigger language plpgsql
  set search_path = guerdon, pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(1735289457, coalesce(this_program(), 0));
  perform set_config('guerdon.announced', coalesce(
    (select ' ' || string_agg(program_id::text, ' ') || ' ' from programs where announced_to <> '{}'), ''), true);
  return null;
end $$;

-- Where a webhook's endpoint is, counted up when its address changes: what was made for one address is never sent to
-- another, unless somebody asks for just that.
alter table webhook_endpoints add column address integer not null default 1;
alter table webhook_deliveries add column address integer not null default 1;
grant update (address) on webhook_deliveries to guerdon_web;

-- Seen as members are: by whoever sees the member.
alter table forgotten_members enable row level security;
alter table forgotten_members force row level security;
create policy one_program on forgotten_members
  using (program_id = (select this_program())
    and ((select this_member()) is null or member_id in (0, (select this_member())))
    and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
    and ((select this_member()) is null or member_id in (0, (select this_member())))
    and ((select whole_program()) or sees_member(program_id, member_id)));
