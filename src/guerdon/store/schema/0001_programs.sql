-- A program is one brand's text; a version of it is never changed, only followed by another.

create table programs (
  program_id  integer primary key generated always as identity,
  key         text not null unique check (key ~ '^[a-z][a-z0-9_]{0,62}$'),
  created_at  timestamptz not null
);

create table program_versions (
  program_id    integer not null,
  version       integer not null check (version > 0),
  bundle        text not null,
  sha           text not null,
  live_from     timestamptz not null,
  published_at  timestamptz not null,
  published_by  text not null,
  primary key (program_id, version)
);

create table api_keys (
  program_id   integer not null,
  key_id       text not null,
  secret_sha   bytea not null check (length(secret_sha) = 32),
  name         text not null,
  source       text not null,
  created_at   timestamptz not null,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  -- What it may do and for which place (both null: the whole program): scopes and a place, and never a role.
  scopes       text[] not null default '{write:events}',
  for_market   text,
  for_location text,
  primary key (program_id, key_id),
  constraint api_keys_have_known_scopes
    check (cardinality(scopes) > 0 and array_position(scopes, null) is null and scopes <@ array[
      'read:members', 'read:ledger', 'read:budgets', 'read:controls', 'read:audit', 'write:wallet',
      'propose:requests', 'write:codes', 'write:events']),
  -- An empty name would read as no place at all, which is the whole program.
  constraint api_keys_name_their_place
    check (for_market <> '' and for_location <> '' and (for_market is null or for_location is null)),
  -- Who sends events does so for sources, and for the whole program; who sends none has no source.
  constraint api_keys_of_events_have_a_source
    check (('write:events' = any(scopes)) = (source <> '')),
  constraint api_keys_of_events_have_no_place
    check (not 'write:events' = any(scopes) or for_market is null and for_location is null)
);

-- Who changed what, for whom, why, from what to what. Nobody rewrites it: no role has update or delete, the trigger
-- is the second lock, and the seals of 0011 are the third, which also binds whoever owns the machine.
create table audit (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  -- Rows appear out of the order of their ids; (tx, id) below the oldest open transaction is an order that stands.
  tx           xid8 not null default pg_current_xact_id(),
  actor        text not null,
  on_behalf_of text,
  action       text not null,
  subject      text not null,
  reason       text not null default '',
  -- json, not jsonb: what is sealed is the text as it was written.
  before       json,
  after        json,
  detail       json,
  request_id   text,
  recorded_at  timestamptz not null,
  primary key (program_id, id)
);
create index audit_in_order on audit (program_id, tx, id);
create index audit_by_tx on audit (tx);
create index audit_by_actor on audit (program_id, actor, id);
create index audit_by_subject on audit (program_id, subject, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed; write a correcting row', tg_table_name using errcode = '42501';
end $$;

create trigger audit_only_grows before update or delete or truncate on audit
  for each statement execute function refuse_change();
create trigger program_versions_only_grow before update or delete or truncate on program_versions
  for each statement execute function refuse_change();
