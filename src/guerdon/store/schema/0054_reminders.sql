-- Reminders: up to which moment everybody was reminded who had something due, and, while a stretch is gone through, up
-- to which member of it. Rewards that may be spent are found by when they came to be so; by their end they are already.

create table reminder_progress (
  program_id     integer primary key,
  done_to        timestamptz not null,
  -- The end of the stretch that is gone through at present; nothing: none is.
  doing_to       timestamptz,
  after_member   bigint not null default 0,
  constraint reminder_progress_goes_on check (doing_to > done_to)
);
create index rewards_ready_since on rewards (program_id, available_at) where state = 'ready';

grant select, insert, update on reminder_progress to guerdon_worker;
grant select on reminder_progress to guerdon_web;

alter table reminder_progress enable row level security;
alter table reminder_progress force row level security;
create policy one_program on reminder_progress
  using (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()))
  with check (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()));
