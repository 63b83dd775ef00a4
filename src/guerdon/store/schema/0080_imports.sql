-- Files of members and rates that somebody brought: tried first, confirmed by a person, and taken in by a worker, some
-- rows to a commit. The file lies here sealed until its import is over; what remains is what became of its rows.

create table imports (
  program_id    integer not null,
  id            bigint not null generated always as identity,
  kind          text not null check (kind in ('members', 'rates')),
  file          text not null,
  sha           bytea not null check (length(sha) = 32),
  bytes         bigint not null,
  body          bytea,
  state         text not null default 'tried' check (state in ('tried', 'running', 'ended', 'dropped', 'lapsed')),
  -- What the trial found, as JSON: counts, by columns, and some of the members that would change.
  trial         json not null,
  made_by       text not null,
  made_at       timestamptz not null,
  confirmed_by  text,
  confirmed_at  timestamptz,
  -- Up to this line all is done; and what became of the rows.
  walked_to     integer not null default 0,
  total         integer not null,
  new           integer not null default 0,
  changed       integer not null default 0,
  same          integer not null default 0,
  repeated      integer not null default 0,
  refused       integer not null default 0,
  ended_at      timestamptz,
  primary key (program_id, id),
  -- Rates turn every figure in money into another: whoever brought them does not let them in.
  constraint imports_of_rates_need_another check (kind <> 'rates' or confirmed_by <> made_by),
  constraint imports_run_confirmed check (state not in ('running', 'ended') or confirmed_by is not null),
  constraint imports_end_once check ((ended_at is null) = (state in ('tried', 'running'))),
  -- Nothing of a file is kept when there is nothing to do with it any more.
  constraint imports_let_go_of_files check ((body is not null) = (ended_at is null)),
  constraint imports_count_all check (state <> 'ended' or new + changed + same + repeated + refused = total)
);
create index imports_under_way on imports (program_id, id) where ended_at is null;

-- The rows that are refused: in which columns and why; and, sealed, what they say, until bodies are let go.
create table import_refusals (
  program_id  integer not null,
  import_id   bigint not null,
  line        integer not null,
  columns     text[] not null,
  reasons     text[] not null,
  sealed      bytea,
  primary key (program_id, import_id, line),
  foreign key (program_id, import_id) references imports,
  constraint import_refusals_say_why check (cardinality(reasons) > 0 and cardinality(reasons) = cardinality(columns))
);
create index import_refusals_sealed on import_refusals (program_id, import_id) where sealed is not null;

-- What an import did stays as it was told.
create function stop_changed_imports() returns trigger language plpgsql as $$
begin
  if old.ended_at is not null then
    raise exception 'import % is over and stays so', old.id using errcode = '23514';
  end if;
  return new;
end $$;
create trigger imports_stay_over before update on imports
  for each row execute function stop_changed_imports();

create constraint trigger imports_are_audited after insert or update of state on imports
  deferrable initially deferred for each row execute function demand_audit();

grant select on imports, import_refusals to guerdon_worker, guerdon_web;
grant usage on all sequences in schema guerdon to guerdon_web;
grant update on imports to guerdon_worker;
grant insert, update (sealed), delete on import_refusals to guerdon_worker;
grant insert on imports, import_refusals to guerdon_web;
grant update (state, body, confirmed_by, confirmed_at, ended_at) on imports to guerdon_web;

-- A file tells of members wherever they are, so it is for those who see all of the program.
do $$
declare
  name text;
  rule constant text :=
    'program_id = (select this_program()) and (select this_member() is null) and (select whole_program())';
begin
  foreach name in array array['imports', 'import_refusals']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;
