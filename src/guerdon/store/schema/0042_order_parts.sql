-- An order that several rewards paid together: how much of each. What one reward paid alone has no rows here.

create table order_parts (
  program_id  integer not null,
  member_id   bigint not null,
  order_id    bigint not null,
  reward_id   bigint not null,
  amount      bigint not null constraint order_parts_are_something check (amount > 0),
  primary key (program_id, member_id, order_id, reward_id)
);
create index order_parts_by_reward on order_parts (program_id, member_id, reward_id);

grant select on order_parts to guerdon_worker, guerdon_web;
grant insert on order_parts to guerdon_web;

-- A member sees their own; staff of a part, those of members of theirs.
alter table order_parts enable row level security;
alter table order_parts force row level security;
create policy one_program on order_parts
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
