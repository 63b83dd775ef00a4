-- Announcements: what other systems are told of what happened here; and webhooks, the first of those systems' ways.

-- Who wants to be told of this program: 'webhooks', later a connection. Nobody: nothing is written for it, and an
-- event costs no more than asking that.
alter table programs add column announced_to text[] not null default '{}';
grant update (announced_to) on programs to guerdon_worker, guerdon_web;

-- What is to be told, of a member by rising id in the order of the commits, for whoever changes a member has locked
-- them. Written in the commit of its cause, by triggers, and deleted in the commit that hands it on.
create table announcements (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  member_id    bigint not null,
  -- Zero where it is the member who is new.
  event_id     bigint not null default 0,
  -- When the event was recorded: where it lies.
  event_at     timestamptz,
  recorded_at  timestamptz not null default transaction_timestamp(),
  primary key (program_id, id)
);

-- The programs of whose events this statement has to leave word, in a setting: rows ask that, and nobody else. The lock
-- is in nobody's way but of whoever changes who wants to be told: they wait for what is under way (store/announcements),
-- so that of two commits the later one is announced to whom the earlier one made to be told.
create function find_announced() returns trigger language plpgsql
  set search_path = guerdon, pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(1735289454, 0);
  perform set_config('guerdon.announced', coalesce(
    (select ' ' || string_agg(program_id::text, ' ') || ' ' from programs where announced_to <> '{}'), ''), true);
  return null;
end $$;

create function announce_event() returns trigger language plpgsql
  set search_path = guerdon, pg_temp as $$
begin
  insert into announcements (program_id, member_id, event_id, event_at)
  values (new.program_id, new.member_id, new.id, new.recorded_at);
  return null;
end $$;

create function announce_members() returns trigger language plpgsql
  set search_path = guerdon, pg_temp as $$
begin
  if current_setting('guerdon.announced', true) <> '' then
    insert into announcements (program_id, member_id)
    select n.program_id, n.member_id from new_rows n join programs p using (program_id)
    where p.announced_to <> '{}' order by n.program_id, n.member_id;
  end if;
  return null;
end $$;

-- By row, unlike those of 0018: a table with partitions that hands its new rows on as a set takes them one by one.
create trigger events_find_announced before insert on events for each statement execute function find_announced();
create trigger events_are_announced after insert on events for each row
  when (new.outcome <> 'nothing'
        and strpos(current_setting('guerdon.announced', true), ' ' || new.program_id || ' ') > 0)
  execute function announce_event();
create trigger members_find_announced before insert on members for each statement execute function find_announced();
create trigger members_are_announced after insert on members
  referencing new table as new_rows for each statement execute function announce_members();

-- Where we tell of it. The secret and, for a day after it was changed, the one before are sealed.
create table webhook_endpoints (
  program_id      integer not null,
  id              bigint not null generated always as identity,
  name            text not null,
  url             text not null,
  -- Which announcements it wants; empty: all.
  types           text[] not null default '{}',
  secret          bytea not null,
  previous_secret bytea,
  previous_until  timestamptz,
  state           text not null default 'enabled' check (state in ('enabled', 'disabled')),
  -- Why it is disabled: a person's word, or gone (it said so itself).
  reason          text not null default '',
  created_by      text not null,
  created_at      timestamptz not null,
  removed_at      timestamptz,
  primary key (program_id, id),
  constraint webhook_endpoints_keep_two_secrets check ((previous_secret is null) = (previous_until is null)),
  constraint webhook_endpoints_are_removed_disabled check (removed_at is null or state = 'disabled')
);
create constraint trigger webhook_endpoints_are_audited after insert or update or delete on webhook_endpoints
  deferrable initially deferred for each row execute function demand_audit();

-- How it is doing, as whoever sends finds it.
create table webhook_health (
  program_id     integer not null,
  endpoint_id    bigint not null,
  -- Of the failures in a row, when the first was and how many they are.
  failing_since  timestamptz,
  failures       integer not null default 0,
  -- It asked for less: nothing is sent before.
  hold_until     timestamptz,
  delivered_at   timestamptz,
  took_ms        integer,
  -- The failure that was the last of them: what was answered, or why nothing was.
  status         smallint,
  reason         text not null default '',
  primary key (program_id, endpoint_id),
  constraint webhook_health_fails_since_then check ((failures = 0) = (failing_since is null))
);

-- What one endpoint is told, and what came of it.
create table webhook_deliveries (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  endpoint_id  bigint not null,
  type         text not null,
  payload      text not null,
  state        text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
  attempts     smallint not null default 0,
  -- When what it tells of was written down.
  recorded_at  timestamptz not null,
  next_at      timestamptz not null,
  fence        uuid,
  settled_at   timestamptz,
  primary key (program_id, id),
  constraint webhook_deliveries_are_small check (octet_length(payload) < 20000),
  constraint webhook_deliveries_settle check ((state = 'waiting') = (settled_at is null))
) with (autovacuum_vacuum_scale_factor = 0.02);
create index webhook_deliveries_due on webhook_deliveries (program_id, endpoint_id, next_at) where state = 'waiting';
create index webhook_deliveries_by_endpoint on webhook_deliveries (program_id, endpoint_id, state, id);
create index webhook_deliveries_settled on webhook_deliveries (program_id, settled_at) where state <> 'waiting';

create table webhook_attempts (
  program_id   integer not null,
  delivery_id  bigint not null,
  id           bigint not null generated always as identity,
  number       smallint not null,
  at           timestamptz not null,
  took_ms      integer not null,
  -- What was answered, or why nothing was.
  status       smallint,
  reason       text not null,
  -- How the answer begins.
  answer       bytea not null default '',
  primary key (program_id, delivery_id, id),
  constraint webhook_attempts_keep_little check (length(answer) <= 512)
);

-- What API keys may do: also look after webhooks.
alter table api_keys drop constraint api_keys_have_known_scopes;
alter table api_keys add constraint api_keys_have_known_scopes
  check (cardinality(scopes) > 0 and array_position(scopes, null) is null and scopes <@ array[
    'read:members', 'read:ledger', 'read:budgets', 'read:controls', 'read:audit', 'read:versions', 'try:events',
    'write:versions', 'recall:versions', 'read:webhooks', 'write:webhooks', 'write:wallet', 'propose:requests',
    'write:codes', 'write:events']);

grant usage on all sequences in schema guerdon to guerdon_worker, guerdon_web;
grant select on announcements, webhook_endpoints, webhook_health, webhook_deliveries, webhook_attempts
  to guerdon_worker, guerdon_web;
grant insert on announcements to guerdon_worker, guerdon_web;
grant delete on announcements to guerdon_worker;
grant insert, update on webhook_endpoints to guerdon_web;
grant update (state, reason) on webhook_endpoints to guerdon_worker;
grant insert, update on webhook_health to guerdon_worker, guerdon_web;
grant insert, update, delete on webhook_deliveries to guerdon_worker;
grant insert on webhook_deliveries to guerdon_web;
grant update (state, attempts, next_at, fence, settled_at) on webhook_deliveries to guerdon_web;
grant insert, delete on webhook_attempts to guerdon_worker;

-- Where somebody is told of everybody is for those who see the whole program.
do $$
declare
  name text;
  here constant text := 'program_id = (select this_program())';
  whole constant text := here || ' and (select this_member()) is null and (select whole_program())';
  of_member constant text := here
    || ' and ((select this_member()) is null or member_id in (0, (select this_member())))'
    || ' and ((select whole_program()) or sees_member(program_id, member_id))';
  rule text;
begin
  foreach name in array array['announcements', 'webhook_endpoints', 'webhook_health', 'webhook_deliveries',
                              'webhook_attempts']
  loop
    rule := case name when 'announcements' then of_member else whole end;
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;
