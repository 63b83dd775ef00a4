-- What a member says does not work, an order at a time: what it is, what was answered, and when it was settled. Their
-- own words and the supplier's are sealed; of whoever is forgotten the words go.

create table order_cases (
  program_id     integer not null,
  member_id      bigint not null,
  id             bigint not null,
  order_id       bigint not null,
  what           text not null check (what in ('not_there', 'not_accepted', 'wrong_amount', 'other')),
  words          bytea,
  state          text not null default 'open' check (state in ('open', 'answered', 'settled')),
  supplier_said  bytea,
  -- What was found when whoever delivered it was asked anew what became of it, and who of the staff asked.
  looked         bytea,
  looked_at      timestamptz,
  looked_by      text,
  opened_at      timestamptz not null,
  answered_at    timestamptz,
  answered_by    text,
  settled_at     timestamptz,
  primary key (program_id, member_id, id),
  constraint order_cases_are_answered_by_somebody check (
    (answered_at is null) = (answered_by is null) and (state <> 'answered' or answered_at is not null)),
  constraint order_cases_are_looked_at_by_somebody check (
    (looked_at is null) = (looked_by is null) and (looked is null or looked_at is not null)),
  constraint order_cases_settle_once check ((settled_at is null) = (state <> 'settled'))
);
-- One at a time of an order: whoever asks twice waits for the same answer.
create unique index order_cases_open_once on order_cases (program_id, member_id, order_id) where state = 'open';
create index order_cases_by_state on order_cases (program_id, state, opened_at);

create constraint trigger order_cases_are_audited after insert or update or delete on order_cases
  deferrable initially deferred for each row execute function demand_audit();

grant select on order_cases to guerdon_worker, guerdon_web;
grant insert on order_cases to guerdon_web;
grant update (state, supplier_said, looked, looked_at, looked_by, answered_at, answered_by, settled_at)
  on order_cases to guerdon_web;
grant update (words, looked) on order_cases to guerdon_worker;

-- A mail with the link once more is asked for by its member.
grant insert on outbox to guerdon_web;

-- A member sees their own; staff of a part, those of members of theirs.
alter table order_cases enable row level security;
alter table order_cases force row level security;
create policy one_program on order_cases
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
