-- Files that other systems leave: which were taken, and what became of their rows. The rows themselves go the way of
-- every event; a file that comes again is taken again, and what is known already counts once.
create table drops (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  drop         text not null,
  -- As it was called where it lay; of one that was posted, nothing.
  file         text not null,
  sha          bytea not null,
  rows         bigint not null,
  accepted     bigint not null,
  duplicates   bigint not null,
  quarantined  bigint not null,
  wrong        bigint not null,
  -- Why it was not read to its end; empty: it was.
  failure      text not null default '',
  taken_by     text not null,
  taken_at     timestamptz not null,
  primary key (program_id, id),
  constraint drops_have_a_sha check (length(sha) = 32),
  constraint drops_account_for_every_row check (
    least(accepted, duplicates, quarantined, wrong) >= 0 and rows = accepted + duplicates + quarantined + wrong)
);
create constraint trigger drops_are_audited after insert on drops
  deferrable initially deferred for each row execute function demand_audit();

grant select, insert on drops to guerdon_web, guerdon_worker;
grant usage on all sequences in schema guerdon to guerdon_worker, guerdon_web;

alter table drops enable row level security;
alter table drops force row level security;
create policy one_program on drops
  using (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()))
  with check (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()));

-- Who watches the folder of drops brings events in, too.
grant execute on function record_intake to guerdon_worker;

-- What API keys may do: also bring files, and work through quarantine.
alter table api_keys drop constraint api_keys_have_known_scopes;
alter table api_keys add constraint api_keys_have_known_scopes
  check (cardinality(scopes) > 0 and array_position(scopes, null) is null and scopes <@ array[
    'read:members', 'read:ledger', 'read:budgets', 'read:controls', 'read:audit', 'read:versions', 'try:events',
    'write:versions', 'recall:versions', 'read:webhooks', 'write:webhooks', 'write:wallet', 'propose:requests',
    'write:codes', 'write:events', 'read:quarantine', 'write:quarantine', 'write:drops']);
