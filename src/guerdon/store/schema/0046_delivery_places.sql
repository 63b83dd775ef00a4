-- The slowest locations are told out of one row for each location and week instead of one for each class of lengths: all
-- its classes stand in one number, twelve decimal digits each, so that adding up weeks is adding up numbers, exactly.

-- So many of a class, as part of such a number: class 0 has the last twelve digits, class 1 those before them. The longest
-- length there can be has class 437; what never came has no place in it.
create function delivery_digits(class integer, n bigint) returns numeric language sql immutable parallel safe
  return n * ('1e' || (12 * class)::text)::numeric;

-- What `delivery_counts` has of a location in a week, of all rules and suppliers together.
create table delivery_places (
  program_id   integer not null,
  measure      text not null check (measure in ('arrival', 'given', 'choosing', 'handed', 'whole', 'opened', 'used')),
  week         date not null,
  location     text not null,
  market       text not null,
  -- What came, by class; what nobody waits for any more, by the class until which it is known to have lasted.
  done         numeric not null,
  stopped      numeric not null,
  never        bigint not null,
  primary key (program_id, measure, week, location, market),
  constraint delivery_places_are_somewhere check (location <> ''),
  constraint delivery_places_count_something check (least(done, stopped, never) >= 0 and done + stopped + never > 0)
) with (fillfactor = 70);

-- What was counted before. The owner is guarded like everybody, but for this.
alter table delivery_counts no force row level security;
insert into delivery_places (program_id, measure, week, location, market, done, stopped, never)
select program_id, measure, week, location, market,
       coalesce(sum(delivery_digits(class, n)) filter (where ended = 'done' and class < 32767), 0),
       coalesce(sum(delivery_digits(class, n)) filter (where ended = 'stopped'), 0),
       coalesce(sum(n) filter (where ended = 'done' and class = 32767), 0)
from (
  select program_id, measure, week, location, market, ended, class, sum(n)::bigint as n
  from delivery_counts
  where rule <> '*' and market <> '*' and location not in ('', '*', '+') and supplier <> '*' and measure <> 'awaited'
    and n > 0
  group by 1, 2, 3, 4, 5, 6, 7
) counted
group by 1, 2, 3, 4, 5;
alter table delivery_counts force row level security;

grant select on delivery_places to guerdon_worker, guerdon_web;
grant insert, update on delivery_places to guerdon_worker;

-- Staff see those of their places.
alter table delivery_places enable row level security;
alter table delivery_places force row level security;
create policy one_program on delivery_places
  using (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or market = any (this_markets()) or location = any (this_locations())))
  with check (program_id = (select this_program()) and (select this_member()) is null
         and ((select whole_program()) or market = any (this_markets()) or location = any (this_locations())));
