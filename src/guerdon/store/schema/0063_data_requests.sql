-- What members ask about their data, and the law gives a month for (GDPR Art. 12(3)): to have it, to have it put right,
-- to object to its use. When it reached us, who wrote it down, and how it ended. Why, and what was answered, stands in
-- the audit. Erasures have their own table (0055).

create table data_requests (
  program_id   integer not null,
  member_id    bigint not null,
  id           bigint not null generated always as identity,
  kind         text not null check (kind in ('access', 'correction', 'objection')),
  came_by      text not null check (came_by in ('letter', 'email', 'phone', 'in_person', 'authority')),
  -- The day on which it reached us: the month is counted from it.
  asked_on     date not null,
  recorded_by  text not null,
  recorded_at  timestamptz not null,
  closed_at    timestamptz,
  closed_by    text,
  outcome      text check (outcome in ('done', 'refused')),
  -- The row of the audit that says that the data were handed over.
  proof        bigint,
  primary key (program_id, member_id, id),
  constraint data_requests_close_once check (
    (closed_at is null) = (closed_by is null) and (closed_at is null) = (outcome is null)),
  constraint data_requests_are_proven check (
    (proof is not null) = (kind = 'access' and outcome is not distinct from 'done'))
);
-- Whoever asks twice for the same waits for one answer.
create unique index data_requests_wait_once on data_requests (program_id, member_id, kind) where closed_at is null;
create index data_requests_closed on data_requests (program_id, closed_at) where closed_at is not null;
create index erasures_done on erasures (program_id, done_at) where done_at is not null;

-- What was closed stays so, and is what was asked for; none is taken away.
create function keep_data_request() returns trigger language plpgsql set search_path = guerdon, pg_temp as $$
begin
  if old.closed_at is not null then
    raise exception 'a data request is closed once, and stays so' using errcode = '23514';
  end if;
  if tg_op = 'DELETE' or new.closed_at is null
     or (new.program_id, new.member_id, new.id, new.kind, new.came_by, new.asked_on, new.recorded_by, new.recorded_at)
     is distinct from (old.program_id, old.member_id, old.id, old.kind, old.came_by, old.asked_on, old.recorded_by,
                       old.recorded_at) then
    raise exception 'rows of % are never changed; a data request is closed as it was asked', tg_table_name
      using errcode = '42501';
  end if;
  return new;
end $$;
create trigger data_requests_stay_closed before update or delete on data_requests
  for each row execute function keep_data_request();
create constraint trigger data_requests_are_audited after insert or update or delete on data_requests
  deferrable initially deferred for each row execute function demand_audit();

grant select on data_requests to guerdon_worker, guerdon_web;
grant insert (program_id, member_id, kind, came_by, asked_on, recorded_by, recorded_at) on data_requests to guerdon_web;
grant update (closed_at, closed_by, outcome, proof) on data_requests to guerdon_web;

-- A member sees their own; staff of a part, those of members of theirs.
alter table data_requests enable row level security;
alter table data_requests force row level security;
create policy one_program on data_requests
  using (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)))
  with check (program_id = (select this_program())
         and ((select this_member()) is null or member_id = (select this_member()))
         and ((select whole_program()) or sees_member(program_id, member_id)));
