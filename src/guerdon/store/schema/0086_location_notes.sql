-- What staff of a location wrote down of a customer, sealed. It is theirs who is written of: it is in what they are
-- handed of their data, and goes with them.

create table location_notes (
  program_id  integer not null,
  member_id   bigint not null,
  id          bigint not null,
  location    text not null,
  market      text not null,
  words       bytea not null,
  written_by  text not null,
  written_at  timestamptz not null,
  primary key (program_id, member_id, id),
  constraint location_notes_are_somewhere check (location <> '' and market <> ''),
  constraint location_notes_say_something check (length(words) > 0)
);

create constraint trigger location_notes_are_audited after insert or delete on location_notes
  deferrable initially deferred for each row execute function demand_audit();

grant select on location_notes to guerdon_worker, guerdon_web;
grant insert, delete on location_notes to guerdon_web;
grant delete on location_notes to guerdon_worker;

-- Staff see those of their places. A member asks for theirs as for all of their data.
alter table location_notes enable row level security;
alter table location_notes force row level security;
create policy one_program on location_notes
  using (program_id = (select this_program())
         and ((select this_member() is null) or member_id = (select this_member()))
         and ((select whole_program()) or market = any (this_markets()) or location = any (this_locations())))
  with check (program_id = (select this_program())
         and ((select this_member() is null) or member_id = (select this_member()))
         and ((select whole_program()) or market = any (this_markets()) or location = any (this_locations())));
