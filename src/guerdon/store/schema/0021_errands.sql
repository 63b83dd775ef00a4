-- Errands: what an event says too little of, and is to be read at its CRM, or done, before it is one or done with.

-- One row for each event that waits for an object, and one (event 0) where nobody waits but the object is to be read
-- anyhow; all of an object are done by one reading. Written in the commit that takes the event out of the inbox.
create table errands (
  program_id   integer not null,
  connection   text not null,
  kind         text not null check (kind in ('contact', 'deal')),
  object       text not null,
  step         text not null check (step in ('read', 'join', 'gone', 'forget')),
  event_id     bigint not null default 0,
  -- What is the same contact as this one (join).
  others       text[] not null default '{}',
  -- Where the event stands; null where there is none.
  lane         smallint,
  delivery_id  bigint,
  position     smallint,
  recorded_at  timestamptz,
  asked_at     timestamptz not null,
  next_at      timestamptz not null,
  attempts     integer not null default 0,
  -- Why it is not done yet.
  reason       text not null default '',
  fence        uuid,
  primary key (program_id, connection, kind, object, step, event_id),
  constraint errands_of_events_know_where check ((event_id = 0) = (delivery_id is null))
) with (autovacuum_vacuum_scale_factor = 0.02);
create index errands_to_read on errands (program_id, connection, kind, next_at) where step = 'read';
create index errands_told on errands (program_id, next_at) where step <> 'read';

-- What happened, where webhooks and a journal both tell of it: whoever tells it first has it. Forgotten after a month,
-- when neither tells it any more.
create table happenings (
  program_id  integer not null,
  key         uuid not null,
  event_id    bigint not null,
  claimed_at  timestamptz not null,
  primary key (program_id, key)
);
create index happenings_by_age on happenings (program_id, claimed_at);

-- Contacts that are not there any more, so that nothing read before brings them back.
create table departures (
  program_id   integer not null,
  source       text not null,
  external_id  text not null,
  kind         text not null check (kind in ('deleted', 'forgotten')),
  at           timestamptz not null,
  primary key (program_id, source, external_id)
);

grant select on errands, happenings, departures to guerdon_worker, guerdon_web;
grant insert, update, delete on errands, departures to guerdon_worker;
grant insert, delete on happenings to guerdon_worker;
-- Whoever connects an account anew lets its errands go on.
grant update (next_at) on errands to guerdon_web;
-- A person who is to be forgotten is: the row holds the only key.
grant delete on persons to guerdon_worker;

-- Where everybody's contacts are named is for those who see the whole program.
do $$
declare
  name text;
  rule constant text := 'program_id = (select this_program()) and (select this_member()) is null'
    ' and (select whole_program())';
begin
  foreach name in array array['errands', 'happenings', 'departures']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;
