-- Who was erased at whose wish, when, and what was done: a row a request, with its certificate, whose hash stands in the
-- audit too. Nothing here says who the member was. What is kept outside of the database, so that a backup brings nobody
-- back, is in engine/privacy/tombstones.

create table erasures (
  program_id       integer not null,
  member_id        bigint not null,
  id               bigint not null generated always as identity,
  -- crm: the CRM told us. retention: what was found to be kept still. restored: again, after a backup was restored.
  method           text not null check (method in ('staff', 'api', 'member', 'crm', 'retention', 'restored', 'cli')),
  -- per_..., the name of a key, or worker.
  asked_by         text not null,
  asked_at         timestamptz not null,
  done_at          timestamptz,
  -- As it was hashed: which stores were emptied, what is kept and why (ledger/erased).
  certificate      text,
  certificate_sha  bytea,
  primary key (program_id, member_id, id),
  constraint erasures_are_certified check (
    (done_at is null) = (certificate is null) and (done_at is null) = (certificate_sha is null)
    and length(certificate_sha) = 32)
);
-- Whoever asks twice is erased once.
create unique index erasures_wait_once on erasures (program_id, member_id) where done_at is null;

-- What was done stays as it was certified, and no request is taken away.
create function keep_certified() returns trigger language plpgsql set search_path = guerdon, pg_temp as $$
begin
  if old.done_at is not null then
    raise exception 'an erasure is done once, and stays as it was certified' using errcode = '23514';
  end if;
  if new.done_at is null
     or (new.program_id, new.member_id, new.id, new.method, new.asked_by, new.asked_at)
        is distinct from (old.program_id, old.member_id, old.id, old.method, old.asked_by, old.asked_at) then
    raise exception 'rows of % are never changed; an erasure is done as it was asked for', tg_table_name
      using errcode = '42501';
  end if;
  return new;
end $$;
create trigger erasures_stay_certified before update on erasures
  for each row execute function keep_certified();
create trigger erasures_only_grow before delete or truncate on erasures
  for each statement execute function refuse_change();
create constraint trigger erasures_are_audited after insert or update or delete on erasures
  deferrable initially deferred for each row execute function demand_audit();

grant select on erasures to guerdon_worker, guerdon_web;
-- The web asks; the worker does.
grant insert (program_id, member_id, method, asked_by, asked_at) on erasures to guerdon_web;
grant insert on erasures to guerdon_worker;
grant update (done_at, certificate, certificate_sha) on erasures to guerdon_worker;

-- A member sees their own; staff of a part, those of members of theirs.
alter table erasures enable row level security;
alter table erasures force row level security;
create policy one_program on erasures
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));

-- What API keys may do: also ask for the erasure of a member.
alter table api_keys drop constraint api_keys_have_known_scopes;
alter table api_keys add constraint api_keys_have_known_scopes
  check (cardinality(scopes) > 0 and array_position(scopes, null) is null and scopes <@ array[
    'read:members', 'read:ledger', 'read:budgets', 'read:controls', 'read:audit', 'read:versions', 'try:events',
    'write:versions', 'recall:versions', 'read:webhooks', 'write:webhooks', 'write:wallet', 'propose:requests',
    'write:codes', 'write:events', 'read:quarantine', 'write:quarantine', 'write:drops', 'read:catalog',
    'write:catalog', 'write:differences', 'erase:members', 'write:consents']);
