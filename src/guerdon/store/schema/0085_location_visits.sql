-- Who was at a location, and who confirmed it there: a row for each visit, written in the commit that lets its event in.
-- The list of a location's customers and the figures of its team read these, and no event.

create table location_visits (
  program_id    integer not null,
  member_id     bigint not null,
  location      text not null,
  market        text not null,
  taken_at      timestamptz not null,
  type          text not null,
  -- As the audit names them.
  confirmed_by  text not null,
  primary key (program_id, member_id, location, taken_at),
  constraint location_visits_are_somewhere check (location <> '' and market <> ''),
  constraint location_visits_are_somebodys check (confirmed_by <> '')
);
-- A location's, the last first; and a month of them.
create index location_visits_by_time on location_visits (program_id, location, taken_at desc, member_id desc);

-- What was confirmed before: the id of such an event says where and when (values/app/visits.py). The owner is guarded
-- like everybody, but for this.
alter table events no force row level security;
alter table audit no force row level security;
insert into location_visits
select e.program_id, e.member_id, split_part(e.external_id, '/', 1), e.market,
       to_timestamp(split_part(e.external_id, '/', 2)::bigint), e.type, coalesce(a.actor, 'unknown')
from events e
left join lateral (
  select actor from audit a
  where a.program_id = e.program_id and a.subject = split_part(e.external_id, '/', 3) and a.action = 'visit.confirmed'
    and a.detail ->> 'id' = e.external_id
  limit 1
) a on true
where e.source = 'location_app' and e.external_id ~ '^[a-z0-9-]+/[0-9]{10}/mem_'
on conflict do nothing;
alter table events force row level security;
alter table audit force row level security;

create constraint trigger location_visits_are_audited after insert on location_visits
  deferrable initially deferred for each row execute function demand_audit();

grant select on location_visits to guerdon_worker, guerdon_web;
grant insert on location_visits to guerdon_web;

-- Staff see those at their places, and a member their own.
alter table location_visits enable row level security;
alter table location_visits force row level security;
create policy one_program on location_visits
  using (program_id = (select this_program())
         and ((select this_member() is null) or member_id = (select this_member()))
         and ((select whole_program()) or market = any (this_markets()) or location = any (this_locations())))
  with check (program_id = (select this_program())
         and ((select this_member() is null) or member_id = (select this_member()))
         and ((select whole_program()) or market = any (this_markets()) or location = any (this_locations())));
