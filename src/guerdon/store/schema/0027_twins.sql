-- Twins: members of one program who may be one person, told of by two accounts of a CRM. Nobody is named in here: two
-- numbers, and which kinds of address they share. Whether they are one person, people say; the worker joins them.

-- What finds an equal phone without holding it, as email_index does an e-mail. Of persons kept before it is worked out
-- whenever contacts are taken in, some at a time; one that does not open has an empty one.
alter table persons add column phone_index bytea;
create index persons_by_phone on persons (program_id, phone_index);
create index persons_without_phone_index on persons (program_id, member_id)
  where phone is not null and phone_index is null;

create table twins (
  program_id   integer not null,
  one_id       bigint not null,
  other_id     bigint not null,
  shared       text[] not null,
  -- joining: somebody said that they are one, and the worker has not joined them yet.
  state        text not null default 'open' check (state in ('open', 'joining', 'joined', 'apart')),
  -- Whose everything is that comes from now on.
  survivor_id  bigint,
  found_at     timestamptz not null,
  settled_by   text,
  settled_at   timestamptz,
  settled_for  text,
  primary key (program_id, one_id, other_id),
  -- Whoever is forgotten is nobody's twin any more.
  constraint twins_have_a_person foreign key (program_id, one_id) references persons on delete cascade,
  constraint twins_have_another foreign key (program_id, other_id) references persons on delete cascade,
  constraint twins_are_two check (one_id < other_id),
  constraint twins_share_something check (shared <@ '{email,phone}' and cardinality(shared) > 0),
  constraint twins_settle_by_somebody check (
    (state = 'open') = (settled_by is null) and (settled_by is null) = (settled_at is null)),
  constraint twins_part_for_a_reason check (state <> 'apart' or coalesce(settled_for, '') <> ''),
  constraint twins_join_into_one_of_them check (
    (state in ('joining', 'joined')) = (survivor_id is not null) and survivor_id in (one_id, other_id))
);
create index twins_of_the_other on twins (program_id, other_id);
create index twins_to_look_at on twins (program_id, found_at) where state = 'open';
create index twins_to_join on twins (program_id) where state = 'joining';

-- People's word over a pair stands in the audit.
create constraint trigger twins_are_audited after update on twins
  deferrable initially deferred for each row when (new.settled_by is distinct from old.settled_by)
  execute function demand_audit();

-- Who shares an address with any of these members, as far as they came by one of these sources: of each address those of
-- these members who do, and so many others and one more, so that an address of thousands is known as such by looking at
-- a few. Of more than two hundred persons with an address it is not asked by what they came: they are many.
create function sharing(in_program integer, in_members bigint[], in_sources text[], at_most integer)
  returns table (kind text, mark bytea, member_id bigint, sources text[], among bigint)
  language sql stable set search_path = guerdon, pg_temp as $$
  with marks as materialized (
    select k.kind, k.mark, array_agg(p.member_id) as asked
    from persons p cross join lateral (values ('email', p.email_index), ('phone', p.phone_index)) k (kind, mark)
    where p.program_id = in_program and p.member_id = any (in_members) and length(k.mark) > 0
    group by 1, 2
  ), looked as materialized (
    select m.*, array(select p.member_id from persons p
                      where p.program_id = in_program and p.email_index = m.mark limit 201) as others
    from marks m where m.kind = 'email'
    union all
    select m.*, array(select p.member_id from persons p
                      where p.program_id = in_program and p.phone_index = m.mark limit 201)
    from marks m where m.kind = 'phone'
  ), sharers as (
    select l.kind, l.mark, cardinality(l.others) > 200 as many, s.member_id, s.sources
    from looked l cross join lateral (
      select n.member_id, i.sources
      from (select u.member_id from unnest(l.asked || l.others) with ordinality u (member_id, place)
            group by 1 order by min(u.place)) n
      cross join lateral (
        select array_agg(distinct d.source order by d.source) as sources from member_ids d
        where d.program_id = in_program and d.member_id = n.member_id and d.source = any (in_sources)) i
      where i.sources is not null
      limit cardinality(l.asked) + at_most + 1) s
  )
  select s.kind, s.mark, s.member_id, s.sources,
         greatest(count(*) over (partition by s.kind, s.mark), case when s.many then at_most + 1 else 0 end)
  from sharers s
$$;

grant select on twins to guerdon_worker, guerdon_web;
grant insert, delete on twins to guerdon_worker;
grant update (shared, state) on twins to guerdon_worker;
grant update (state, survivor_id, settled_by, settled_at, settled_for) on twins to guerdon_web;

-- Staff of a part see a pair of which both are theirs.
alter table twins enable row level security;
alter table twins force row level security;
create policy one_program on twins
  using (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or sees_member(program_id, one_id) and sees_member(program_id, other_id)))
  with check (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or sees_member(program_id, one_id) and sees_member(program_id, other_id)));
