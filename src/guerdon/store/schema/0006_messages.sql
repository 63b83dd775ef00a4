-- The outbox: what has to leave the house, written in the commit of its cause and sent with no transaction open.
-- A row leaves the outbox for messages once its outcome is known. Its id is a hash of event, rule and purpose,
-- so one intent exists once.

create table outbox (
  program_id   integer not null,
  member_id    bigint not null,
  id           bigint not null,
  event_id     bigint not null,
  reward_id    bigint,
  message      text not null,
  channel      text not null,
  attempts     integer not null default 0,
  created_at   timestamptz not null,
  next_at      timestamptz not null,
  fence        uuid,
  -- Hand-overs that began and of which nobody knows how they ended.
  hand_overs   smallint not null default 0,
  primary key (program_id, member_id, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
create index outbox_due on outbox (next_at);

create table messages (
  program_id   integer not null,
  member_id    bigint not null,
  id           bigint not null,
  event_id     bigint not null,
  reward_id    bigint,
  message      text not null,
  channel      text not null,
  language     text not null,
  state        text not null check (state in ('delivered', 'failed', 'unknown')),
  provider_id  text,
  reason       text,
  attempts     integer not null,
  created_at   timestamptz not null,
  settled_at   timestamptz not null,
  primary key (program_id, member_id, id)
);
