-- A member is a number and what the program may decide on; name, e-mail and phone stand in persons alone,
-- sealed under a key of that person's own, so forgetting the key forgets the person.

create table members (
  program_id   integer not null,
  member_id    bigint not null,
  market       text not null,
  language     text not null,
  location     text,
  attributes   json not null default '{}',
  enrolled_at  timestamptz not null,
  primary key (program_id, member_id)
);
create sequence member_id_seq;

create table member_ids (
  program_id   integer not null,
  source       text not null,
  external_id  text not null,
  member_id    bigint not null,
  primary key (program_id, source, external_id)
);
create index member_ids_by_member on member_ids (program_id, member_id);

create table persons (
  program_id   integer not null,
  member_id    bigint not null,
  key          bytea not null,
  name         bytea,
  email        bytea,
  phone        bytea,
  email_index  bytea,
  primary key (program_id, member_id)
);
create index persons_by_email on persons (program_id, email_index);
