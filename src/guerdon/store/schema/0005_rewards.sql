-- From event to code: what was decided for an event and why (its receipt), the reward it gave, the member's
-- choice (an order), and the code that went to it. A code belongs to at most one order, for ever.

create table events (
  program_id   integer not null,
  member_id    bigint not null,
  id           bigint not null,
  type         text not null,
  source       text not null,
  external_id  text not null,
  market       text not null,
  location     text,
  version      integer not null,
  outcome      text not null,
  data         json,
  decision     json not null,
  happened_at  timestamptz not null,
  recorded_at  timestamptz not null,
  decided_at   timestamptz not null,
  primary key (program_id, member_id, id, recorded_at)
) partition by range (recorded_at);
create index events_by_id on events (program_id, id);

create trigger events_only_grow before update or delete or truncate on events
  for each statement execute function refuse_change();

create table rewards (
  program_id    integer not null,
  member_id     bigint not null,
  id            bigint not null,
  event_id      bigint not null,
  rule          text not null,
  unit          text not null,
  value         bigint not null check (value > 0),
  state         text not null default 'ready' check (state in ('ready', 'redeemed', 'expired', 'reversed')),
  happened_at   timestamptz not null,
  issued_at     timestamptz not null,
  expires_at    timestamptz not null,
  redeemed_at   timestamptz,
  primary key (program_id, member_id, id),
  check ((state = 'redeemed') = (redeemed_at is not null))
);

create table orders (
  program_id  integer not null,
  member_id   bigint not null,
  id          bigint not null,
  reward_id   bigint not null,
  item        text not null,
  unit        text not null,
  value       bigint not null check (value > 0),
  device      text not null check (device in ('phone', 'computer')),
  placed_at   timestamptz not null,
  primary key (program_id, member_id, id),
  unique (program_id, member_id, reward_id)
);

create table codes (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  item         text not null,
  unit         text not null,
  value        bigint not null check (value > 0),
  code_index   bytea not null,
  code         bytea not null,
  state        text not null default 'free' check (state in ('free', 'issued', 'void')),
  order_id     bigint,
  issued_at    timestamptz,
  primary key (program_id, id),
  unique (program_id, code_index),
  unique (program_id, order_id),
  check ((state = 'issued') = (order_id is not null)),
  check ((state = 'issued') = (issued_at is not null))
);
create index codes_free on codes (program_id, item, unit, value, id) where state = 'free';

create function refuse_code_return() returns trigger language plpgsql as $$
begin
  raise exception 'code % was issued to an order and stays there', old.id using errcode = '23514';
end $$;
create trigger codes_stay_issued before update on codes for each row
  when (old.state = 'issued' and (new.state <> 'issued' or new.order_id <> old.order_id))
  execute function refuse_code_return();
