-- People who work here, and what each may do: a grant is a role, at a place, up to an amount, between two instants.
-- Passwords, second factors and sessions are the doors' own business (web/accounts); who may what stands here.

create table people (
  person_id   bigint primary key generated always as identity,
  login       text not null unique,
  name        text not null,
  language    text not null default 'en',
  created_at  timestamptz not null,
  left_at     timestamptz
);

create table grants (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  person_id    bigint not null references people,
  role         text not null check (role in ('operator', 'program_owner', 'marketing', 'finance', 'compliance',
                                              'dealer_relations', 'dealer_manager', 'frontline', 'auditor')),
  -- The node of the tree program > market > location under which it holds; both null: the whole program.
  market       text,
  location     text,
  unit         text,
  amount_max   bigint,
  valid_from   timestamptz not null,
  valid_to     timestamptz,
  granted_by   text not null,
  granted_at   timestamptz not null,
  revoked_at   timestamptz,
  revoked_by   text,
  primary key (program_id, id),
  -- An empty name would read as no place at all, which is the whole program.
  constraint grants_name_their_place check (market <> '' and location <> ''),
  constraint grants_end_after_they_begin check (valid_to is null or valid_to > valid_from),
  constraint grants_limit_an_amount_of_a_unit check ((amount_max is null) = (unit is null)),
  constraint grants_are_revoked_by_somebody check ((revoked_at is null) = (revoked_by is null))
);
create index grants_by_person on grants (person_id) where revoked_at is null;

-- Somebody else signs for a person who is away, between two instants.
create table stand_ins (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  person_id    bigint not null references people,
  stand_in     bigint not null references people,
  valid_from   timestamptz not null,
  valid_to     timestamptz not null,
  named_by     text not null,
  named_at     timestamptz not null,
  revoked_at   timestamptz,
  primary key (program_id, id),
  constraint stand_ins_are_somebody_else check (stand_in <> person_id),
  constraint stand_ins_end_after_they_begin check (valid_to > valid_from)
);

-- Which member a person is, where they are one: they earn and approve nothing for themselves.
create table person_members (
  program_id   integer not null,
  person_id    bigint not null references people,
  member_id    bigint not null,
  told_by      text not null,
  told_at      timestamptz not null,
  primary key (program_id, person_id)
);
