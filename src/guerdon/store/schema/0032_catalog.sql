-- The catalog: what members may choose, by the feed that it came with. A feed is read into a sync, row by row; what
-- changes by it is shown first, and goes into the catalog in one transaction or not at all.

-- Feed `program` holds the items of the program's own text. `generation` goes up with each sync that was applied.
create table catalog_feeds (
  program_id   integer not null,
  key          text not null,
  supplier     text not null,
  generation   bigint not null default 0,
  -- Items of it that are there now.
  items        integer not null default 0,
  synced_at    timestamptz,
  -- What became of its latest sync; new: it had none.
  state        text not null default 'new',
  primary key (program_id, key),
  constraint catalog_feeds_are_keyed check (key ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint catalog_feeds_state_check
    check (state in ('new', 'reading', 'staged', 'applied', 'refused', 'dropped')),
  constraint catalog_feeds_count_up check (generation >= 0 and items >= 0)
);

create table catalog_syncs (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  feed         text not null,
  kind         text not null,
  state        text not null default 'reading',
  -- Rows that were read, and what each of them is; `gone` are items that the feed has no more.
  found        integer not null default 0,
  new          integer not null default 0,
  changed      integer not null default 0,
  same         integer not null default 0,
  gone         integer not null default 0,
  wrong        integer not null default 0,
  -- Why it waits for a person, or came to nothing: a word, and what it speaks of.
  why          text not null default '',
  said         text not null default '',
  -- The generation of the feed that it was compared with: with any other it is not applied.
  base         bigint not null,
  by           text not null,
  settled_by   text,
  started_at   timestamptz not null,
  -- Whoever reads it was last heard of then.
  beat_at      timestamptz not null,
  ended_at     timestamptz,
  primary key (program_id, id),
  constraint catalog_syncs_kind_check check (kind in ('full', 'delta')),
  constraint catalog_syncs_state_check check (state in ('reading', 'staged', 'applied', 'refused', 'dropped')),
  constraint catalog_syncs_count_every_row check (
    least(new, changed, same, gone, wrong) >= 0 and found = new + changed + same + wrong),
  constraint catalog_syncs_end_once check ((ended_at is null) = (state in ('reading', 'staged'))),
  constraint catalog_syncs_say_why check (state not in ('refused', 'dropped') or why <> '')
);
-- One at a time.
create unique index catalog_syncs_one_at_a_time on catalog_syncs (program_id, feed)
  where state in ('reading', 'staged');
create index catalog_syncs_by_feed on catalog_syncs (program_id, feed, id desc);
create constraint trigger catalog_syncs_are_audited after update on catalog_syncs
  deferrable initially deferred for each row when (new.state is distinct from old.state)
  execute function demand_audit();

-- What a sync would do, row by row: `row` is the item as it would be, of a wrong row what was read of it. Rows that
-- change nothing are only counted. What is wrong is a code, and the values that it speaks of.
create table catalog_staged (
  program_id   integer not null,
  sync_id      bigint not null,
  line         bigint not null,
  sku          text not null,
  what         text not null,
  problem      text not null default '',
  said         jsonb not null default '{}',
  content_hash bytea,
  row          jsonb not null,
  primary key (program_id, sync_id, line),
  constraint catalog_staged_what_check check (what in ('new', 'changed', 'gone', 'wrong')),
  constraint catalog_staged_say_what_is_wrong check ((what = 'wrong') = (problem <> '')),
  constraint catalog_staged_speak_of_what_is_wrong
    check (jsonb_typeof(said) = 'object' and (problem <> '' or said = '{}'))
);

create table catalog_items (
  program_id    integer not null,
  id            bigint not null,
  key           text not null,
  feed          text not null,
  sku           text not null,
  brand         text not null default '',
  category      text not null,
  kind          text not null,
  delivery      text not null,
  lead_minutes  integer not null default 0,
  markets       text[] not null,
  -- A unit of money, with denominations or a range; null: it has a price in points or credits alone.
  currency      text,
  denominations bigint[] not null default '{}',
  range_min     bigint,
  range_max     bigint,
  range_step    bigint,
  -- What it is sold in besides, by other units of money: only items of the program's text have that.
  other_amounts jsonb not null default '{}',
  -- By unit of points or credits, in its smallest part.
  prices        jsonb not null default '{}',
  -- By language.
  names         jsonb not null,
  abouts        jsonb not null default '{}',
  terms         jsonb not null default '{}',
  uses          jsonb not null default '{}',
  image         text,
  supplier      text not null,
  -- Only members of one of these segments may have it; empty: everybody.
  segments      text[] not null default '{}',
  visible_from  timestamptz,
  visible_to    timestamptz,
  popularity    integer not null default 0,
  generation    bigint not null,
  content_hash  bytea not null,
  changed_at    timestamptz not null,
  -- Its feed has it no more: it cannot be chosen, and orders of it stay readable.
  gone_at       timestamptz,
  primary key (program_id, id),
  constraint catalog_items_have_one_key unique (program_id, key),
  constraint catalog_items_of_a_feed_once unique (program_id, feed, sku),
  constraint catalog_items_key_fits check (length(key) between 1 and 120),
  constraint catalog_items_kind_check check (
    kind in ('gift_card', 'prepaid', 'donation', 'product', 'experience', 'service', 'voucher')),
  constraint catalog_items_delivery_check check (
    delivery in ('code', 'link', 'physical', 'donation', 'place', 'account')),
  constraint catalog_items_lead_somewhen check (lead_minutes >= 0),
  constraint catalog_items_are_somewhere check (cardinality(markets) > 0),
  constraint catalog_items_have_a_price check (
    cardinality(denominations) > 0 or range_min is not null or prices <> '{}'),
  constraint catalog_items_money_has_a_currency check (
    currency is not null or cardinality(denominations) = 0 and range_min is null),
  constraint catalog_items_range_or_denominations check (range_min is null or cardinality(denominations) = 0),
  constraint catalog_items_range_is_whole check (
    num_nulls(range_min, range_max, range_step) in (0, 3)
    and (range_min is null or range_min > 0 and range_max >= range_min and range_step > 0)),
  constraint catalog_items_give_something check (0 < all (denominations)),
  constraint catalog_items_have_english check (names ? 'en'),
  constraint catalog_items_have_a_hash check (length(content_hash) = 32)
);

-- Who can deliver an item, the lowest `prefer` first: an account of the program's `suppliers`, `pool` for codes of
-- one's own, `manual` for staff. What it costs is `cost_bp` in 1/10000 of its face value, and a fee.
create table catalog_offers (
  program_id    integer not null,
  item_id       bigint not null,
  supplier      text not null,
  sku           text not null,
  prefer        integer not null default 100,
  cost_bp       integer,
  fee_minor     bigint not null default 0,
  in_stock      boolean not null default true,
  -- What the supplier must be told of whoever gets it.
  needs         text[] not null default '{}',
  quantity_max  integer not null default 1,
  primary key (program_id, item_id, supplier),
  constraint catalog_offers_are_of_an_item foreign key (program_id, item_id) references catalog_items,
  constraint catalog_offers_cost_something check (cost_bp >= 0 and fee_minor >= 0),
  constraint catalog_offers_need_what_is_known check (needs <@ array['email', 'phone', 'address', 'name']),
  constraint catalog_offers_are_of_some check (quantity_max >= 1)
);
create index catalog_offers_by_supplier on catalog_offers (program_id, supplier);

-- Dates and places of an experience; a limited edition is one slot without a date. Without slots there is no limit.
create table catalog_slots (
  program_id    integer not null,
  item_id       bigint not null,
  id            bigint not null,
  -- The feed's own word for it; by it the same slot is found again.
  ref           text not null,
  starts_at     timestamptz,
  ends_at       timestamptz,
  venue         text,
  market        text,
  capacity      integer not null,
  taken         integer not null default 0,
  -- The feed has it no more: nobody new gets a place.
  gone_at       timestamptz,
  primary key (program_id, item_id, id),
  constraint catalog_slots_are_of_an_item foreign key (program_id, item_id) references catalog_items,
  constraint catalog_slots_are_never_oversold check (taken between 0 and capacity),
  constraint catalog_slots_end_after_they_start check (ends_at >= starts_at)
);

-- By the hash of what they are, so that one that many items show is there once.
create table catalog_images (
  program_id    integer not null,
  hash          text not null,
  type          text not null,
  bytes         bytea not null,
  added_at      timestamptz not null,
  primary key (program_id, hash),
  constraint catalog_images_type_check check (type in ('image/png', 'image/jpeg', 'image/webp')),
  constraint catalog_images_are_what_they_are_called check (hash = encode(sha256(bytes), 'hex')),
  constraint catalog_images_are_small check (length(bytes) <= 524288)
);

grant select on catalog_feeds, catalog_syncs, catalog_staged, catalog_items, catalog_offers, catalog_slots,
  catalog_images to guerdon_worker, guerdon_web;
grant usage on all sequences in schema guerdon to guerdon_worker, guerdon_web;
grant insert, update on catalog_feeds, catalog_syncs, catalog_items to guerdon_worker, guerdon_web;
-- How many places are taken is for orders alone.
grant insert, update (starts_at, ends_at, venue, market, capacity, gone_at) on catalog_slots
  to guerdon_worker, guerdon_web;
grant insert, delete on catalog_staged, catalog_images to guerdon_worker, guerdon_web;
grant insert, update, delete on catalog_offers to guerdon_worker, guerdon_web;

-- How a catalog is read in is for whoever may see the whole program; what is in it, for everybody.
do $$
declare
  name text;
  here constant text := 'program_id = (select this_program())';
  whole constant text := ' and (select this_member()) is null and (select whole_program())';
  rule text;
begin
  foreach name in array array['catalog_feeds', 'catalog_syncs', 'catalog_staged', 'catalog_items', 'catalog_offers',
                              'catalog_slots', 'catalog_images']
  loop
    rule := here || case when name in ('catalog_feeds', 'catalog_syncs', 'catalog_staged') then whole else '' end;
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%2$s) with check (%2$s)', name, rule);
  end loop;
end $$;

-- What API keys may do: also read and bring catalogs.
alter table api_keys drop constraint api_keys_have_known_scopes;
alter table api_keys add constraint api_keys_have_known_scopes
  check (cardinality(scopes) > 0 and array_position(scopes, null) is null and scopes <@ array[
    'read:members', 'read:ledger', 'read:budgets', 'read:controls', 'read:audit', 'read:versions', 'try:events',
    'write:versions', 'recall:versions', 'read:webhooks', 'write:webhooks', 'write:wallet', 'propose:requests',
    'write:codes', 'write:events', 'read:quarantine', 'write:quarantine', 'write:drops', 'read:catalog',
    'write:catalog']);
