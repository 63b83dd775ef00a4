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
  primary key (program_id, version),
  unique (program_id, sha, version)
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
  primary key (program_id, key_id)
);

-- Who changed what, and why. Nobody rewrites it: no role has update or delete, and the trigger is the second lock.
create table audit (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  tx           xid8 not null default pg_current_xact_id(),
  actor        text not null,
  action       text not null,
  subject      text not null,
  detail       json,
  recorded_at  timestamptz not null,
  primary key (program_id, id)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed; write a correcting row', tg_table_name using errcode = '42501';
end $$;

create trigger audit_only_grows before update or delete or truncate on audit
  for each statement execute function refuse_change();
create trigger program_versions_only_grow before update or delete or truncate on program_versions
  for each statement execute function refuse_change();
