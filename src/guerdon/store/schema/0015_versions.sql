-- The life of a version around its row, which never changes: a draft that people edit, from when its budgets are open,
-- where it came from, and that it was called off before it was live.

-- Who saves names the edition that they began from, so two people at one draft never overwrite each other.
create table program_drafts (
  program_id  integer not null,
  id          bigint not null generated always as identity,
  title       text not null,
  text        text not null,
  edition     integer not null default 1 check (edition > 0),
  -- The version that it began from.
  based_on    integer not null,
  created_by  text not null,
  created_at  timestamptz not null,
  saved_by    text not null,
  saved_at    timestamptz not null,
  -- The request by which others are asked to sign it; while that is open, the text stands still.
  request_id  bigint,
  closed_at   timestamptz,
  primary key (program_id, id)
);

-- From when the budgets of a version are those of the program: at once, or when a scheduled one's time came.
create table version_openings (
  program_id  integer not null,
  version     integer not null,
  opened_at   timestamptz not null,
  primary key (program_id, version)
);
insert into version_openings select program_id, version, live_from from program_versions;

-- A scheduled version that shall not become live after all. Its number is used up.
create table version_calloffs (
  program_id  integer not null,
  version     integer not null,
  called_by   text not null,
  reason      text not null,
  called_at   timestamptz not null,
  primary key (program_id, version)
);

-- Where a version came from: a request that was signed, or an earlier version whose text it brought back.
create table version_origins (
  program_id  integer not null,
  version     integer not null,
  request_id  bigint,
  of_version  integer,
  reason      text not null default '',
  primary key (program_id, version),
  constraint version_origins_are_one check ((request_id is null) <> (of_version is null))
);

-- What API keys may do: also read versions, draft them, call them off or bring one back, and try events.
alter table api_keys drop constraint api_keys_have_known_scopes;
alter table api_keys add constraint api_keys_have_known_scopes
  check (cardinality(scopes) > 0 and array_position(scopes, null) is null and scopes <@ array[
    'read:members', 'read:ledger', 'read:budgets', 'read:controls', 'read:audit', 'read:versions', 'try:events',
    'write:versions', 'recall:versions', 'write:wallet', 'propose:requests', 'write:codes', 'write:events']);

-- What happened was decided by the version that was live then, so none becomes live in the past.
alter table program_versions add constraint program_versions_begin_later check (live_from >= published_at);

create function refuse_late_calloff() returns trigger language plpgsql set search_path = guerdon, pg_temp as $$
begin
  if not exists (select from program_versions where program_id = new.program_id and version = new.version
                 and live_from > new.called_at) then
    raise exception 'version % is no scheduled one that could be called off', new.version using errcode = '23514';
  end if;
  return new;
end $$;
create trigger version_calloffs_in_time after insert on version_calloffs
  for each row execute function refuse_late_calloff();

do $$
declare
  name text;
  seen constant text := 'program_id = (select this_program())';
begin
  foreach name in array array['version_openings', 'version_calloffs', 'version_origins'] loop
    execute format('create trigger %I before update or delete or truncate on %I for each statement'
                   ' execute function refuse_change()', name || '_only_grow', name);
  end loop;
  foreach name in array array['program_drafts', 'version_openings', 'version_calloffs', 'version_origins'] loop
    execute format('create constraint trigger %I after insert or update or delete on %I deferrable initially deferred'
                   ' for each row execute function demand_audit()', name || '_are_audited', name);
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
  end loop;
  -- Which version was live when is no secret to any part of the program, and members' pages stand on it.
  foreach name in array array['version_openings', 'version_calloffs'] loop
    execute format('create policy one_program on %I using (%s) with check (%s)', name, seen, seen);
  end loop;
  foreach name in array array['program_drafts', 'version_origins'] loop
    execute format('create policy one_program on %I using (%s) with check (%s)', name,
                   seen || ' and (select this_member()) is null and (select whole_program())',
                   seen || ' and (select this_member()) is null and (select whole_program())');
  end loop;
end $$;

grant select on program_drafts, version_openings, version_calloffs, version_origins to guerdon_worker, guerdon_web;
grant usage on all sequences in schema guerdon to guerdon_worker, guerdon_web;
grant insert, update on program_drafts to guerdon_worker, guerdon_web;
grant insert on version_calloffs, version_origins to guerdon_worker, guerdon_web;
grant insert on version_openings to guerdon_worker;
