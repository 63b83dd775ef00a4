-- What arrives: a delivery is one authentic request as it came (sealed); the inbox holds a narrow row per
-- event still to be decided; event_keys remembers for ever which (source, event id) was seen, over which payload.

create sequence event_id_seq;

create table event_keys (
  program_id    integer not null,
  key           uuid not null,
  payload_hash  bigint not null,
  event_id      bigint not null,
  primary key (program_id, key)
) partition by hash (key);

create table event_keys_0 partition of event_keys for values with (modulus 4, remainder 0);
create table event_keys_1 partition of event_keys for values with (modulus 4, remainder 1);
create table event_keys_2 partition of event_keys for values with (modulus 4, remainder 2);
create table event_keys_3 partition of event_keys for values with (modulus 4, remainder 3);

create table deliveries (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  connection   text not null,
  body         bytea not null,
  recorded_at  timestamptz not null,
  primary key (program_id, id, recorded_at)
) partition by range (recorded_at);

create table inbox (
  program_id   integer not null,
  id           bigint not null,
  lane         smallint not null,
  connection   text not null,
  delivery_id  bigint not null,
  position     smallint not null,
  recorded_at  timestamptz not null,
  primary key (id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);

-- An event whose contact nobody has told us of yet: it stands here, visibly, until the contact arrives.
create table waiting (
  program_id   integer not null,
  source       text not null,
  external_id  text not null,
  id           bigint not null,
  lane         smallint not null,
  connection   text not null,
  delivery_id  bigint not null,
  position     smallint not null,
  type         text not null,
  happened_at  timestamptz not null,
  recorded_at  timestamptz not null,
  waiting_since timestamptz not null,
  primary key (program_id, source, external_id, id)
);

-- Authentic but not usable as it is; nothing is lost, and the reason says what to do.
create table quarantine (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  connection   text not null,
  event_id     bigint,
  external_id  text,
  reason       text not null,
  detail       text not null,
  delivery_id  bigint,
  position     smallint,
  recorded_at  timestamptz not null,
  settled_at   timestamptz,
  primary key (program_id, id)
);

-- What is only counted: forged and stale requests, duplicates, properties the program ignores.
create table intake_counts (
  program_id  integer not null,
  connection  text not null,
  day         date not null,
  what        text not null,
  n           bigint not null check (n >= 0),
  primary key (program_id, connection, day, what)
);

-- A lane is a hash of source and subject; one worker at a time decides a lane, by a lease with a fencing number.
create table lanes (
  lane         smallint primary key,
  holder       uuid,
  fence        bigint not null default 0,
  lease_until  timestamptz not null default '-infinity'
);
insert into lanes (lane) select generate_series(0, 15);

create table workers (
  worker    uuid primary key,
  seen_at   timestamptz not null
);
