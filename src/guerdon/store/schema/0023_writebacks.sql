-- What a CRM is told: of each contact the newest values, and what happened to it in its order.

-- How far a connection is: one batch of it is under way at a time, whoever sends, and what is told later waits.
create table writeback_lanes (
  program_id      integer not null,
  connection      text not null,
  -- As it was declared when everybody was last gone through, and up to whom that is done (null: it is).
  declared        text not null default '',
  -- The source of members whose ids there are the CRM's.
  source          text not null default '',
  gone_through    bigint,
  fence           uuid,
  lease_until     timestamptz,
  -- Nothing is sent before: it asked for less, is in trouble, or is not open (reason).
  hold_until      timestamptz,
  failing_since   timestamptz,
  failures        integer not null default 0,
  reason          text not null default '',
  -- How many go at once: less after a batch was refused whole, until the one to blame stands alone.
  contacts_max    smallint not null default 100,
  events_max      smallint not null default 500,
  written_at      timestamptz,
  primary key (program_id, connection),
  constraint writeback_lanes_fail_since_then check ((failures = 0) = (failing_since is null)),
  constraint writeback_lanes_send_something check (contacts_max between 1 and 100 and events_max between 1 and 500)
);

-- A member's contact: what it is to have (wanted) and what it has of us (written), by the CRM's properties.
create table writeback_contacts (
  program_id     integer not null,
  connection     text not null,
  member_id      bigint not null,
  -- The id it is asked under: the newest that we or the CRM's last answer know.
  contact        text not null,
  wanted         jsonb not null,
  written        jsonb not null default '{}',
  -- What of it was refused, and why; a new value of such a property is tried again.
  refused        jsonb not null default '{}',
  -- Why it is gone: merged into another member's, or nobody has it.
  reason         text not null default '',
  -- The announcement that the values come from, and that of those written last.
  version        bigint not null,
  written_from   bigint,
  state          text not null default 'waiting' check (state in ('waiting', 'written', 'failed', 'gone')),
  -- Property by property: it is not known which of them is to blame.
  singly         boolean not null default false,
  attempts       integer not null default 0,
  -- What it is to have has to be looked up again.
  stale          boolean not null default false,
  -- Since when something waits that is not under way, and since when what is.
  waiting_since  timestamptz,
  sent_since     timestamptz,
  next_at        timestamptz not null,
  settled_at     timestamptz,
  primary key (program_id, connection, member_id),
  constraint writeback_contacts_wait_since_then
    check (state <> 'waiting' or waiting_since is not null or sent_since is not null)
) with (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 80);
create index writeback_contacts_due on writeback_contacts (program_id, connection, next_at, member_id)
  where state = 'waiting';
create index writeback_contacts_by_member on writeback_contacts (program_id, member_id);
create index writeback_contacts_stale on writeback_contacts (program_id, connection, member_id) where stale;
create index writeback_contacts_failed on writeback_contacts (program_id, connection, member_id)
  where state in ('failed', 'gone');

-- What happened to a contact, under an id that makes it the same when it is sent again.
create table writeback_events (
  program_id   integer not null,
  connection   text not null,
  id           bigint not null generated always as identity,
  member_id    bigint not null,
  uuid         uuid not null default gen_random_uuid(),
  -- The CRM's name of it, and what it says.
  event        text not null,
  properties   jsonb not null,
  happened_at  timestamptz not null,
  recorded_at  timestamptz not null,
  state        text not null default 'waiting' check (state in ('waiting', 'written', 'failed', 'gone')),
  attempts     integer not null default 0,
  reason       text not null default '',
  next_at      timestamptz not null,
  settled_at   timestamptz,
  primary key (program_id, connection, id),
  constraint writeback_events_settle check ((state = 'waiting') = (settled_at is null))
) with (autovacuum_vacuum_scale_factor = 0.02);
create index writeback_events_waiting on writeback_events (program_id, connection, id) where state = 'waiting';
create index writeback_events_failed on writeback_events (program_id, connection, id) where state in ('failed', 'gone');
create index writeback_events_settled on writeback_events (program_id, settled_at) where state <> 'waiting';

-- Batches that were sent, and how long after its cause each thing in them arrived.
create table writeback_batches (
  program_id   integer not null,
  connection   text not null,
  id           bigint not null generated always as identity,
  at           timestamptz not null,
  took_ms      integer not null,
  sent         integer not null,
  -- Of those that arrived.
  lags_ms      integer[] not null,
  reason       text not null default '',
  primary key (program_id, connection, id)
);
create index writeback_batches_by_time on writeback_batches (program_id, connection, at);

-- The newest of a member's ids at a source: a CRM's numbers rise.
create function newest_id(in_program integer, at_source text, of_member bigint) returns text language sql stable
  set search_path = guerdon, pg_temp as $$
  select external_id from member_ids
  where program_id = in_program and member_id = of_member and source = at_source
  order by length(external_id) desc, external_id desc limit 1
$$;

grant usage on all sequences in schema guerdon to guerdon_worker, guerdon_web;
grant select on writeback_lanes, writeback_contacts, writeback_events, writeback_batches
  to guerdon_worker, guerdon_web;
grant insert, update on writeback_lanes, writeback_contacts to guerdon_worker;
grant insert, update, delete on writeback_events to guerdon_worker;
grant insert, delete on writeback_batches to guerdon_worker;
grant update (written, refused, reason, state, singly, attempts, stale, waiting_since, next_at, settled_at) on writeback_contacts
  to guerdon_web;
grant update (state, attempts, reason, next_at, settled_at) on writeback_events to guerdon_web;
grant update (hold_until) on writeback_lanes to guerdon_web;

-- What is told of everybody is for those who see the whole program.
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
  foreach name in array array['writeback_lanes', 'writeback_contacts', 'writeback_events', 'writeback_batches']
  loop
    rule := case when name in ('writeback_contacts', 'writeback_events') then of_member else whole end;
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;
