-- Our orders against the suppliers' books: statements as they were read, what differs between them and us, and what
-- suppliers owe us back. A line counts once however often it is told; what a later one heals is settled by itself.

create table supplier_statements (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  supplier     text not null,
  -- asked: of the supplier itself. file: a person brought it.
  source       text not null,
  since        timestamptz not null,
  until        timestamptz not null,
  state        text not null default 'reading',
  -- Lines that it told, and differences that are new or gone by it.
  lines        integer not null default 0,
  found        integer not null default 0,
  healed       integer not null default 0,
  why          text not null default '',
  by           text not null,
  -- It says how things stood then. Whoever reads it was last heard of at the other.
  taken_at     timestamptz not null,
  beat_at      timestamptz not null,
  ended_at     timestamptz,
  primary key (program_id, id),
  constraint supplier_statements_source_check check (source in ('asked', 'file')),
  constraint supplier_statements_state_check check (state in ('reading', 'read', 'failed')),
  constraint supplier_statements_are_of_some_time check (until > since),
  constraint supplier_statements_end check ((ended_at is null) = (state = 'reading'))
);
create unique index supplier_statements_one_at_a_time on supplier_statements (program_id, supplier)
  where state = 'reading';
create index supplier_statements_by_supplier on supplier_statements (program_id, supplier, id desc);

create table statement_lines (
  program_id     integer not null,
  supplier       text not null,
  their_id       text not null,
  -- What they say of ours: the words, and what we read in them.
  ref            text not null default '',
  ref_order      bigint,
  ref_attempt    smallint,
  -- The order of ours that it is, once that is known.
  order_id       bigint,
  state          text not null,
  currency       text not null,
  face_minor     bigint,
  cost_minor     bigint,
  cost_currency  text not null default '',
  -- What it should have cost by the offer's terms when it was first compared; they may change afterwards.
  expected_minor bigint,
  at             timestamptz not null,
  -- The statement that told it last.
  statement_id   bigint not null,
  primary key (program_id, supplier, their_id),
  constraint statement_lines_state_check check (state in ('placed', 'pending', 'failed', 'canceled')),
  constraint statement_lines_are_amounts check (least(face_minor, cost_minor, expected_minor) >= 0)
);
create index statement_lines_by_order on statement_lines (program_id, supplier, order_id) where order_id is not null;
create index statement_lines_by_statement on statement_lines (program_id, statement_id);

create table order_differences (
  program_id    integer not null,
  id            bigint not null generated always as identity,
  supplier      text not null,
  -- not_with_them, not_with_us; amount, currency, cost: what it was worth or cost. released: they delivered what was
  -- given back here. undelivered: it was delivered here and not by them. undecided: they delivered, and here nobody
  -- knows. twice: once more with them for one of ours.
  kind          text not null,
  -- Their number of it; of what they do not have, our key.
  subject       text not null,
  order_id      bigint,
  currency      text not null,
  ours_minor    bigint,
  theirs_minor  bigint,
  -- What is at stake, whoever would lose it.
  stake_minor   bigint not null,
  ours_state    text not null default '',
  their_state   text not null default '',
  at            timestamptz not null,
  statement_id  bigint not null,
  found_at      timestamptz not null,
  state         text not null default 'open',
  -- What was done about it, by whom and why; of one that healed, the note of how.
  done          text not null default '',
  done_minor    bigint,
  reason        text not null default '',
  settled_by    text,
  settled_at    timestamptz,
  primary key (program_id, id),
  constraint order_differences_kind_check check (kind in (
    'not_with_them', 'not_with_us', 'amount', 'currency', 'cost', 'released', 'undelivered', 'undecided', 'twice')),
  constraint order_differences_state_check check (state in ('open', 'settled', 'healed')),
  constraint order_differences_done_check check (
    done in ('', 'credit_expected', 'credit_received', 'loss', 'mended')),
  constraint order_differences_settle check ((settled_at is null) = (state = 'open')),
  constraint order_differences_settle_for_a_reason check (
    state <> 'settled' or (done <> '' and reason <> '' and settled_by is not null)),
  constraint order_differences_are_amounts check (least(stake_minor, done_minor) >= 0)
);
create unique index order_differences_open_once on order_differences (program_id, supplier, kind, subject)
  where state = 'open';
create index order_differences_by_state on order_differences (program_id, state, id desc);
create index order_differences_by_subject on order_differences (program_id, supplier, subject);
create constraint trigger order_differences_are_audited after insert or update or delete on order_differences
  deferrable initially deferred for each row execute function demand_audit();

-- What a supplier owes us back: for an order that it took back, or that it should not have charged.
create table supplier_credits (
  program_id      integer not null,
  id              bigint not null generated always as identity,
  supplier        text not null,
  their_id        text not null,
  order_id        bigint,
  -- Null: they did not say how much.
  expected_minor  bigint,
  received_minor  bigint,
  currency        text not null default '',
  state           text not null default 'expected',
  reason          text not null default '',
  by              text not null,
  expected_at     timestamptz not null,
  settled_by      text,
  settled_at      timestamptz,
  primary key (program_id, id),
  constraint supplier_credits_state_check check (state in ('expected', 'received', 'lost')),
  constraint supplier_credits_settle check ((settled_at is null) = (state = 'expected')),
  constraint supplier_credits_are_received_by_amount check ((state = 'received') = (received_minor is not null)),
  constraint supplier_credits_are_amounts check (least(expected_minor, received_minor) >= 0)
);
create unique index supplier_credits_once on supplier_credits (program_id, supplier, their_id);
create index supplier_credits_by_state on supplier_credits (program_id, state, id desc);
create constraint trigger supplier_credits_are_audited after insert or update or delete on supplier_credits
  deferrable initially deferred for each row execute function demand_audit();

grant select, insert on supplier_statements, statement_lines, order_differences, supplier_credits
  to guerdon_worker, guerdon_web;
grant update (state, lines, found, healed, why, beat_at, ended_at) on supplier_statements
  to guerdon_worker, guerdon_web;
grant update (ref, ref_order, ref_attempt, order_id, state, currency, face_minor, cost_minor, cost_currency,
              expected_minor, at, statement_id) on statement_lines to guerdon_worker, guerdon_web;
grant update (currency, ours_minor, theirs_minor, stake_minor, ours_state, their_state, statement_id, order_id,
              state, done, done_minor, reason, settled_by, settled_at) on order_differences
  to guerdon_worker, guerdon_web;
grant update (expected_minor, received_minor, currency, state, reason, settled_by, settled_at) on supplier_credits
  to guerdon_worker, guerdon_web;

-- For whoever may see the whole program.
do $$
declare
  name text;
  whole constant text := 'program_id = (select this_program()) and (select this_member()) is null'
    || ' and (select whole_program())';
begin
  foreach name in array array['supplier_statements', 'statement_lines', 'order_differences', 'supplier_credits']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy one_program on %I using (%2$s) with check (%2$s)', name, whole);
  end loop;
end $$;

-- What API keys may do: also settle what differs.
alter table api_keys drop constraint api_keys_have_known_scopes;
alter table api_keys add constraint api_keys_have_known_scopes
  check (cardinality(scopes) > 0 and array_position(scopes, null) is null and scopes <@ array[
    'read:members', 'read:ledger', 'read:budgets', 'read:controls', 'read:audit', 'read:versions', 'try:events',
    'write:versions', 'recall:versions', 'read:webhooks', 'write:webhooks', 'write:wallet', 'propose:requests',
    'write:codes', 'write:events', 'read:quarantine', 'write:quarantine', 'write:drops', 'read:catalog',
    'write:catalog', 'write:differences']);
