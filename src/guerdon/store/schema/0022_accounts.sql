-- Accounts at a CRM: by which token a connection asks, how far its journal was read, who was read over, and which of its
-- workflows wait for an answer of ours.

-- Who connected what; its tokens stand apart, for they change by themselves.
create table crm_accounts (
  program_id    integer not null,
  connection    text not null,
  kind          text not null check (kind in ('token', 'oauth')),
  state         text not null check (state in ('connected', 'revoked', 'other_portal', 'disconnected')),
  -- What the token opens, as the CRM says.
  portal        bigint not null,
  scopes        text[] not null default '{}',
  app_id        bigint,
  connected_by  text not null,
  connected_at  timestamptz not null,
  -- Since when it is in this state.
  changed_at    timestamptz not null,
  primary key (program_id, connection)
);
create constraint trigger crm_accounts_are_audited after insert or update or delete on crm_accounts
  deferrable initially deferred for each row execute function demand_audit();

-- Sealed for their place. One process at a time makes new ones: whoever has the lease.
create table crm_tokens (
  program_id   integer not null,
  connection   text not null,
  access       bytea not null,
  refresh      bytea,
  expires_at   timestamptz,
  -- When the CRM last said whose it is.
  checked_at   timestamptz not null,
  fence        uuid,
  lease_until  timestamptz,
  primary key (program_id, connection),
  constraint crm_tokens_end_and_are_made_new check ((refresh is null) = (expires_at is null))
);

-- How far a journal was read: changed in the commit that keeps what was read.
create table crm_cursors (
  program_id  integer not null,
  connection  text not null,
  -- The journal's own name of the place; null: nothing was read yet.
  position    text,
  -- What happened before was told by webhooks alone.
  since       timestamptz not null,
  -- When it last answered; and why it does not, if so.
  heard_at    timestamptz,
  trouble     text not null default '',
  -- The place was gone: some of what happened before then may be missing.
  missed_at   timestamptz,
  primary key (program_id, connection)
);

-- The last reading over of all contacts of a connection.
create table crm_backfills (
  program_id   integer not null,
  connection   text not null,
  number       bigint not null generated always as identity,
  state        text not null default 'waiting' check (state in ('waiting', 'canceled', 'done', 'failed')),
  -- Only what changed since; null: all.
  since        timestamptz,
  -- From where the next page is asked for: changed in the commit that keeps a page.
  after        text,
  pages        bigint not null default 0,
  contacts     bigint not null default 0,
  members      bigint not null default 0,
  fault        text not null default '',
  asked_by     text not null,
  asked_at     timestamptz not null,
  next_at      timestamptz not null,
  fence        uuid,
  settled_at   timestamptz,
  primary key (program_id, connection),
  constraint crm_backfills_settle check ((state = 'waiting') = (settled_at is null))
);
create constraint trigger crm_backfills_are_audited after insert or update of state, number on crm_backfills
  deferrable initially deferred for each row execute function demand_audit();

-- Steps of workflows that wait for what became of an event.
create table crm_actions (
  program_id   integer not null,
  connection   text not null,
  callback_id  text not null,
  -- The event's key (event_keys).
  key          uuid not null,
  state        text not null default 'waiting' check (state in ('waiting', 'done', 'given_up')),
  attempts     integer not null default 0,
  -- What was answered, or why nothing could be.
  outcome      text not null default '',
  recorded_at  timestamptz not null,
  next_at      timestamptz not null,
  fence        uuid,
  settled_at   timestamptz,
  primary key (program_id, connection, callback_id),
  constraint crm_actions_settle check ((state = 'waiting') = (settled_at is null))
);
create index crm_actions_due on crm_actions (program_id, next_at) where state = 'waiting';
create index crm_actions_settled on crm_actions (program_id, settled_at) where state <> 'waiting';

-- What became of an event, where it was set apart.
create index quarantine_by_event on quarantine (program_id, event_id) where settled_at is null;

-- The worker keeps what a journal brought as the door keeps what webhooks do.
grant execute on function record_intake to guerdon_worker;

grant usage on all sequences in schema guerdon to guerdon_worker, guerdon_web;
grant select on crm_accounts, crm_tokens, crm_cursors, crm_backfills, crm_actions to guerdon_worker, guerdon_web;
grant insert, update on crm_accounts to guerdon_web;
grant update (state, changed_at) on crm_accounts to guerdon_worker;
grant insert, update, delete on crm_tokens to guerdon_web;
grant update on crm_tokens to guerdon_worker;
grant insert, update on crm_cursors to guerdon_worker;
grant insert, update on crm_backfills to guerdon_worker, guerdon_web;
grant insert, update on crm_actions to guerdon_web;
grant update, delete on crm_actions to guerdon_worker;

-- What is everybody's is for those who see the whole program.
do $$
declare
  name text;
  rule constant text := 'program_id = (select this_program()) and (select this_member()) is null'
    ' and (select whole_program())';
begin
  foreach name in array array['crm_accounts', 'crm_tokens', 'crm_cursors', 'crm_backfills', 'crm_actions']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;
