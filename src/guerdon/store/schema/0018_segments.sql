-- Who is in which segment, since when, and how large each was. Made of what is known of the members, and made again
-- at any time: a rule asks a segment's condition itself and never reads this.

-- What the conditions of segments read: `member.club`, `booking.confirmed`, `booking.confirmed#deposit`,
-- `holds(vehicle)`. Whoever changes something of a member reads it under a lock before they commit: so whoever
-- begins to follow a new segment counts all members, and misses none that changed meanwhile.
alter table programs add column watched text[] not null default '{}';

create table segments (
  program_id   integer not null,
  segment      text not null,
  -- What it means, as a hash: when that changes, its members are looked up anew.
  definition   text not null,
  removed      boolean not null default false,
  -- A pass over all members: what for, up to which member it came, and what of it was otherwise than kept.
  pass         text check (pass in ('build', 'recount')),
  walked_to    bigint not null default 0,
  found        bigint not null default 0,
  -- The day in the program's time zone for which it was last looked at.
  as_of        date not null,
  built_at     timestamptz,
  recounted_on date,
  recount_found bigint,
  primary key (program_id, segment)
);

create table segment_members (
  program_id   integer not null,
  segment      text not null,
  member_id    bigint not null,
  market       text not null,
  since        timestamptz not null,
  primary key (program_id, segment, member_id)
);

-- When the answer about a member could change with nothing new being told: an event of theirs leaves a window, so
-- many days have passed. Members for whom it never does are not in here.
create table segment_checks (
  program_id    integer not null,
  segment       text not null,
  member_id     bigint not null,
  next_check_at timestamptz not null,
  primary key (program_id, segment, member_id)
);
create index segment_checks_by_time on segment_checks (program_id, next_check_at);

-- Members of whom something changed that a segment reads ('': anything may have). They only pile up, so nobody who
-- adds one waits for whoever works through them.
create table segment_touches (
  program_id   integer not null,
  member_id    bigint not null,
  id           bigint not null generated always as identity,
  what         text not null,
  primary key (program_id, member_id, id)
);

-- How many were in it at the end of a day, by market: a row where that changed.
create table segment_sizes (
  program_id   integer not null,
  segment      text not null,
  day          date not null,
  market       text not null,
  n            bigint not null,
  primary key (program_id, segment, market, day)
);

-- Whoever changes members, by whatever way: the segments that read what changed look at them again.
create function touch_new_members() returns trigger language plpgsql
  security definer set search_path = guerdon, pg_temp as $$
begin
  perform from programs where program_id in (select distinct n.program_id from new_rows n)
    order by program_id for share;
  insert into segment_touches (program_id, member_id, what)
  select n.program_id, n.member_id, '' from new_rows n join programs p using (program_id) where p.watched <> '{}';
  return null;
end $$;

create function touch_changed_members() returns trigger language plpgsql
  security definer set search_path = guerdon, pg_temp as $$
begin
  perform from programs where program_id in (select distinct n.program_id from new_rows n)
    order by program_id for share;
  insert into segment_touches (program_id, member_id, what)
  select n.program_id, n.member_id, c.what
  from new_rows n
  join old_rows o using (program_id, member_id)
  join programs p using (program_id)
  cross join lateral (
    -- Sizes are counted by market, whether a segment reads it or not.
    select '' as what where n.market <> o.market
    union all select 'member.language' where n.language <> o.language
    union all select 'member.location' where n.location is distinct from o.location
    union all
    select 'member.' || key from json_each_text(o.attributes) a full join json_each_text(n.attributes) b using (key)
    where a.value is distinct from b.value
  ) c
  where p.watched <> '{}' and (c.what = '' or c.what = any (p.watched))
    and (n.market, n.language, n.location, n.attributes::text)
        is distinct from (o.market, o.language, o.location, o.attributes::text);
  return null;
end $$;

create trigger members_touch_segments after insert on members
  referencing new table as new_rows for each statement execute function touch_new_members();
create trigger members_touch_segments_again after update on members
  referencing old table as old_rows new table as new_rows for each statement execute function touch_changed_members();
revoke all on function touch_new_members(), touch_changed_members() from public;

grant select on segments, segment_members, segment_checks, segment_touches, segment_sizes
  to guerdon_worker, guerdon_web;
grant usage on all sequences in schema guerdon to guerdon_worker, guerdon_web;
grant insert, update, delete on segments, segment_members, segment_checks to guerdon_worker;
grant insert, delete on segment_touches to guerdon_worker;
grant insert, update on segment_sizes to guerdon_worker;
grant update (watched) on programs to guerdon_worker;

-- Of members, those whom one may see; sizes by market as the other figures; a segment itself is nobody's.
do $$
declare
  name text;
  here constant text := 'program_id = (select this_program())';
  staff constant text := here || ' and (select this_member()) is null';
  of_member constant text := here
    || ' and ((select this_member()) is null or member_id in (0, (select this_member())))'
    || ' and ((select whole_program()) or sees_member(program_id, member_id))';
  of_market constant text := staff || ' and ((select whole_program()) or market = any (this_markets()))';
  rule text;
begin
  foreach name in array array['segments', 'segment_members', 'segment_checks', 'segment_touches', 'segment_sizes']
  loop
    rule := case name when 'segments' then staff when 'segment_sizes' then of_market else of_member end;
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;
