-- Whose rows a market or a location sees was asked row by row, which is right for the few rows of a page and took
-- seconds where all rows are added up. A transaction that adds up says so (`guerdon.by_sets`), and finds out once.
create function by_sets() returns boolean language sql stable parallel safe
  return coalesce(current_setting('guerdon.by_sets', true), '') = 'on';

-- Who is seen: of members themselves row security says it. A function, so that nobody plans it who does not ask.
create function seen_members() returns setof bigint
  language plpgsql stable parallel safe cost 10 rows 1000
  set search_path = guerdon, pg_temp as $$
begin
  return query select member_id from members
    where program_id = this_program() and (market = any (this_markets()) or location = any (this_locations()));
end $$;

-- And what is the same for all rows is worked out once.
do $$
declare
  each record;
  words constant text[] := array[
    'sees_member(program_id, member_id)',
    'case when (select by_sets()) then member_id in (select seen_members()) else sees_member(program_id, member_id) end',
    'ANY (this_markets())', 'ANY ((select this_markets())::text[])',
    'ANY (this_locations())', 'ANY ((select this_locations())::text[])'
  ];
begin
  for each in
    select tablename, policyname, qual as seen, with_check as kept from pg_policies
    where schemaname = 'guerdon' and concat(qual, with_check) ~ 'sees_member\(program_id, member_id\)|ANY \(this_'
  loop
    for n in 1 .. array_length(words, 1) by 2 loop
      each.seen := replace(each.seen, words[n], words[n + 1]);
      each.kept := replace(each.kept, words[n], words[n + 1]);
    end loop;
    execute format('alter policy %I on %I', each.policyname, each.tablename)
      || coalesce(' using (' || each.seen || ')', '') || coalesce(' with check (' || each.kept || ')', '');
  end loop;
end $$;

create index members_market on members (program_id, market);
create index members_location on members (program_id, location) where location is not null;
