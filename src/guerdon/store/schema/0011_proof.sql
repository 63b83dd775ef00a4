-- Proof: every change by a person, key or job has its audit row, seals over the audit, what was told of them outside,
-- the daily controls, and the answers to requests that carried a key.

-- Transaction numbers begin anew on another server, where the books come to by a dump. An era is the time on one: over
-- a move, (era, tx, id) is an order that stands. A physical copy is the same server, and goes on in its era.
create table eras (
  era        integer primary key,
  -- What initdb gave the server, and every physical copy of it.
  server     bigint not null,
  began_at   timestamptz not null
);

-- The era of what is written now; the first to write after a move begins it, and others wait for that commit. Nobody
-- else writes eras: no process has the right to.
create function this_era() returns integer language plpgsql security definer set search_path = guerdon, pg_temp as $$
declare
  here constant bigint := (select system_identifier from pg_control_system());
  last eras;
begin
  loop
    select * into last from eras order by era desc limit 1;
    if last.server = here then
      return last.era;
    end if;
    insert into eras values (coalesce(last.era, 0) + 1, here, clock_timestamp()) on conflict do nothing;
  end loop;
end $$;

alter table audit add column era integer not null default this_era();
drop index audit_in_order;
create index audit_in_order on audit (program_id, era, tx, id);

-- The rows of this transaction are seen by whoever demands them, for whichever program or member it works.
create policy of_this_transaction on audit for select to guerdon_owner using (tx = pg_current_xact_id());
-- Whoever may change something, a member and a manager of one place too, may say so, and need not be able to read it.
create policy told_by_all on audit for insert
  with check (program_id = nullif(current_setting('guerdon.program_id', true), '')::integer);

-- What was refused is told once a minute for each actor and action: this finds the row of the minute.
create index audit_refusals on audit (program_id, actor, action, recorded_at) where action like '%.refused';

create function demand_audit() returns trigger language plpgsql security definer set search_path = guerdon, pg_temp as $$
declare
  changed record := coalesce(new, old);
begin
  -- A person belongs to no program.
  if not exists (select from audit where tx = pg_current_xact_id() and era = this_era()
                 and (tg_table_name = 'people' or program_id = (to_json(changed) ->> 'program_id')::integer)) then
    raise exception 'a change of % has no audit row in its transaction', tg_table_name
      using errcode = '23514', hint = 'write it by store.audit.record_audit (a batch: record_batch) before the commit';
  end if;
  return null;
end $$;

-- At the commit, so that the row may be written before or after the change.
do $$
declare t text;
begin
  foreach t in array array['programs', 'program_versions', 'api_keys', 'people', 'grants', 'stand_ins', 'person_members',
                           'requests', 'revisions', 'signatures', 'budget_nodes', 'budget_periods', 'rates', 'orders',
                           'holds']
  loop
    execute format('create constraint trigger %I after insert or update or delete on %I deferrable initially deferred'
                   ' for each row execute function demand_audit()', t || '_are_audited', t);
  end loop;
end $$;

-- A seal is the Merkle root over the audit rows since the one before it, chained to it; anchors outside keep it honest.
create table seals (
  program_id   integer not null,
  number       bigint not null,
  first_id     bigint not null,
  last_era     integer not null,
  last_tx      xid8 not null,
  last_id      bigint not null,
  rows         bigint not null,
  root         bytea not null check (length(root) = 32),
  -- The hash of the whole seal before this one, not of its root alone: its count and its time are bound too.
  previous     bytea not null check (length(previous) = 32),
  total_rows   bigint not null,
  sealed_at    timestamptz not null,
  primary key (program_id, number),
  constraint seals_cover_something check (rows > 0)
);
-- Which seal a row of the audit is under.
create index seals_by_end on seals (program_id, last_era, last_tx, last_id);
create trigger seals_only_grow before update or delete or truncate on seals
  for each statement execute function refuse_change();

-- What was told outside of a seal (by file, by mail). Believed only as far as the copy outside says the same.
create table anchors (
  program_id   integer not null,
  number       bigint not null,
  -- Once an hour, whichever worker is first.
  hour         timestamptz not null,
  total_rows   bigint not null,
  root         bytea not null check (length(root) = 32),
  seal         bytea not null check (length(seal) = 32),
  anchored_at  timestamptz not null,
  primary key (program_id, number),
  constraint anchors_are_hourly unique (program_id, hour)
);
create trigger anchors_only_grow before update or delete or truncate on anchors
  for each statement execute function refuse_change();

create table control_runs (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  controls     smallint not null,
  breaches     json not null,
  took_ms      integer not null,
  ran_at       timestamptz not null,
  primary key (program_id, id)
);
create trigger control_runs_only_grow before update or delete or truncate on control_runs
  for each statement execute function refuse_change();

-- The answer that a key of idempotency got: the same request again gets the same answer; kept for 30 days.
create table api_answers (
  program_id    integer not null,
  key_id        text not null,
  idempotency_key text not null,
  request_sha   bytea not null check (length(request_sha) = 32),
  status        smallint,
  body          bytea,
  -- When it was claimed: whoever claimed it knows this instant, and no two claims of a key have the same one.
  created_at    timestamptz not null,
  primary key (program_id, key_id, idempotency_key),
  constraint api_answers_are_whole check ((status is null) = (body is null))
);
create index api_answers_by_age on api_answers (program_id, created_at);
