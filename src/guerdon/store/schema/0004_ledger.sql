-- The ledger: a transfer moves a positive amount of one unit from one account to another, so it balances by
-- construction; every balance is the fold of its transfers, and a bounded account never falls below zero.
-- member_id 0 owns the program's pools; names are paths: budget:by_market:DE, program:funding. A member has one
-- account a unit, the purse, whose row also carries what is pending and what is owed: `pending` and `debt` are
-- accounts of their own in transfers, and columns here, so that checks can see all sides at once.

create table accounts (
  program_id  integer not null,
  member_id   bigint not null,
  name        text not null,
  unit        text not null,
  posted      bigint not null default 0,
  held        bigint not null default 0,
  pending     bigint not null default 0,
  debt        bigint not null default 0,
  bounded     boolean not null default true,
  active_at   timestamptz,
  primary key (program_id, member_id, name, unit),
  constraint accounts_held_not_negative check (held >= 0),
  constraint accounts_pending_not_negative check (pending >= 0),
  constraint accounts_debt_not_negative check (debt >= 0),
  constraint accounts_never_overspent check (not bounded or posted - held >= 0),
  -- Who owes has nothing to spend: freed and earned value pays the debt first.
  constraint accounts_debt_paid_first check (debt = 0 or posted - held = 0)
) with (fillfactor = 80);

-- Every batch asks who of its members owes something; hardly anybody does.
create index accounts_in_debt on accounts (program_id, member_id) where debt > 0;

create table transfers (
  program_id    integer not null,
  member_id     bigint not null,
  id            bigint not null,
  event_id      bigint not null,
  from_account  text not null,
  to_account    text not null,
  unit          text not null,
  amount        bigint not null,
  happened_at   timestamptz not null,
  recorded_at   timestamptz not null,
  primary key (program_id, member_id, id, recorded_at),
  constraint transfers_move_something check (amount > 0),
  constraint transfers_lead_elsewhere check (from_account <> to_account)
) partition by range (recorded_at);

create index transfers_by_time on transfers (program_id, recorded_at, id);
-- What a pool paid and got, newest first: a budget's statement, and the day on which it runs out.
create index transfers_out_of_pools on transfers (program_id, from_account, recorded_at, id)
  where from_account not in ('purse', 'pending', 'debt');
create index transfers_into_pools on transfers (program_id, to_account, recorded_at, id)
  where to_account not in ('purse', 'pending', 'debt');

create trigger transfers_only_grow before update or delete or truncate on transfers
  for each statement execute function refuse_change();

-- Which lot (a reward, see 0005) a transfer took from, or gave back to: taken is positive, restored negative.
create table draws (
  program_id   integer not null,
  member_id    bigint not null,
  transfer_id  bigint not null,
  reward_id    bigint not null,
  amount       bigint not null,
  recorded_at  timestamptz not null,
  primary key (program_id, member_id, transfer_id, reward_id),
  constraint draws_move_something check (amount <> 0)
);
create index draws_by_reward on draws (program_id, member_id, reward_id);

create trigger draws_only_grow before update or delete or truncate on draws
  for each statement execute function refuse_change();

-- Value set aside for one purpose: an order on its way, a reward that waits for approval (then of a pool, member 0).
-- What is held is in the account still (posted), and in its `held`. A hold leaves `open` once.
create table holds (
  program_id   integer not null,
  member_id    bigint not null,
  id           bigint not null,
  account      text not null,
  unit         text not null,
  amount       bigint not null,
  captured     bigint not null default 0,
  state        text not null default 'open' check (state in ('open', 'captured', 'released', 'expired')),
  purpose      text not null,
  -- Whether whoever it is held for has said how it ended: nothing that is unknown may expire.
  outcome_known boolean not null default true,
  opened_at    timestamptz not null,
  expires_at   timestamptz,
  closed_at    timestamptz,
  primary key (program_id, member_id, id),
  constraint holds_hold_something check (amount > 0),
  constraint holds_capture_within check (captured between 0 and amount),
  constraint holds_close_once check ((state = 'open') = (closed_at is null)),
  constraint holds_known_before_expiry check (state <> 'expired' or outcome_known)
);
create index holds_open on holds (program_id, expires_at) where state = 'open';

create function refuse_reopening() returns trigger language plpgsql as $$
begin
  raise exception 'hold % was closed as % and stays so', old.id, old.state using errcode = '23514';
end $$;
create trigger holds_stay_closed before update on holds for each row
  when (old.state <> 'open') execute function refuse_reopening();

-- The lots that a member's hold sets aside, earliest expiry first.
create table hold_lots (
  program_id   integer not null,
  member_id    bigint not null,
  hold_id      bigint not null,
  reward_id    bigint not null,
  amount       bigint not null,
  primary key (program_id, member_id, hold_id, reward_id),
  constraint hold_lots_hold_something check (amount > 0)
);

-- What a member (or a place, a rule, a market: then member 0) has used of a limit in one period: bounded, like
-- everything that can run out. A period is named by its beginning in the program's time zone.
create table allowances (
  program_id  integer not null,
  member_id   bigint not null,
  name        text not null,
  period      timestamp not null,
  used        bigint not null,
  ceiling     bigint not null,
  primary key (program_id, member_id, name, period),
  constraint allowances_never_exceeded check (used between 0 and ceiling)
) with (fillfactor = 80);
