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

-- What a rule takes back of a reward that is kept for an order under way: it waits for how that ends. Given back, it is
-- taken out of it before anybody has it again; delivered, it is spent, and owed as the rule says.
create table order_reversals (
  program_id   integer not null,
  member_id    bigint not null,
  order_id     bigint not null,
  reward_id    bigint not null,
  -- The event that takes it back, and the rule by which it does.
  event_id     bigint not null,
  rule         text not null,
  amount       bigint not null constraint order_reversals_are_something check (amount > 0),
  if_spent     text not null check (if_spent in ('debt', 'location', 'forgive')),
  -- The one that answers for the reward, if the rule asks it to.
  location     text,
  recorded_at  timestamptz not null,
  settled_at   timestamptz,
  came_to      text check (came_to in ('taken_back', 'spent')),
  primary key (program_id, member_id, order_id, reward_id, event_id, rule),
  constraint order_reversals_come_to_something check ((settled_at is null) = (came_to is null))
);
create index order_reversals_waiting on order_reversals (program_id, member_id, order_id) where settled_at is null;

grant select on order_parts, order_reversals to guerdon_worker, guerdon_web;
grant insert on order_parts to guerdon_web;
grant insert on order_reversals to guerdon_worker;
-- Whoever ends an order settles what waits for it: its member, staff, or a worker.
grant update (settled_at, came_to) on order_reversals to guerdon_worker, guerdon_web;

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

alter table order_reversals enable row level security;
alter table order_reversals force row level security;
create policy one_program on order_reversals
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
