-- Who may be told what: each thing a member said about a topic and a channel, with its proof, and what holds now.
-- The proofs only grow; what holds can be worked out from them at any time, and a control does.

create table consents (
  program_id    integer not null,
  member_id     bigint not null,
  id            bigint not null,
  topic         text not null,
  channel       text not null check (channel in ('email', 'sms', 'push', 'inapp', 'whatsapp')),
  -- asked: waits until its address confirms it. confirmed: it did.
  what          text not null check (what in ('asked', 'given', 'confirmed', 'withdrawn')),
  method        text not null check (
    method in ('page', 'one_click', 'confirmed', 'stop', 'complaint', 'api', 'staff', 'import', 'joined')),
  actor         text not null,
  -- The words that were agreed to stand in this version of the program, in this language; this is their hash.
  version       integer not null,
  language      text not null,
  text_sha      bytea,
  source        text not null default '',
  -- A keyed hash of the network it came from, which tells whether two came from one place and nothing else.
  network_mark  bytea,
  happened_at   timestamptz not null,
  recorded_at   timestamptz not null,
  primary key (program_id, member_id, id),
  constraint consents_keep_hashes check (
    coalesce(length(text_sha), 32) = 32 and coalesce(length(network_mark), 32) = 32)
);

create table standing_consents (
  program_id  integer not null,
  member_id   bigint not null,
  topic       text not null,
  channel     text not null,
  state       text not null check (state in ('asked', 'given', 'confirmed', 'withdrawn')),
  consent_id  bigint not null,
  since       timestamptz not null,
  primary key (program_id, member_id, topic, channel)
);

-- A row for each member that was ever told something or said something about it. It is locked by whoever hands a
-- message over and by whoever withdraws; counting up its generation makes all links to a member's choices void.
create table reach (
  program_id  integer not null,
  member_id   bigint not null,
  generation  integer not null default 0,
  updated_at  timestamptz not null default clock_timestamp(),
  primary key (program_id, member_id)
);

-- Devices; where e-mail goes, and phones, are with the person. Sealed under a key of their own, which is never replaced.
create table addresses (
  program_id  integer not null,
  member_id   bigint not null,
  id          bigint not null,
  channel     text not null check (channel in ('push', 'sms', 'whatsapp')),
  provider    text not null,
  sealed      bytea not null,
  mark        bytea not null check (length(mark) = 32),
  state       text not null default 'usable' check (state in ('usable', 'retired')),
  reason      text not null default '',
  label       text not null default '',
  added_at    timestamptz not null,
  retired_at  timestamptz,
  primary key (program_id, member_id, id),
  constraint addresses_retire_once check ((retired_at is null) = (state = 'usable'))
);
create unique index addresses_once on addresses (program_id, member_id, channel, mark);

create table member_keys (
  program_id  integer not null,
  member_id   bigint not null,
  key         bytea not null,
  primary key (program_id, member_id)
);

-- To these addresses nothing is sent, whoever they belong to: by a keyed hash, so that it outlives the member, or an
-- import would have us write to them again.
create table suppressions (
  program_id  integer not null,
  channel     text not null,
  mark        bytea not null check (length(mark) = 32),
  reason      text not null check (reason in ('bounce', 'complaint', 'stop')),
  since       timestamptz not null,
  primary key (program_id, channel, mark)
);

create trigger consents_only_grow before update or delete or truncate on consents
  for each statement execute function refuse_change();
create constraint trigger consents_are_audited after insert on consents
  deferrable initially deferred for each row execute function demand_audit();
create constraint trigger addresses_are_audited after insert or update or delete on addresses
  deferrable initially deferred for each row execute function demand_audit();

grant select on consents, standing_consents, reach, addresses, member_keys, suppressions
  to guerdon_worker, guerdon_web;
grant insert on consents to guerdon_worker, guerdon_web;
grant insert, update on standing_consents, reach, addresses to guerdon_worker, guerdon_web;
grant insert on member_keys to guerdon_worker, guerdon_web;
grant insert, update, delete on suppressions to guerdon_worker;
grant delete on standing_consents, reach, addresses, member_keys to guerdon_worker;

do $$
declare
  owned text;
begin
  foreach owned in array array['consents', 'standing_consents', 'reach', 'addresses', 'member_keys'] loop
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
    execute format(
      'create policy one_program on %I'
      ' using (program_id = (select this_program())'
      '        and ((select this_member()) is null or member_id = (select this_member()))'
      '        and ((select whole_program()) or sees_member(program_id, member_id)))'
      ' with check (program_id = (select this_program())'
      '        and ((select this_member()) is null or member_id = (select this_member()))'
      '        and ((select whole_program()) or sees_member(program_id, member_id)))', owned);
  end loop;
end $$;

alter table suppressions enable row level security;
alter table suppressions force row level security;
create policy one_program on suppressions
  using (program_id = (select this_program())
         and (select this_member()) is null and (select whole_program()))
  with check (program_id = (select this_program())
         and (select this_member()) is null and (select whole_program()));
