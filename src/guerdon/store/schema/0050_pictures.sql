-- Addresses at which suppliers say that pictures of their items are, and what came of asking there: so each is asked once.
create table catalog_pictures (
  program_id   integer not null,
  address      text not null,
  -- The image that came (its hash in catalog_images); null: none came, and `why` says in a word why not.
  image        text,
  why          text not null default '',
  said         jsonb not null default '{}',
  -- The feed and the item that named it when it was asked last.
  feed         text not null,
  sku          text not null,
  -- How often in a row it was asked in vain: each time it is left in peace for longer.
  tries        integer not null default 0,
  asked_at     timestamptz not null,
  -- When it was last named, more or less: what nobody names any more is forgotten.
  named_at     timestamptz not null,
  primary key (program_id, address),
  constraint catalog_pictures_address_fits check (length(address) between 1 and 2048),
  constraint catalog_pictures_come_or_say_why check ((image is null) = (why <> '')),
  constraint catalog_pictures_speak_of_why check (jsonb_typeof(said) = 'object' and (why <> '' or said = '{}')),
  constraint catalog_pictures_try_again check (tries >= 0 and (tries = 0) = (why = ''))
);
create index catalog_pictures_that_did_not_come on catalog_pictures (program_id, feed, sku) where why <> '';

grant select on catalog_pictures to guerdon_worker, guerdon_web;
grant insert, update, delete on catalog_pictures to guerdon_worker;

alter table catalog_pictures enable row level security;
alter table catalog_pictures force row level security;
create policy one_program on catalog_pictures
  using (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()))
  with check (program_id = (select this_program()) and (select this_member()) is null and (select whole_program()));

-- Items whose picture was fetched in this reading, did not come, or is left to the next reading.
alter table catalog_syncs add column pictures integer not null default 0,
  add column pictures_failed integer not null default 0,
  add column pictures_left integer not null default 0,
  add constraint catalog_syncs_count_pictures check (least(pictures, pictures_failed, pictures_left) >= 0);
