-- Somebody is asked to work here: the link in their mail opens once, for three days. Of the link there is its hash.
-- The mail is written when somebody has signed for a role of theirs, so `next_at` is no promise.
create table invitations (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  person_id    bigint not null references people,
  -- Where all of it holds, as grants say it.
  market       text,
  location     text,
  persona      text not null,
  language     text not null,
  invited_by   text not null,
  invited_at   timestamptz not null,
  -- The requests for roles that came with it.
  requests     bigint[] not null,
  state        text not null default 'waiting'
               check (state in ('waiting', 'sent', 'refused', 'accepted', 'withdrawn')),
  link_sha     bytea,
  ends_at      timestamptz,
  tries        integer not null default 0,
  next_at      timestamptz not null,
  -- Why the mail server did not take it; its own code, and nothing of what it said.
  fault        text not null default '',
  closed_at    timestamptz,
  primary key (program_id, id),
  constraint invitations_name_their_place check (market <> '' and location <> ''),
  constraint invitations_link_is_a_hash check (link_sha is null or octet_length(link_sha) = 32 and ends_at is not null),
  constraint invitations_close_once check ((closed_at is not null) = (state in ('accepted', 'withdrawn')))
);
create unique index invitations_one_open on invitations (program_id, person_id) where closed_at is null;
create unique index invitations_by_link on invitations (program_id, link_sha) where link_sha is not null;
create index invitations_due on invitations (program_id, next_at) where state = 'waiting';

-- What was accepted or withdrawn stays so; a new link is a new invitation.
create function stop_reopened_invitations() returns trigger language plpgsql as $$
begin
  if old.closed_at is not null then
    raise exception 'invitation % is closed and stays so', old.id using errcode = '23514';
  end if;
  return new;
end $$;
create trigger invitations_stay_closed before update on invitations
  for each row execute function stop_reopened_invitations();

-- Who somebody is at work: where their day begins.
create table person_personas (
  program_id  integer not null,
  person_id   bigint not null references people,
  persona     text not null,
  told_by     text not null,
  told_at     timestamptz not null,
  primary key (program_id, person_id)
);

create constraint trigger invitations_are_audited
  after insert or delete or update of state, closed_at on invitations
  deferrable initially deferred for each row execute function demand_audit();
create constraint trigger person_personas_are_audited after insert or update or delete on person_personas
  deferrable initially deferred for each row execute function demand_audit();

grant select on invitations, person_personas to guerdon_worker, guerdon_web;
grant insert on invitations to guerdon_web;
grant update (state, next_at, closed_at, fault) on invitations to guerdon_web;
grant update (state, link_sha, ends_at, tries, next_at, fault) on invitations to guerdon_worker;
grant insert, update on person_personas to guerdon_web;

alter table invitations enable row level security;
alter table invitations force row level security;
create policy one_program on invitations
  using (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or market = any (this_markets()) or location = any (this_locations())))
  with check (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or market = any (this_markets()) or location = any (this_locations())));
alter table person_personas enable row level security;
alter table person_personas force row level security;
create policy one_program on person_personas
  using (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or sees_person(program_id, person_id)))
  with check (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or sees_person(program_id, person_id)));

-- Who is invited is known where they are, before anything was given to them.
alter policy colleagues on people
  using (login = (select this_login())
         or exists (select from grants g
                    where g.program_id = (select this_program()) and g.person_id = people.person_id)
         or exists (select from invitations i
                    where i.program_id = (select this_program()) and i.person_id = people.person_id))
  with check (login = (select this_login())
         or exists (select from grants g
                    where g.program_id = (select this_program()) and g.person_id = people.person_id)
         or exists (select from invitations i
                    where i.program_id = (select this_program()) and i.person_id = people.person_id));
