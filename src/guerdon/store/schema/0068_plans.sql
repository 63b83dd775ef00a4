-- Row security says the same as before, in words that a planner weighs better. Of `(select f()) is null` it believes
-- that it holds for one row in two hundred, though it holds for all where staff look; so it went over whole tables to
-- sort them where an index gives the few rows that are asked for. Of a truth value it believes: for half of them.
do $$
declare
  each record;
  before constant text := '(( SELECT this_member() AS this_member) IS NULL)';
  after constant text := '( SELECT (this_member() IS NULL))';
begin
  for each in
    select tablename, policyname, replace(qual, before, after) as seen, replace(with_check, before, after) as kept
    from pg_policies
    where schemaname = 'guerdon' and strpos(concat(qual, with_check), before) > 0
  loop
    execute format('alter policy %I on %I', each.policyname, each.tablename)
      || coalesce(format(' using (%s)', each.seen), '') || coalesce(format(' with check (%s)', each.kept), '');
  end loop;
end $$;

-- The list of rewards, the newest first: a page of fifty read them all.
create index rewards_latest on rewards (program_id, issued_at desc, id desc);
