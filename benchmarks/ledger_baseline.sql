-- The baseline of `guerdon bench ledger`: what a plain double-entry ledger would do in the same PostgreSQL.
-- A row per transfer, a row per account, each balance changed by one statement, and the guard against overspending.
-- No lots, limits, receipts, row security or partitions. Each part is named, and the benchmark runs it by its name.

-- tables
create table bare_accounts (
  id       bigint primary key,
  balance  bigint not null,
  floor    bigint not null,
  check (balance >= floor)
) with (fillfactor = 80);
create table bare_transfers (
  id            bigint primary key,
  from_account  bigint not null,
  to_account    bigint not null,
  amount        bigint not null check (amount > 0),
  recorded_at   timestamptz not null default now()
);

-- accounts
insert into bare_accounts
select n, 1000000000000, 0 from generate_series(1, %(accounts)s) n;

-- batch
with moved as (
  select * from unnest(%(ids)s::bigint[], %(froms)s::bigint[], %(tos)s::bigint[], %(amounts)s::bigint[])
    as m (id, from_account, to_account, amount)
),
kept as (
  insert into bare_transfers (id, from_account, to_account, amount) select * from moved
),
folded as (
  select account, sum(amount) as amount
  from (
    select from_account as account, -amount as amount from moved
    union all
    select to_account, amount from moved
  ) sides
  group by account
),
locked as (
  select a.id, f.amount from bare_accounts a join folded f on f.account = a.id
  order by a.id for no key update of a
)
update bare_accounts a set balance = a.balance + l.amount from locked l where a.id = l.id;

-- single
with kept as (
  insert into bare_transfers (id, from_account, to_account, amount)
  values (%(id)s, %(from)s, %(to)s, %(amount)s)
),
arrived as (
  update bare_accounts set balance = balance + %(amount)s where id = %(to)s
)
update bare_accounts set balance = balance - %(amount)s where id = %(from)s and balance - %(amount)s >= floor;
