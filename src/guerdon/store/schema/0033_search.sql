-- Looking for items as one types. Row security lets no index of PostgreSQL's own text search be used before it has
-- looked at each row, so words have lists of their own, read by equality. `store/catalog/indexing.py` writes all of it,
-- in the transaction that changes the catalog.

-- How far a program's items are numbered. An item that changes gets the next number, and its former one is not used
-- again: so lists of words only grow, and what they say of a number is true for ever. `stamp`: how often this changed.
create table shelf_numbers (
  program_id  integer not null,
  next_no     integer not null default 0,
  stamp       bigint not null default 0,
  primary key (program_id),
  constraint shelf_numbers_count_up check (next_no >= 0 and stamp >= 0)
);

-- What items have in common that one filters by.
create table shelf_racks (
  program_id  integer not null,
  id          integer not null,
  category    text not null,
  kind        text not null,
  brand       text not null,
  delivery    text not null,
  primary key (program_id, id),
  constraint shelf_racks_are_once unique (program_id, category, kind, brand, delivery)
);

-- An item in a market, as far as finding and ordering need it; those that are gone are not here.
create table shelf (
  program_id    integer not null,
  market        text not null,
  item_id       bigint not null,
  no            integer not null,
  rack          integer not null,
  -- The least that it is had for, in a unit of money; `others`: in other units.
  low           bigint,
  -- The amounts that it is had for, or the most and the step between.
  amounts       bigint[],
  high          bigint,
  step          bigint,
  currency      text,
  others        jsonb,
  lead_minutes  integer not null,
  -- How often it is chosen, tamed: the logarithm.
  fame          real not null,
  new_at        timestamptz not null,
  visible_from  timestamptz not null,
  visible_to    timestamptz not null,
  -- Null: for everybody.
  segments      text[],
  -- yes, no, or who is asked each time: its places, or the pool of its own codes.
  stock         text not null,
  primary key (program_id, market, item_id),
  constraint shelf_stock_check check (stock in ('yes', 'no', 'places', 'pool'))
);
create unique index shelf_by_number on shelf (program_id, market, no);
create index shelf_by_item on shelf (program_id, item_id);

-- Names as they are sorted, in the order of `values/texts.LANGUAGES`.
create table shelf_names (
  program_id  integer not null,
  item_id     bigint not null,
  names       text[] collate "C" not null,
  primary key (program_id, item_id)
);

-- Numbers of the items that have a word, two bytes each, within `chunk` (of 32,768 numbers). `part` says where the word
-- stands and how it is written: see `store/catalog/wording.py`.
create table shelf_words (
  program_id  integer not null,
  word        text collate "C" not null,
  part        text collate "C" not null,
  chunk       smallint not null,
  nos         bytea not null,
  primary key (program_id, word, part, chunk),
  constraint shelf_words_list_numbers check (length(nos) > 0 and length(nos) % 2 = 0)
);
-- Lists of numbers are not made smaller by packing, only slower.
alter table shelf_words alter column nos set storage external;

-- Words of names by three letters that follow each other in them: where a word is looked for that is written wrongly.
create table shelf_grams (
  program_id  integer not null,
  gram        text collate "C" not null,
  words       text[] collate "C" not null,
  primary key (program_id, gram)
);

-- What a member marked.
create table favorites (
  program_id  integer not null,
  member_id   bigint not null,
  item_id     bigint not null,
  at          timestamptz not null,
  primary key (program_id, member_id, item_id)
);

grant select on shelf_numbers, shelf_racks, shelf, shelf_names, shelf_words, shelf_grams, favorites
  to guerdon_worker, guerdon_web;
grant insert, update on shelf_numbers to guerdon_worker, guerdon_web;
grant insert on shelf_racks to guerdon_worker, guerdon_web;
grant insert, delete on shelf, shelf_names to guerdon_worker, guerdon_web;
grant insert, update, delete on shelf_words, shelf_grams to guerdon_worker, guerdon_web;
grant insert, delete on favorites to guerdon_worker, guerdon_web;

do $$
declare
  name text;
begin
  -- What there is to choose is the same for everybody.
  foreach name in array array['shelf_numbers', 'shelf_racks', 'shelf', 'shelf_names', 'shelf_words', 'shelf_grams']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (program_id = (select this_program()))'
                   ' with check (program_id = (select this_program()))', name);
  end loop;
end $$;
alter table favorites enable row level security;
alter table favorites force row level security;
create policy one_program on favorites
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id in (0, (select this_member())))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id in (0, (select this_member())))
         and ((select whole_program()) or sees_member(program_id, member_id)));
