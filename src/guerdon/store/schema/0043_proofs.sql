-- That whoever has a link also reads its member's mail: a code of six digits for a while, and so many tries of it. The
-- code is a keyed hash of the row's number, so it is nowhere in here.

create table proofs (
  program_id  integer not null,
  member_id   bigint not null,
  id          bigint not null,
  reward_id   bigint not null,
  sent_at     timestamptz not null,
  expires_at  timestamptz not null,
  tries       smallint not null default 0,
  proven_at   timestamptz,
  primary key (program_id, member_id, id),
  constraint proofs_last check (expires_at > sent_at),
  constraint proofs_allow_few_tries check (tries between 0 and 5),
  constraint proofs_take_a_try check (proven_at is null or tries > 0 and proven_at < expires_at)
);
create index proofs_by_reward on proofs (program_id, member_id, reward_id, sent_at);

create constraint trigger proofs_are_audited after insert or update or delete on proofs
  deferrable initially deferred for each row execute function demand_audit();

grant select on proofs to guerdon_worker, guerdon_web;
grant insert on proofs to guerdon_web;
grant update (tries, proven_at) on proofs to guerdon_web;

-- A member sees their own; staff of a part, those of members of theirs.
alter table proofs enable row level security;
alter table proofs force row level security;
create policy one_program on proofs
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
