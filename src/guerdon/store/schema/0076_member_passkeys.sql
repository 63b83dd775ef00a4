-- Passkeys by which members sign in to their app, and what browsers are asked to sign. What a device told of itself is
-- public; the name that its member gave it is sealed under their own key.

create table member_passkeys (
  program_id    integer not null,
  member_id     bigint not null,
  passkey_hash  bytea not null,
  credential    bytea not null,
  public_key    bytea not null,
  sign_count    bigint not null,
  transports    text not null,
  name          bytea not null,
  added_at      timestamptz not null,
  used_at       timestamptz,
  primary key (program_id, member_id, passkey_hash),
  constraint member_passkeys_are_known_by_hash check (passkey_hash = sha256(credential)),
  constraint member_passkeys_count_up check (sign_count >= 0),
  constraint member_passkeys_are_used_later check (used_at >= added_at)
);
-- Whose a passkey is that signs in, the passkey alone says.
create index member_passkeys_by_hash on member_passkeys (program_id, passkey_hash);

create constraint trigger member_passkeys_are_audited after insert or delete on member_passkeys
  deferrable initially deferred for each row execute function demand_audit();

-- A challenge is signed once, by the browser that was asked: taking it deletes its row.
create table passkey_challenges (
  program_id      integer not null,
  challenge_hash  bytea not null,
  purpose         text not null,
  browser         bytea not null,
  asked_at        timestamptz not null,
  primary key (program_id, challenge_hash),
  constraint passkey_challenges_keep_hashes check (length(challenge_hash) = 32 and length(browser) = 32),
  constraint passkey_challenges_have_a_purpose check (purpose in ('add', 'use'))
);
create index passkey_challenges_by_age on passkey_challenges (program_id, asked_at);

grant select on member_passkeys, passkey_challenges to guerdon_worker, guerdon_web;
grant insert, delete on member_passkeys, passkey_challenges to guerdon_web;
grant update (sign_count, used_at) on member_passkeys to guerdon_web;
grant delete on member_passkeys, passkey_challenges to guerdon_worker;

-- A member sees their own; staff of a part, those of members of theirs.
alter table member_passkeys enable row level security;
alter table member_passkeys force row level security;
create policy one_program on member_passkeys
  using (program_id = (select this_program())
         and ((select this_member() is null) or member_id = (select this_member()))
         and ((select whole_program()) or case when (select by_sets()) then member_id in (select seen_members())
              else sees_member(program_id, member_id) end))
  with check (program_id = (select this_program())
         and ((select this_member() is null) or member_id = (select this_member()))
         and ((select whole_program()) or case when (select by_sets()) then member_id in (select seen_members())
              else sees_member(program_id, member_id) end));
-- Whoever is asked is nobody yet, and belongs to no place.
alter table passkey_challenges enable row level security;
alter table passkey_challenges force row level security;
create policy one_program on passkey_challenges
  using (program_id = (select this_program()) and (select this_member() is null) and (select whole_program()))
  with check (program_id = (select this_program()) and (select this_member() is null) and (select whole_program()));
