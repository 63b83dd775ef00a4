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

-- A reward is a lot: value that came in once, with what is left of it, when it may be spent and until when.
create table rewards (
  program_id    integer not null,
  member_id     bigint not null,
  id            bigint not null,
  event_id      bigint not null,
  rule          text not null,
  unit          text not null,
  value         bigint not null,
  -- Not spent, not expired, not taken back; of it, set aside by open holds.
  remaining     bigint not null,
  held          bigint not null default 0,
  reversed      bigint not null default 0,
  -- The pool that paid, and takes back what expires or is reversed.
  payer         text not null,
  -- What the event called the thing it was about (an order number), so that a later event can name it too.
  reference     text,
  -- What took the last of it: an item, a spend or a debt (redeemed), its time, or a taking back.
  state         text not null default 'ready' check (state in ('pending', 'ready', 'redeemed', 'expired', 'reversed')),
  happened_at   timestamptz not null,
  issued_at     timestamptz not null,
  -- When pending value becomes available: infinity until an event says so.
  available_at  timestamptz not null,
  expires_at    timestamptz,
  redeemed_at   timestamptz,
  primary key (program_id, member_id, id),
  constraint rewards_give_something check (value > 0),
  constraint rewards_remaining_within check (remaining between 0 and value),
  constraint rewards_held_within check (held between 0 and remaining),
  constraint rewards_reversed_within check (reversed between 0 and value),
  constraint rewards_open_while_something_remains check ((state in ('pending', 'ready')) = (remaining > 0)),
  constraint rewards_pending_are_not_held check (state <> 'pending' or held = 0),
  constraint rewards_redeemed_once check (state <> 'redeemed' or redeemed_at is not null)
) with (fillfactor = 90);
create index rewards_maturing on rewards (program_id, available_at) where state = 'pending';
create index rewards_lapsing on rewards (program_id, expires_at) where state = 'ready';

-- A reversal whose original has not come yet: it is applied when the original is decided.
create table reversals_waiting (
  program_id   integer not null,
  member_id    bigint not null,
  event_id     bigint not null,
  rule         text not null,
  reference    text,
  step         json not null,
  happened_at  timestamptz not null,
  recorded_at  timestamptz not null,
  primary key (program_id, member_id, event_id, rule)
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
  canceled_at timestamptz,
  primary key (program_id, member_id, id)
);
create index orders_by_reward on orders (program_id, member_id, reward_id);

create table codes (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  item         text not null,
  unit         text not null,
  value        bigint not null check (value > 0),
  code_index   bytea not null,
  code         bytea not null,
  state        text not null default 'free' check (state in ('free', 'issued', 'redeemed', 'void')),
  order_id     bigint,
  issued_at    timestamptz,
  primary key (program_id, id),
  unique (program_id, code_index),
  unique (program_id, order_id),
  -- Void without an order: withdrawn before anybody had it. With one: taken back from it.
  constraint codes_belong_to_an_order check (state = 'void' or (state in ('issued', 'redeemed')) = (order_id is not null)),
  constraint codes_know_when check ((order_id is null) = (issued_at is null))
);
create index codes_free on codes (program_id, item, unit, value, id) where state = 'free';

create function refuse_code_return() returns trigger language plpgsql as $$
begin
  raise exception 'code % went to an order and stays there', old.id using errcode = '23514';
end $$;
create trigger codes_stay_issued before update on codes for each row
  when (old.order_id is not null and (new.order_id is distinct from old.order_id or new.state = 'free'
        or (old.state in ('redeemed', 'void') and new.state <> old.state)))
  execute function refuse_code_return();
