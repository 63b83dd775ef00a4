-- Broadcasts: a message to the members of a segment, told over a time, that people start, pause and stop. A row of the
-- outbox says which broadcast it is of: one that rests is passed over where rows are taken, without being looked at.

create table broadcasts (
  program_id  integer not null,
  id          bigint not null generated always as identity,
  message     text not null,
  segment     text not null,
  -- None: all of them.
  markets     text[] not null default '{}',
  state       text not null default 'draft'
    check (state in ('draft', 'checking', 'ready', 'running', 'paused', 'ended', 'stopped')),
  -- Over how many seconds it is told, from when on.
  spread_s    integer not null,
  starts_at   timestamptz not null,
  -- The last member that was gone through, while it is checked or told; and when the last of all was.
  walked_to   bigint not null default 0,
  walked_at   timestamptz,
  made_by     text not null,
  made_at     timestamptz not null,
  checked_at  timestamptz,
  -- Some of those who would be left out, as JSON.
  examples    json not null default '[]',
  started_by  text,
  started_at  timestamptz,
  paused_at   timestamptz,
  -- Somebody wants it to go on: rows are put off by as long as it rested, up to this member by now.
  resumes_at  timestamptz,
  moved_to    bigint not null default 0,
  ended_at    timestamptz,
  primary key (program_id, id),
  constraint broadcasts_spread_forward check (spread_s >= 0),
  -- Whoever wrote it does not let it go.
  constraint broadcasts_are_started_by_another check (started_by <> made_by),
  constraint broadcasts_rest_since check (state <> 'paused' or paused_at is not null)
);
create index broadcasts_under_way on broadcasts (program_id, id) where ended_at is null;

-- How many would be told or left out (`check`), and what became of them (`told`).
create table broadcast_counts (
  program_id    integer not null,
  broadcast_id  bigint not null,
  pass          text not null check (pass in ('check', 'told')),
  market        text not null,
  outcome       text not null,
  channel       text not null default '',
  reason        text not null default '',
  members       bigint not null,
  primary key (program_id, broadcast_id, pass, market, outcome, channel, reason)
);

alter table outbox add broadcast_id bigint;
alter table messages add broadcast_id bigint;
-- What rules tell is 0: it is found apart from each broadcast, so a large one that rests is in nobody's way.
drop index outbox_due;
create index outbox_due on outbox (program_id, (coalesce(via, channel)), (coalesce(broadcast_id, 0)), next_at);
create index outbox_of_broadcasts on outbox (program_id, broadcast_id, member_id) where broadcast_id is not null;
create index messages_of_broadcasts on messages (program_id, broadcast_id) where broadcast_id is not null;

create constraint trigger broadcasts_are_audited after insert or update of state on broadcasts
  deferrable initially deferred for each row execute function demand_audit();

grant select on broadcasts, broadcast_counts to guerdon_worker, guerdon_web;
grant usage on all sequences in schema guerdon to guerdon_web;
grant update on broadcasts to guerdon_worker;
grant insert, update, delete on broadcast_counts to guerdon_worker;
grant insert on broadcasts to guerdon_web;
grant update (state, walked_to, walked_at, starts_at, checked_at, started_by, started_at, paused_at, resumes_at, moved_to,
  ended_at) on broadcasts to guerdon_web;

-- A broadcast goes to a whole program's members, so it is for those who see all of it.
alter table broadcasts enable row level security;
alter table broadcasts force row level security;
create policy one_program on broadcasts
  using (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()))
  with check (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()));

alter table broadcast_counts enable row level security;
alter table broadcast_counts force row level security;
create policy one_program on broadcast_counts
  using (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()))
  with check (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()));
