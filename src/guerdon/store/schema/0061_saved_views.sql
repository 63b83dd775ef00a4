-- What somebody who works here looks at again: a list's filters under a name of theirs. It is theirs alone, says
-- nobody's name, and changes nothing, so no audit row is asked of it.
create table saved_views (
  program_id  integer not null,
  person_id   bigint not null references people,
  id          bigint not null generated always as identity,
  -- The list, by its path in the console; `terms`: its filters, as an address spells them.
  page        text not null,
  name        text not null,
  terms       text not null,
  saved_at    timestamptz not null,
  primary key (program_id, person_id, id),
  constraint saved_views_are_called_once unique (program_id, person_id, page, name),
  constraint saved_views_have_a_name check (length(name) between 1 and 60),
  constraint saved_views_are_of_a_page check (page ~ '^[a-z_]{1,40}$'),
  constraint saved_views_are_short check (octet_length(terms) <= 1000 and strpos(terms, '@') = 0)
);

grant select on saved_views to guerdon_worker, guerdon_web;
grant insert, update (terms, saved_at), delete on saved_views to guerdon_web;

alter table saved_views enable row level security;
alter table saved_views force row level security;
create policy one_program on saved_views
  using (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or sees_person(program_id, person_id)))
  with check (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or sees_person(program_id, person_id)));
