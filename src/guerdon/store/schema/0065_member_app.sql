-- Where members are signed in to their app, and which of the turning codes that it shows were taken. A session is kept
-- as a hash; the secret is in one browser alone, and the codes that this browser shows are made of it.

create table member_sessions (
  program_id    integer not null,
  member_id     bigint not null,
  session_hash  bytea not null,
  device        text not null,
  begun_at      timestamptz not null,
  seen_at       timestamptz not null,
  primary key (program_id, member_id, session_hash),
  constraint member_sessions_keep_hashes check (length(session_hash) = 32),
  constraint member_sessions_are_seen check (seen_at >= begun_at)
);
-- Those that nobody uses any more are deleted by their age.
create index member_sessions_by_age on member_sessions (program_id, seen_at);

create constraint trigger member_sessions_are_audited after insert on member_sessions
  deferrable initially deferred for each row execute function demand_audit();

-- A code is good in its window once, wherever it is shown.
create table card_uses (
  program_id  integer not null,
  member_id   bigint not null,
  window_no   bigint not null,
  location    text not null,
  used_at     timestamptz not null,
  primary key (program_id, member_id, window_no)
);

-- Wrong codes of a member since an instant, whoever typed them.
create table card_tries (
  program_id  integer not null,
  member_id   bigint not null,
  since       timestamptz not null,
  wrong       smallint not null,
  primary key (program_id, member_id),
  constraint card_tries_are_counted check (wrong > 0)
);

grant select on member_sessions, card_uses, card_tries to guerdon_worker, guerdon_web;
grant insert, delete on member_sessions, card_uses to guerdon_web;
grant update (seen_at) on member_sessions to guerdon_web;
grant insert, update (since, wrong) on card_tries to guerdon_web;
grant delete on member_sessions, card_uses, card_tries to guerdon_worker;

-- A member sees their own; staff of a part, those of members of theirs.
alter table member_sessions enable row level security;
alter table member_sessions force row level security;
create policy one_program on member_sessions
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
alter table card_uses enable row level security;
alter table card_uses force row level security;
create policy one_program on card_uses
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
alter table card_tries enable row level security;
alter table card_tries force row level security;
create policy one_program on card_tries
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
