-- What a balance of points or credits paid of an order beside its rewards of money. While the order is under way it is
-- held as `hold_id`: the order's own hold, which has its number, is of the unit of its reward.

create table order_balances (
  program_id  integer not null,
  member_id   bigint not null,
  order_id    bigint not null,
  unit        text not null,
  amount      bigint not null constraint order_balances_are_something check (amount > 0),
  hold_id     bigint not null,
  primary key (program_id, member_id, order_id, unit)
);
create index order_balances_by_hold on order_balances (program_id, member_id, hold_id);

grant select on order_balances to guerdon_worker, guerdon_web;
grant insert on order_balances to guerdon_web;

-- A member sees their own; staff of a part, those of members of theirs.
alter table order_balances enable row level security;
alter table order_balances force row level security;
create policy one_program on order_balances
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
