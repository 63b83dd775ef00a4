-- Replays: a text decided over the stored history, beside what was really decided. Nothing here is the ledger's: a
-- replay reads the books in a transaction that may not write, and keeps in these two tables what it found.

-- It reads in the order in which events were decided, month by month; the rows lie in that order, so the index is tiny
-- and costs a batch nothing to speak of.
create index events_by_decision on events using brin (decided_at) with (autosummarize = on);

create table replays (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  title        text not null,
  -- The text itself, whole: what was replayed stays known when the draft goes on.
  bundle       text not null,
  sha          text not null,
  since        timestamptz not null,
  until        timestamptz not null,
  state        text not null default 'waiting'
    check (state in ('waiting', 'running', 'stopped', 'canceled', 'done', 'failed')),
  asked_by     text not null,
  asked_at     timestamptz not null,
  -- Who runs it, and when they were heard of last: somebody silent for long runs it no more.
  runner       text,
  heard_at     timestamptz,
  done_events  bigint not null default 0,
  total_events bigint not null default 0,
  finished_at  timestamptz,
  fault        text not null default '',
  result       json,
  primary key (program_id, id),
  constraint replays_look_back check (since < until),
  constraint replays_say_what_they_found check ((state = 'done') = (result is not null))
);
-- One text over one time is replayed once at a time.
create unique index replays_once_at_a_time on replays (program_id, sha, since)
  where state in ('waiting', 'running', 'stopped');
create index replays_by_text on replays (program_id, sha, finished_at);

-- Members who would have come to something else: all of them, by unit.
create table replay_members (
  program_id   integer not null,
  replay_id    bigint not null,
  member_id    bigint not null,
  unit         text not null,
  market       text not null,
  location     text,
  live         bigint not null,
  draft        bigint not null,
  -- The last of their events that came out otherwise.
  event_id     bigint not null,
  primary key (program_id, replay_id, unit, member_id)
);
create index replay_members_by_difference on replay_members (program_id, replay_id, (abs(draft - live)) desc, member_id);

grant select on replays, replay_members to guerdon_worker, guerdon_web;
grant usage on all sequences in schema guerdon to guerdon_worker, guerdon_web;
grant insert, update on replays to guerdon_worker;
grant insert on replays to guerdon_web;
grant update (state, finished_at, fault) on replays to guerdon_web;
grant insert on replay_members to guerdon_worker;

-- What a text would have cost is for those who see the whole program; of members, those whom one may see.
do $$
declare
  whole constant text := 'program_id = (select this_program()) and (select this_member()) is null'
    ' and (select whole_program())';
  personal constant text := 'program_id = (select this_program())'
    ' and ((select this_member()) is null or member_id in (0, (select this_member())))'
    ' and ((select whole_program()) or sees_member(program_id, member_id))';
begin
  alter table replays enable row level security;
  alter table replays force row level security;
  alter table replay_members enable row level security;
  alter table replay_members force row level security;
  execute format('create policy one_program on replays using (%s) with check (%s)', whole, whole);
  execute format('create policy one_program on replay_members using (%s) with check (%s)', personal, personal);
end $$;
