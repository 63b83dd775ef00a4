-- What lies in the app for a member. No text is kept: a notice is written when it is shown, in the member's language of
-- then, from its message, reward and version. Positions are counted for each member under the lock of their reach, so
-- that whoever has seen one has seen all before it; what was taken back keeps its position and is shown no more.

create table inapp (
  program_id   integer not null,
  member_id    bigint not null,
  position     bigint not null,
  -- That of the message in the outbox: the same once more changes nothing.
  id           bigint not null,
  event_id     bigint not null,
  reward_id    bigint,
  message      text not null,
  version      integer not null,
  created_at   timestamptz not null,
  seen_at      timestamptz,
  opened_at    timestamptz,
  recalled_at  timestamptz,
  primary key (program_id, member_id, position),
  constraint inapp_once unique (program_id, id, member_id),
  constraint inapp_counts_from_one check (position >= 1),
  constraint inapp_opened_was_seen check (opened_at is null or seen_at is not null)
);

grant select on inapp to guerdon_worker, guerdon_web;
grant insert, delete on inapp to guerdon_worker;
grant update (recalled_at) on inapp to guerdon_worker;
grant update (seen_at, opened_at) on inapp to guerdon_web;

-- A member sees and marks their own; staff of a part see those of members of theirs.
alter table inapp enable row level security;
alter table inapp force row level security;
create policy one_program on inapp
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
