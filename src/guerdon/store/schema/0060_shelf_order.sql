-- A market is counted by small numbers. Of racks there are nearly as many as brands times what each of them makes; of
-- crates (racks without the brand) and makers (brands alone) there are few, and an item names both. Each is called by
-- the first of its racks, so a new one needs no table of its own.
alter table shelf_racks
  add column crate  integer,
  add column maker  integer;
-- What is there already. The owner is guarded like everybody, but for this.
alter table shelf_racks no force row level security;
alter table shelf no force row level security;
update shelf_racks r set crate = f.crate, maker = f.maker
from (select program_id, id, min(id) over (partition by program_id, category, kind, delivery) as crate,
             min(id) over (partition by program_id, brand) as maker
      from shelf_racks) f
where f.program_id = r.program_id and f.id = r.id;
alter table shelf_racks
  alter column crate set not null,
  alter column maker set not null;

-- `name_at`: about where its name stands in each language, ten bits each, in the order of `values/texts.LANGUAGES`:
-- behind how many of the names that divide them (`splits`) it comes. So a page by name reads the names of few. Nought
-- in all of them is never wrong, only slower.
alter table shelf
  add column crate    integer,
  add column maker    integer,
  add column name_at  bigint not null default 0;
update shelf s set crate = r.crate, maker = r.maker
from shelf_racks r where r.program_id = s.program_id and r.id = s.rack;
alter table shelf
  alter column crate set not null,
  alter column maker set not null,
  drop column rack;
alter table shelf_racks force row level security;
alter table shelf force row level security;

-- Names that divide all names of a language into parts of about the same size, one list a language joined into one,
-- and of how many items they were taken.
alter table shelf_numbers
  add column splits    text[] collate "C" not null default '{}',
  add column split_of  integer not null default 0;
