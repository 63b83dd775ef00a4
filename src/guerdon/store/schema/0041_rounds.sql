-- Accounts of suppliers whose items are read, once a day or when somebody asks: when next, and what stood in the way.
create table catalog_pulls (
  program_id   integer not null,
  account      text not null,
  next_at      timestamptz not null,
  -- Who wants it read now; nobody: it is read once a day.
  asked_by     text,
  -- Why it could not be read: a word, and what it speaks of.
  why          text not null default '',
  said         text not null default '',
  -- How often in a row it could not.
  tries        integer not null default 0,
  tried_at     timestamptz,
  primary key (program_id, account),
  constraint catalog_pulls_why_check
    check (why in ('', 'key', 'later', 'shut', 'cut', 'reading', 'feed', 'fault')),
  constraint catalog_pulls_try_again check (tries >= 0 and (tries = 0) = (why = ''))
);

grant select on catalog_pulls to guerdon_worker, guerdon_web;
grant insert, update, delete on catalog_pulls to guerdon_worker;
-- Somebody asks for it; what came of it is for the worker alone.
grant insert, update (next_at, asked_by) on catalog_pulls to guerdon_web;

alter table catalog_pulls enable row level security;
alter table catalog_pulls force row level security;
create policy one_program on catalog_pulls
  using (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()))
  with check (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()));

-- Rows that a supplier lists for countries and currencies that the program does not have: neither read nor wrong.
alter table catalog_syncs add column elsewhere integer not null default 0,
  add constraint catalog_syncs_leave_some_out check (elsewhere >= 0);
