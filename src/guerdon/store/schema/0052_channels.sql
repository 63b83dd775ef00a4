-- A message goes over one channel after the other until one takes it: the intent stays one row, each channel it was
-- tried over is a row here. Which consent or exception it went on, on which day of the member's, and how it ended.

alter table outbox
  -- The channel whose turn it is, and since when; nothing: the first one, since the row is there.
  add via text,
  add via_since timestamptz,
  add step smallint not null default 0,
  -- A provider has it and will tell how it went; when the row is due nobody did.
  add awaits boolean not null default false;
drop index outbox_due;
create index outbox_due on outbox (program_id, (coalesce(via, channel)), next_at);

alter table messages drop constraint messages_state_check;
-- What a mail server took was called delivered; that is all that it says.
update messages set state = 'sent' where state = 'delivered';
alter table messages
  add constraint messages_state_check check (
    state in ('sent', 'delivered', 'opened', 'failed', 'unknown', 'withheld', 'recalled')),
  -- Over which channel it went, or was tried last; nothing: the first one.
  add via text,
  add opened_at timestamptz;
create index messages_of_rewards on messages (program_id, member_id, reward_id);

create table message_attempts (
  program_id   integer not null,
  member_id    bigint not null,
  message_id   bigint not null,
  channel      text not null,
  -- The key by which a provider knows a repetition, made before anybody is asked.
  ref          uuid not null,
  state        text not null check (
    state in ('waiting', 'handing', 'sent', 'delivered', 'read', 'failed', 'unknown', 'withheld')),
  provider_id  text,
  reason       text,
  topic        text not null,
  marketing    boolean not null,
  -- What it went on: a consent, or an exception that has a name.
  consent_id   bigint,
  exception    text not null default '',
  -- The member's day of then, and whether caps count it.
  day          date,
  counts       boolean not null default false,
  address_id   bigint,
  tries        integer not null default 0,
  begun_at     timestamptz,
  settled_at   timestamptz not null,
  primary key (program_id, member_id, message_id, channel),
  constraint message_attempts_begin_on_a_ground check (
    begun_at is null or (day is not null and (consent_id is not null or exception <> '')))
);
create index message_attempts_by_provider on message_attempts (program_id, channel, provider_id)
  where provider_id is not null;
create index message_attempts_counted on message_attempts (program_id, member_id, begun_at) where counts;

-- A provider's account: its pace and its health, shared by all who ask it.
create table channel_lanes (
  program_id     integer not null,
  channel        text not null,
  tokens         double precision not null default 0,
  filled_at      timestamptz,
  failures       integer not null default 0,
  failing_since  timestamptz,
  rests_until    timestamptz,
  shut_at        timestamptz,
  reason         text not null default '',
  primary key (program_id, channel)
);

-- What providers told of messages, and what members wrote back, once each: told again it changes nothing.
create table message_notices (
  program_id   integer not null,
  channel      text not null,
  digest       bytea not null,
  provider_id  text,
  -- How far a message got; or the word a member wrote back, by the mark of their address.
  state        text,
  keyword      text,
  mark         bytea,
  reason       text not null default '',
  retires      boolean not null default false,
  stopped      boolean not null default false,
  told_at      timestamptz not null,
  taken_at     timestamptz,
  primary key (program_id, channel, digest),
  constraint message_notices_say_one_thing check ((state is null) <> (keyword is null))
);
create index message_notices_waiting on message_notices (program_id, told_at) where taken_at is null;

grant select, insert, update on message_attempts, channel_lanes to guerdon_worker;
grant select on message_attempts, channel_lanes to guerdon_web;
grant update (state, provider_id, opened_at) on messages to guerdon_worker;
grant update (state, opened_at) on messages to guerdon_web;
grant select, insert on message_notices to guerdon_web;
grant select, update (taken_at) on message_notices to guerdon_worker;

alter table message_attempts enable row level security;
alter table message_attempts force row level security;
create policy one_program on message_attempts
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));

alter table channel_lanes enable row level security;
alter table channel_lanes force row level security;
create policy one_program on channel_lanes
  using (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()))
  with check (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()));

alter table message_notices enable row level security;
alter table message_notices force row level security;
create policy one_program on message_notices
  using (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()))
  with check (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()));
