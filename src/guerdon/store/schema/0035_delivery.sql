-- The delivery clock: how long a reward took, stage by stage, in narrow rows that the worker keeps beside the tables
-- that tell it, and counted by week in classes, so that percentiles of hundreds of thousands are one small sum.

-- Who follows reads what was decided since, by `events_by_decision`: nobody who decides pays for it.

-- Up to which moment rewards and orders were taken over.
create table delivery_progress (
  program_id   integer not null,
  rewards_to   timestamptz not null default '-infinity',
  orders_to    timestamptz not null default '-infinity',
  primary key (program_id)
);

-- One row for each reward that was given, and one for each order (id is the order's).
create table delivery_marks (
  program_id   integer not null,
  member_id    bigint not null,
  id           bigint not null,
  kind         text not null check (kind in ('reward', 'order')),
  reward_id    bigint not null,
  rule         text not null,
  market       text not null,
  location     text not null default '',
  supplier     text not null default '',
  -- Whether it is of a unit that members save up: then it is with them as soon as it is given.
  saved        boolean not null,
  -- How long its item takes as a rule, counted from choosing, as its member was told when they chose.
  lead_minutes integer not null default 0,
  happened_at  timestamptz not null,
  received_at  timestamptz not null,
  decided_at   timestamptz not null,
  approved_at  timestamptz,
  issued_at    timestamptz not null,
  chosen_at    timestamptz,
  ordered_at   timestamptz,
  ended_at     timestamptz,
  -- When its member opened and used what had come.
  opened_at    timestamptz,
  used_at      timestamptz,
  -- When it is expected, as of the last look; of what is open alone.
  expected_at  timestamptz,
  state        text not null check (state in ('given', 'open', 'there', 'failed', 'canceled')),
  counted         boolean not null default false,
  opened_counted  boolean not null default false,
  used_counted    boolean not null default false,
  primary key (program_id, member_id, id),
  constraint delivery_marks_lead_somewhen check (lead_minutes >= 0 and (lead_minutes = 0 or kind = 'order')),
  constraint delivery_marks_know_their_order check ((kind = 'order') = (chosen_at is not null)),
  constraint delivery_marks_end_once check ((state in ('there', 'failed', 'canceled')) = (ended_at is not null)),
  constraint delivery_marks_count_what_ended check (not counted or state <> 'open'),
  constraint delivery_marks_open_what_came
    check (coalesce(opened_at, used_at) is null or (kind = 'order' and state = 'there')),
  constraint delivery_marks_count_what_was_opened
    check ((opened_at is not null or not opened_counted) and (used_at is not null or not used_counted))
) with (fillfactor = 90);
create index delivery_marks_open on delivery_marks (program_id, supplier, chosen_at) where state = 'open';
-- A file of single rewards is of some weeks, the latest first; each with its orders.
create index delivery_marks_received on delivery_marks (program_id, received_at desc, id desc)
  where kind = 'reward';
create index delivery_marks_of_rewards on delivery_marks (program_id, member_id, reward_id)
  where kind = 'order';
create index delivery_marks_uncounted on delivery_marks (program_id)
  where (not counted and state <> 'open') or (not opened_counted and opened_at is not null)
     or (not used_counted and used_at is not null);
-- What was opened and used since.
create index fulfillments_opened on fulfillments (program_id, opened_at) where opened_at is not null;
create index codes_used on codes (program_id, used_at) where used_at is not null;
-- How long people took of late until they agreed; and what came to nothing, for it is no delivery.
create index requests_agreed on requests (program_id, closed_at) where kind = 'reward' and state = 'done';
create index requests_to_nothing on requests (program_id, created_at)
  where kind = 'reward' and state in ('rejected', 'expired', 'withdrawn', 'failed');

-- So many took so long: in the week (its Monday, in the program's time zone) in which our clock began. A dimension
-- that is '*' is added up over all; a row has either all of them or at most one. With '+' for the location only
-- locations are added up: one rule's, market's or supplier's page reads those.
create table delivery_counts (
  program_id   integer not null,
  week         date not null,
  -- awaited: handed, of items with a lead time alone; no page shows it, a forecast takes it from the others.
  measure      text not null check (measure in ('arrival', 'given', 'choosing', 'handed', 'awaited', 'whole',
                                                           'opened', 'used')),
  rule         text not null,
  market       text not null,
  location     text not null,
  supplier     text not null,
  -- done: it came. stopped: nobody waits for it any more, so it is only known to have lasted that long.
  ended        text not null check (ended in ('done', 'stopped')),
  -- 0: within what is promised as a rule; 1: within what is promised at most; 2: later; 3: nothing is promised.
  kept         smallint not null check (kept between 0 and 3),
  -- The class of its length (see `delivery_class`); 32767: it never came.
  class        smallint not null check (class >= 0),
  n            bigint not null check (n >= 0),
  primary key (program_id, measure, location, week, rule, market, supplier, ended, kept, class)
) with (fillfactor = 70);
-- Rows of locations are many: the slowest are found here, without a look at the table.
create index delivery_counts_by_location on delivery_counts (program_id, measure, week, rule)
  include (location, market, supplier, ended, class, n) where location <> '*' and location <> '+';

-- Lengths in classes that grow by 2/19, so that the middle of a class is at most 5 % from whatever lies in it.
create function delivery_class(length_ms bigint) returns smallint language sql immutable parallel safe
  return least(greatest(ceil(ln(greatest(length_ms, 1)::double precision) / ln((1.05 / 0.95)::double precision)), 0),
               32766)::smallint;

-- How it was before: vouchers of old, each when it was asked for and when it was with whoever it was for.
create table old_deliveries (
  program_id    integer not null,
  -- A hash of the row, and how many the same there were before it in its file: a file that comes again counts once.
  key           bytea not null,
  place         integer not null,
  requested_on  timestamptz not null,
  delivered_on  timestamptz not null,
  -- Days alone were told, so its length is known to the day.
  by_day        boolean not null,
  market        text not null default '',
  location      text not null default '',
  kind          text not null default '',
  imported_by   text not null,
  imported_at   timestamptz not null,
  primary key (program_id, key, place),
  constraint old_deliveries_have_a_key check (length(key) = 16),
  constraint old_deliveries_come_after_they_are_asked check (delivered_on >= requested_on)
);

grant select on delivery_progress, delivery_marks, delivery_counts, old_deliveries to guerdon_worker, guerdon_web;
grant insert, update on delivery_progress, delivery_marks, delivery_counts to guerdon_worker;
grant insert on old_deliveries to guerdon_worker, guerdon_web;

-- Of members, those whom one may see; figures and old vouchers, those of one's places.
do $$
declare
  name text;
  here constant text := 'program_id = (select this_program())';
  staff constant text := here || ' and (select this_member()) is null';
  placed constant text := ' and ((select whole_program()) or market = any (this_markets())'
    || ' or location = any (this_locations()))';
  rule text;
begin
  foreach name in array array['delivery_progress', 'delivery_marks', 'delivery_counts', 'old_deliveries']
  loop
    rule := case name
      when 'delivery_progress' then staff || ' and (select whole_program())'
      when 'delivery_marks' then
        here || ' and ((select this_member()) is null or member_id = (select this_member()))' || placed
      else staff || placed end;
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%s) with check (%s)', name, rule, rule);
  end loop;
end $$;
