-- Figures that screens read, written in the same commit as the effects they count.
-- The day is the day in the program's time zone on which it happened in the world.

create table rollups (
  program_id       integer not null,
  day              date not null,
  market           text not null,
  location         text not null,
  rule             text not null,
  unit             text not null,
  issued           bigint not null default 0,
  issued_value     bigint not null default 0,
  refused          bigint not null default 0,
  redeemed         bigint not null default 0,
  redeemed_value   bigint not null default 0,
  redeemed_phone   bigint not null default 0,
  redeemed_48h     bigint not null default 0,
  primary key (program_id, day, market, location, rule, unit)
) with (fillfactor = 70);

-- Events by type and market: the steps of the journey (how many members went on from each).
create table event_rollups (
  program_id  integer not null,
  day         date not null,
  market      text not null,
  type        text not null,
  events      bigint not null default 0,
  primary key (program_id, day, market, type)
) with (fillfactor = 70);

-- How long members waited, in classes of the decade scale (upper bound in ms), so that percentiles are one small sum.
create table delays (
  program_id  integer not null,
  day         date not null,
  market      text not null,
  stage       text not null check (stage in ('reward', 'message')),
  upto_ms     integer not null,
  n           bigint not null default 0,
  primary key (program_id, day, market, stage, upto_ms)
) with (fillfactor = 70);
