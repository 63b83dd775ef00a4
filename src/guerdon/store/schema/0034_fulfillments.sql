-- From a choice to what the member is handed: a row for each order with where it stands, and one for each time that a
-- supplier was asked for it. A key is written down before anybody is asked under it, and an order has one attempt that
-- is not known to have come to nothing: so a second supplier is only asked when the first is known not to deliver.

create table fulfillments (
  program_id     integer not null,
  member_id      bigint not null,
  order_id       bigint not null,
  -- The item of the catalog; null: one of the program's text alone.
  item_id        bigint,
  -- Who delivers: an account of the program's suppliers, `pool` (codes of our own) or `manual` (staff).
  supplier       text not null,
  -- reserved: what it costs is held, and nobody was asked, or everybody asked is known not to deliver. ordered: a
  -- supplier has it. unknown: it may have it, and nothing else may be tried. fulfilled: the member has it.
  -- failed: it cannot be had, and what it cost is the member's again. canceled: taken back before. returned: after.
  state          text not null check (state in
                   ('reserved', 'ordered', 'unknown', 'fulfilled', 'failed', 'canceled', 'returned')),
  -- The place of a limited edition or of a date that it takes.
  slot_id        bigint,
  -- What the member gets for it, in the smallest part of a currency; null where the item says it all.
  currency       text,
  face_minor     bigint,
  country        text not null default '',
  chosen_at      timestamptz not null,
  ordered_at     timestamptz,
  settled_at     timestamptz,
  -- When it is looked at next; null: not by a clock (staff, or it is settled).
  next_at        timestamptz,
  tries          integer not null default 0,
  -- Whose turn it is just now, and until when that is believed.
  fence          uuid,
  claimed_until  timestamptz,
  reason         text not null default '',
  opened_at      timestamptz,
  primary key (program_id, member_id, order_id),
  constraint fulfillments_are_worth_something check (face_minor > 0),
  constraint fulfillments_have_a_currency check ((currency is null) = (face_minor is null)),
  constraint fulfillments_settle
    check ((state in ('fulfilled', 'failed', 'canceled', 'returned')) = (settled_at is not null)),
  constraint fulfillments_rest_when_settled check (settled_at is null or next_at is null),
  constraint fulfillments_are_claimed_for_a_while check ((fence is null) = (claimed_until is null))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
create unique index fulfillments_by_order on fulfillments (program_id, order_id);
create index fulfillments_due on fulfillments (program_id, supplier, next_at) where next_at is not null;
create index fulfillments_by_slot on fulfillments (program_id, slot_id) where slot_id is not null;
create index fulfillments_open on fulfillments (program_id, state, chosen_at)
  where state in ('reserved', 'ordered', 'unknown');
-- Whoever holds orders says every two seconds that it lives.
create index fulfillments_claimed on fulfillments (program_id, fence) where fence is not null;
create index fulfillments_settled on fulfillments (program_id, settled_at) where settled_at is not null;

-- The way of an order: none leads back from what was handed out, or from what was given back.
create function refuse_fulfillment_step() returns trigger language plpgsql as $$
begin
  raise exception 'order %: from % it does not become %', old.order_id, old.state, new.state using errcode = '23514';
end $$;
create trigger fulfillments_go_their_way before update on fulfillments for each row
  when (old.state <> new.state and not (
    (old.state = 'reserved' and new.state in ('ordered', 'failed', 'canceled'))
    or (old.state = 'ordered' and new.state in ('reserved', 'unknown', 'fulfilled', 'failed'))
    or (old.state = 'unknown' and new.state in ('reserved', 'ordered', 'fulfilled', 'failed'))
    or (old.state = 'fulfilled' and new.state = 'returned')))
  execute function refuse_fulfillment_step();

create table supplier_attempts (
  program_id      integer not null,
  member_id       bigint not null,
  order_id        bigint not null,
  attempt         smallint not null,
  supplier        text not null,
  -- Which kind of supplier that was, and where it answers: the same name may stand for another one day.
  asked_of        text not null default '',
  sku             text not null,
  -- The one under which it is asked for, for ever.
  key             text not null,
  -- sent: written down, and asked or about to be. pending: accepted, and comes later. unknown: it may have been placed.
  -- done: delivered. refused: they said no. absent: it is proved that there is none.
  state           text not null check (state in ('sent', 'pending', 'unknown', 'done', 'refused', 'absent')),
  -- Something may have gone out under the key. False again only when it is known that nothing did.
  doubted         boolean not null default false,
  -- How often it was asked for, and how often since then it was not found.
  asks            smallint not null default 0,
  absences        smallint not null default 0,
  their_id        text,
  first_asked_at  timestamptz not null,
  asked_at        timestamptz not null,
  answered_at     timestamptz,
  -- The supplier's words of its last answer, sealed; and ours for it.
  said            bytea,
  reason          text not null default '',
  primary key (program_id, member_id, order_id, attempt),
  constraint supplier_attempts_have_one_key unique (program_id, key),
  constraint supplier_attempts_count_up check (attempt > 0),
  constraint supplier_attempts_end_by_an_answer check (state not in ('done', 'refused') or answered_at is not null)
) with (fillfactor = 80);
create unique index supplier_attempts_one_at_a_time on supplier_attempts (program_id, member_id, order_id)
  where state not in ('refused', 'absent');
create index supplier_attempts_by_number on supplier_attempts (program_id, supplier, their_id) where their_id is not null;

create function refuse_attempt_step() returns trigger language plpgsql as $$
begin
  raise exception 'attempt % of order % does not become % of % under %', new.attempt, new.order_id, new.state,
    new.supplier, new.key using errcode = '23514';
end $$;
create trigger supplier_attempts_begin before insert on supplier_attempts for each row
  when (new.state <> 'sent' or new.answered_at is not null)
  execute function refuse_attempt_step();
-- What ended stays so; the supplier and the key are those that it began with; nothing that was asked was never asked.
create trigger supplier_attempts_go_their_way before update on supplier_attempts for each row
  when ((new.supplier, new.asked_of, new.key, new.first_asked_at)
          is distinct from (old.supplier, old.asked_of, old.key, old.first_asked_at)
        or (old.state <> new.state and (old.state in ('done', 'refused', 'absent') or new.state = 'sent')))
  execute function refuse_attempt_step();

-- An account with a supplier: how fast it may be asked, how it is doing, and whether it may be asked at all. Whoever
-- claims orders of it locks its row, so that however many ask, they keep one pace and agree on its health.
create table supplier_lanes (
  program_id     integer not null,
  supplier       text not null,
  -- How many requests may go out at once, and when that was counted last. Below none: so many have the promise of
  -- one that is to come.
  tokens         double precision not null default 0,
  filled_at      timestamptz,
  -- Of the failures in a row, how many they are and when the first was.
  failures       integer not null default 0,
  failing_since  timestamptz,
  -- Nothing is asked before: it wants less, or it is in trouble and one order tries it then.
  rests_until    timestamptz,
  -- It turned our key away: nothing is asked until a person has looked.
  shut_at        timestamptz,
  reason         text not null default '',
  asked_at       timestamptz,
  answered_at    timestamptz,
  primary key (program_id, supplier),
  constraint supplier_lanes_fail_since_then check ((failures = 0) = (failing_since is null))
);

-- What suppliers called us about: a reason to look, and for nothing else. One that comes before the answer it belongs to
-- is found when that is there.
create table supplier_notices (
  program_id  integer not null,
  supplier    text not null,
  -- Theirs where they say one.
  id          text not null,
  their_id    text not null default '',
  ref         text not null default '',
  noted_at    timestamptz not null,
  primary key (program_id, supplier, id)
);
create index supplier_notices_by_number on supplier_notices (program_id, supplier, their_id) where their_id <> '';
create index supplier_notices_by_order on supplier_notices (program_id, supplier, ref) where ref <> '';
create index supplier_notices_by_time on supplier_notices (program_id, noted_at);

alter table codes
  -- All that a supplier handed over for an order (codes, PINs, links), sealed; null: the code says it all.
  add column more bytea,
  add column used_at timestamptz;

-- What was ordered before was out of a pool, and had at once. The owner is guarded like everybody, but for this.
alter table orders no force row level security;
insert into fulfillments (program_id, member_id, order_id, supplier, state, chosen_at, ordered_at, settled_at)
select program_id, member_id, id, 'pool', case when canceled_at is null then 'fulfilled' else 'returned' end,
       placed_at, placed_at, placed_at
from orders;
alter table orders force row level security;

grant select on fulfillments, supplier_attempts, supplier_lanes, supplier_notices to guerdon_worker, guerdon_web;
grant insert, update on fulfillments, supplier_attempts, supplier_lanes to guerdon_worker;
grant insert, update, delete on supplier_notices to guerdon_worker;
grant insert on fulfillments, supplier_attempts to guerdon_web;
grant update (state, supplier, ordered_at, settled_at, next_at, reason, opened_at) on fulfillments to guerdon_web;
grant update (state, answered_at, reason) on supplier_attempts to guerdon_web;
grant insert (program_id, supplier) on supplier_lanes to guerdon_web;
grant update (shut_at, rests_until, failures, failing_since, reason, tokens, filled_at) on supplier_lanes to guerdon_web;
grant insert, update (noted_at) on supplier_notices to guerdon_web;
grant update (used_at) on codes to guerdon_worker, guerdon_web;
grant update (taken) on catalog_slots to guerdon_worker, guerdon_web;

do $$
declare
  name text;
  here constant text := 'program_id = (select this_program())';
  whole constant text := here || ' and (select this_member()) is null and (select whole_program())';
  of_member constant text := here
    || ' and ((select this_member()) is null or member_id in (0, (select this_member())))'
    || ' and ((select whole_program()) or sees_member(program_id, member_id))';
  rule text;
begin
  foreach name in array array['fulfillments', 'supplier_attempts', 'supplier_lanes', 'supplier_notices']
  loop
    rule := case when name in ('fulfillments', 'supplier_attempts') then of_member else whole end;
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;
