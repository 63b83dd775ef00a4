-- The browser that keeps a claim link, where a program says that each opens in one: a keyed hash of its secret. The
-- first that chooses or confirms has it; another has it after a code by e-mail. It is forgotten with its member.

create table link_holders (
  program_id  integer not null,
  member_id   bigint not null,
  reward_id   bigint not null,
  bound_hash  bytea not null,
  bound_at    timestamptz not null,
  primary key (program_id, member_id, reward_id),
  constraint link_holders_keep_hashes check (length(bound_hash) = 32)
);

create constraint trigger link_holders_are_audited after insert or update or delete on link_holders
  deferrable initially deferred for each row execute function demand_audit();

grant select on link_holders to guerdon_worker, guerdon_web;
grant insert on link_holders to guerdon_web;
grant update (bound_hash, bound_at) on link_holders to guerdon_web;
grant delete on link_holders to guerdon_worker;

-- A member sees their own; staff of a part, those of members of theirs.
alter table link_holders enable row level security;
alter table link_holders force row level security;
create policy one_program on link_holders
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
