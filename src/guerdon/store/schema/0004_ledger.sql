-- The ledger: a transfer moves a positive amount of one unit from one account to another, so it balances by
-- construction; an account's posted balance is the fold of its transfers, and a bounded one never falls below zero.
-- member_id 0 owns the program's pools (budgets, issued, redeemed); names are paths: budget:by_market:DE, purse.

create table accounts (
  program_id  integer not null,
  member_id   bigint not null,
  name        text not null,
  unit        text not null,
  posted      bigint not null default 0,
  held        bigint not null default 0,
  bounded     boolean not null default true,
  primary key (program_id, member_id, name),
  check (held >= 0),
  constraint accounts_never_overspent check (not bounded or posted - held >= 0)
) with (fillfactor = 80);

create table transfers (
  program_id    integer not null,
  member_id     bigint not null,
  id            bigint not null,
  event_id      bigint not null,
  from_account  text not null,
  to_account    text not null,
  unit          text not null,
  amount        bigint not null check (amount > 0),
  happened_at   timestamptz not null,
  recorded_at   timestamptz not null,
  primary key (program_id, member_id, id, recorded_at),
  check (from_account <> to_account)
) partition by range (recorded_at);

create trigger transfers_only_grow before update or delete or truncate on transfers
  for each statement execute function refuse_change();

-- What a member has used of a limit in one period: bounded, like everything that can run out.
create table allowances (
  program_id  integer not null,
  member_id   bigint not null,
  name        text not null,
  period      date not null,
  used        bigint not null,
  ceiling     bigint not null,
  primary key (program_id, member_id, name, period),
  constraint allowances_never_exceeded check (used between 0 and ceiling)
) with (fillfactor = 80);
