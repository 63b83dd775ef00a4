-- Proof: seals over the audit, the daily controls, and the answers to requests that carried a key.

-- A seal is the Merkle root over the audit rows since the one before it, chained to it; anchors outside keep it honest.
create table seals (
  program_id   integer not null,
  number       bigint not null,
  first_id     bigint not null,
  last_tx      xid8 not null,
  last_id      bigint not null,
  rows         bigint not null,
  root         bytea not null check (length(root) = 32),
  previous     bytea not null check (length(previous) = 32),
  total_rows   bigint not null,
  sealed_at    timestamptz not null,
  primary key (program_id, number),
  constraint seals_cover_something check (rows > 0)
);
create trigger seals_only_grow before update or delete or truncate on seals
  for each statement execute function refuse_change();

create table control_runs (
  program_id   integer not null,
  id           bigint not null generated always as identity,
  controls     smallint not null,
  breaches     json not null,
  took_ms      integer not null,
  ran_at       timestamptz not null,
  primary key (program_id, id)
);
create trigger control_runs_only_grow before update or delete or truncate on control_runs
  for each statement execute function refuse_change();

-- The answer that a key of idempotency got: the same request again gets the same answer; kept for 30 days.
create table api_answers (
  program_id    integer not null,
  key_id        text not null,
  idempotency_key text not null,
  request_sha   bytea not null check (length(request_sha) = 32),
  status        smallint,
  body          bytea,
  created_at    timestamptz not null,
  primary key (program_id, key_id, idempotency_key)
);
