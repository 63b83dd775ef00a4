-- What members say of themselves in their app. Where a mail or text goes elsewhere than to its member's address, it says
-- so here: a code to an address that is not proven yet, and the word of a change to the one of before. And of what a
-- member changed it is known what their sources said until then: as long as they say that, it is old.

create table diverted_messages (
  program_id  integer not null,
  member_id   bigint not null,
  message_id  bigint not null,
  field       text not null,
  address     bytea not null,
  made_at     timestamptz not null,
  primary key (program_id, member_id, message_id),
  constraint diverted_messages_go_to_addresses check (field in ('email', 'phone'))
);
-- They are let go of by their age.
create index diverted_messages_by_age on diverted_messages (program_id, made_at);

create table own_words (
  program_id  integer not null,
  member_id   bigint not null,
  field       text not null,
  instead_of  bytea not null,
  said_at     timestamptz not null,
  primary key (program_id, member_id, field),
  constraint own_words_are_of_fields check (field in ('email', 'phone', 'language')),
  constraint own_words_keep_hashes check (length(instead_of) = 32)
);
create constraint trigger own_words_are_audited after insert or update on own_words
  deferrable initially deferred for each row execute function demand_audit();

grant select on diverted_messages, own_words to guerdon_worker, guerdon_web;
grant insert, delete on diverted_messages to guerdon_web;
grant insert, update (instead_of, said_at) on own_words to guerdon_web;
-- Who a member is they change themselves, in the web; nobody is brought in there.
grant update (key, name, email, phone, email_index, phone_index) on persons to guerdon_web;
grant delete on diverted_messages, own_words to guerdon_worker;

alter table diverted_messages enable row level security;
alter table diverted_messages force row level security;
create policy one_program on diverted_messages
  using (program_id = (select this_program())
         and ((select this_member() is null) or member_id = (select this_member()))
         and ((select whole_program()) or case when (select by_sets()) then member_id in (select seen_members())
              else sees_member(program_id, member_id) end))
  with check (program_id = (select this_program())
         and ((select this_member() is null) or member_id = (select this_member()))
         and ((select whole_program()) or case when (select by_sets()) then member_id in (select seen_members())
              else sees_member(program_id, member_id) end));
alter table own_words enable row level security;
alter table own_words force row level security;
create policy one_program on own_words
  using (program_id = (select this_program())
         and ((select this_member() is null) or member_id = (select this_member()))
         and ((select whole_program()) or case when (select by_sets()) then member_id in (select seen_members())
              else sees_member(program_id, member_id) end))
  with check (program_id = (select this_program())
         and ((select this_member() is null) or member_id = (select this_member()))
         and ((select whole_program()) or case when (select by_sets()) then member_id in (select seen_members())
              else sees_member(program_id, member_id) end));
