-- What people do for orders: they take one that no machine delivers, answer who says that it does not work, and keep
-- codes in stock. And who waits for a place that is full: the first is offered the next one that comes free.

alter table fulfillments
  -- Whoever of the staff works on it, and until when nobody else may.
  add column taken_by    text,
  add column taken_until timestamptz,
  add constraint fulfillments_are_taken_for_a_while check ((taken_by is null) = (taken_until is null));

-- What staff answer, sealed as the rest is.
alter table order_cases add column answer bytea;

alter table catalog_slots
  -- So many wait for a place: nobody passes them by.
  add column waiting integer not null default 0,
  add constraint catalog_slots_count_who_waits check (waiting >= 0);
create index catalog_slots_waited_for on catalog_slots (program_id) where waiting > 0;

-- A member who waits for a place of a date that is full. The lower id was there first.
create table slot_waits (
  program_id     integer not null,
  member_id      bigint not null,
  id             bigint not null generated always as identity,
  item_id        bigint not null,
  slot_id        bigint not null,
  -- offered: a place is kept for them until then. taken: they chose it. lapsed: they did not, or it is over.
  state          text not null default 'waiting' check (state in ('waiting', 'offered', 'taken', 'lapsed', 'left')),
  asked_at       timestamptz not null,
  offered_at     timestamptz,
  offered_until  timestamptz,
  settled_at     timestamptz,
  -- The mail by which its member is told of the offer; none goes to whom there is nothing to pay with.
  mail_id        bigint,
  primary key (program_id, member_id, id),
  constraint slot_waits_are_for_a_slot foreign key (program_id, item_id, slot_id) references catalog_slots,
  constraint slot_waits_are_offered_for_a_while check (
    (offered_at is null) = (offered_until is null) and (state <> 'waiting' or offered_at is null)
    and (state not in ('offered', 'taken') or offered_at is not null)),
  constraint slot_waits_settle check ((settled_at is null) = (state in ('waiting', 'offered')))
);
create unique index slot_waits_once on slot_waits (program_id, member_id, item_id, slot_id) where settled_at is null;
create index slot_waits_in_turn on slot_waits (program_id, item_id, slot_id, id) where state = 'waiting';
create index slot_waits_offered on slot_waits (program_id, offered_until) where state = 'offered';

-- What waited and is over stays so.
create function refuse_wait_step() returns trigger language plpgsql as $$
begin
  raise exception 'wait %: from % it does not become %', old.id, old.state, new.state using errcode = '23514';
end $$;
create trigger slot_waits_go_their_way before update on slot_waits for each row
  when (old.state <> new.state and not (
    (old.state = 'waiting' and new.state in ('offered', 'lapsed', 'left'))
    or (old.state = 'offered' and new.state in ('taken', 'lapsed', 'left'))))
  execute function refuse_wait_step();

-- From how few codes of an item on somebody is told.
create table pool_marks (
  program_id  integer not null,
  item        text not null,
  low         integer not null,
  set_by      text not null,
  set_at      timestamptz not null,
  primary key (program_id, item),
  constraint pool_marks_are_counts check (low >= 0)
);
create constraint trigger pool_marks_are_audited after insert or update or delete on pool_marks
  deferrable initially deferred for each row execute function demand_audit();

grant select on slot_waits, pool_marks to guerdon_worker, guerdon_web;
grant insert on slot_waits to guerdon_web;
grant update (state, offered_at, offered_until, settled_at) on slot_waits to guerdon_worker, guerdon_web;
grant update (mail_id) on slot_waits to guerdon_worker;
grant insert, update on pool_marks to guerdon_web;
grant update (waiting) on catalog_slots to guerdon_worker, guerdon_web;
grant update (answer) on order_cases to guerdon_web, guerdon_worker;
-- Whoever of the staff delivers does what a worker does with a supplier's answer; codes come by a form, too.
grant insert on codes to guerdon_web;
grant update (taken_by, taken_until, fence, claimed_until, tries) on fulfillments to guerdon_web;
grant update (doubted, asks, absences, asked_at, their_id, said) on supplier_attempts to guerdon_web;

alter table slot_waits enable row level security;
alter table slot_waits force row level security;
create policy one_program on slot_waits
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
alter table pool_marks enable row level security;
alter table pool_marks force row level security;
create policy one_program on pool_marks
  using (program_id = (select this_program()) and (select this_member()) is null
         and (select whole_program()))
  with check (program_id = (select this_program()) and (select this_member()) is null
              and (select whole_program()));
