-- Reading over brings what happened, too: changes since a day, from the CRM's history of each property.

alter table crm_backfills
  -- Changes since then become events; null: contacts become members, and nothing else.
  add column events_since timestamptz,
  -- Nothing is kept: it is only counted what would be.
  add column dry boolean not null default false,
  -- Deals are read over after contacts, for their events alone.
  add column part text not null default 'contacts' check (part in ('contacts', 'deals')),
  -- Changes that were brought; that were here already; from before the program's first version; that we wrote
  -- ourselves; and properties of which the CRM does not tell everything since that day any more.
  add column events bigint not null default 0,
  add column known bigint not null default 0,
  add column early bigint not null default 0,
  add column ours bigint not null default 0,
  add column clipped bigint not null default 0,
  -- Contacts were listed that were more than the CRM shows at once: the rest was not read.
  add column cut boolean not null default false,
  -- What may tell what the past told as well is compared: while `compared_until` stands, which is when it may be taken
  -- away, every event; from then on those up to the number that was the last when it was.
  add column compared_to bigint,
  add column compared_until timestamptz,
  add constraint crm_backfills_read_deals_for_events check (part = 'contacts' or events_since is not null);
